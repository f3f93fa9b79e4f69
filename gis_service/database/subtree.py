"""A grid and all that lie below it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Text, literal, select

from gis_service.database.tables import grid


def codes_under(code: str, edition: int) -> Select[Any]:
    """Return the query for a grid's code and those of all grids below it in an edition."""
    # Without a name of its own, so that a query may have two: what is asked for, and the scope.
    under = select(literal(code, Text).label("code")).cte(recursive=True)
    is_alive = grid.c.editions.contains(edition)
    below = select(grid.c.code).join(under, grid.c.parent == under.c.code).where(is_alive)
    under = under.union(below)
    return select(under.c.code)
