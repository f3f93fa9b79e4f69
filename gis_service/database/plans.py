"""Plans, what was done to them, and the grids they touch."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from gis_service.database.geometry import from_column, to_column
from gis_service.database.tables import plan, plan_change, plan_grid
from gis_service.domain.plan import Draft, Plan
from grid_boundaries.partition import Grid


class PlanRepository:
    """Rows of ``plan``, ``plan_change`` and ``plan_grid``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, *, title: str, base_edition: int | None, created_by: str) -> Plan:
        """Store a new, empty draft."""
        values = {"title": title, "base_edition": base_edition, "created_by": created_by}
        return Plan(**self._session.execute(insert(plan).values(**values).returning(plan)).mappings().one())

    def lock(self, plan_id: int) -> Plan | None:
        """Return a plan and keep others from changing it in this transaction; None when there is none."""
        query = select(plan).where(plan.c.id == plan_id).with_for_update()
        row = self._session.execute(query).mappings().one_or_none()
        return None if row is None else Plan(**row)

    def draft(self, plan_id: int) -> Draft:
        """Return the footprint of a plan."""
        query = select(plan_grid).where(plan_grid.c.plan_id == plan_id).order_by(plan_grid.c.code)
        rows = self._session.execute(query).all()
        grids = tuple(
            Grid(
                code=row.code,
                shape=from_column(row.shape),
                level=row.level,
                parent=row.parent,
                name=row.name,
                kind=row.kind,
                households=row.households,
            )
            for row in rows
            if not row.retired
        )
        return Draft(grids=grids, retired=frozenset(row.code for row in rows if row.retired))

    def put_grids(self, plan_id: int, grids: Sequence[Grid], *, retired: Collection[str] = ()) -> None:
        """Put grids into the footprint; what the footprint held under the same codes gives way."""
        codes = [grid.code for grid in grids] + list(retired)
        self._session.execute(delete(plan_grid).where(plan_grid.c.plan_id == plan_id, plan_grid.c.code.in_(codes)))
        wanted = [
            {
                "plan_id": plan_id,
                "code": grid.code,
                "level": grid.level,
                "parent": grid.parent,
                "kind": grid.kind,
                "name": grid.name,
                "households": grid.households,
                "shape": to_column(grid.shape),
            }
            for grid in grids
        ]
        if wanted:
            self._session.execute(insert(plan_grid), wanted)
        if retired:
            rows = [{"plan_id": plan_id, "code": code, "retired": True} for code in retired]
            self._session.execute(insert(plan_grid), rows)

    def record_change(self, plan_id: int, *, operation: str, detail: Mapping[str, Any], made_by: str) -> None:
        """Append what was done, and move the plan's version."""
        position = select(func.coalesce(func.max(plan_change.c.position), 0) + 1).where(
            plan_change.c.plan_id == plan_id
        )
        self._session.execute(
            insert(plan_change).values(
                plan_id=plan_id,
                position=position.scalar_subquery(),
                operation=operation,
                detail=detail,
                made_by=made_by,
            )
        )
        moved = {"version": plan.c.version + 1, "changed_at": func.now()}
        self._session.execute(update(plan).where(plan.c.id == plan_id).values(**moved))

    def mark_published(self, plan_id: int, edition: int) -> None:
        """Close a plan: it has become an edition."""
        closed = {"state": "published", "published_edition": edition, "changed_at": func.now()}
        self._session.execute(update(plan).where(plan.c.id == plan_id).values(**closed))
