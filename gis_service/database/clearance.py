"""Which things on the map a caller sees: by the class of their data, and on which ground."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Table, and_, exists, func, or_

from gis_service.database.tables import grid
from gis_service.domain.access import GENERAL, Principal


def seen_by(things: Table, principal: Principal, edition: int) -> ColumnElement[bool]:
    """Return the condition under which a caller sees a resource or a device, the same as in tiles.

    What is not general only on the ground of the scope in that edition, its edge included.
    """
    is_cleared = things.c.data_class.in_(principal.data_classes)
    if principal.scope is None or principal.data_classes == (GENERAL,):
        return is_cleared
    return and_(is_cleared, or_(things.c.data_class == GENERAL, stands_on(things, principal.scope, edition)))


def stands_on(things: Table, code: str, edition: int) -> ColumnElement[bool]:
    """Return the condition that a thing stands on the ground of a grid in an edition, its edge included."""
    return exists().where(
        grid.c.code == code, grid.c.editions.contains(edition), func.ST_Covers(grid.c.shape, things.c.point)
    )
