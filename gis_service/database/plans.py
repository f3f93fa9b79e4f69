"""Plans, what was done to them, and the grids they touch."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Row, Select, Table, delete, exists, false, func, insert, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from gis_service.database.bulk import copy_rows, shape_texts
from gis_service.database.geometry import from_column
from gis_service.database.tables import grid, grid_code, plan, plan_change, plan_grid
from gis_service.domain.plan import Draft, Footprint, Plan, PlanChange
from grid_boundaries.partition import Grid

_COLUMNS = (
    "plan_id",
    "position",
    "code",
    "refined",
    "restored",
    "level",
    "parent",
    "kind",
    "name",
    "households",
    "shape",
)


class PlanRepository:
    """Rows of ``plan``, ``plan_change`` and ``plan_grid``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, *, title: str, base_edition: int | None, created_by: str, reverts: int | None = None) -> Plan:
        """Store a new, empty draft."""
        values = {"title": title, "base_edition": base_edition, "created_by": created_by, "reverts": reverts}
        return Plan(**self._session.execute(insert(plan).values(**values).returning(plan)).mappings().one())

    def get(self, plan_id: int) -> Plan | None:
        """Return a plan, or None."""
        row = self._session.execute(select(plan).where(plan.c.id == plan_id)).mappings().one_or_none()
        return None if row is None else Plan(**row)

    def lock(self, plan_id: int) -> Plan | None:
        """Return a plan and keep others from changing it in this transaction; None when there is none."""
        query = select(plan).where(plan.c.id == plan_id).with_for_update()
        row = self._session.execute(query).mappings().one_or_none()
        return None if row is None else Plan(**row)

    def list_page(self, *, after: int | None, limit: int, standing: str | None = None) -> list[Plan]:
        """Return up to ``limit`` plans, the newest first; ``after`` is the last id of the page before."""
        query = select(plan).order_by(plan.c.id.desc()).limit(limit)
        if after is not None:
            query = query.where(plan.c.id < after)
        if standing in {"draft", "checked"}:
            query = query.where(
                plan.c.state == "draft", func.coalesce(plan.c.is_valid, false()) == (standing == "checked")
            )
        elif standing is not None:
            query = query.where(plan.c.state == standing)
        return [Plan(**row) for row in self._session.execute(query).mappings()]

    def last_position(self, plan_id: int) -> int:
        """Return the position of the last change that can still be redone, 0 when nothing was ever done."""
        query = select(func.coalesce(func.max(plan_change.c.position), 0)).where(plan_change.c.plan_id == plan_id)
        return int(self._session.execute(query).scalar_one())

    def changes(self, plan_id: int) -> list[PlanChange]:
        """Return what was done to a plan, in order; those after its head are undone."""
        query = select(plan_change).where(plan_change.c.plan_id == plan_id).order_by(plan_change.c.position)
        rows = self._session.execute(query)
        return [_to_change(row) for row in rows]

    def footprint(self, plan_id: int) -> Footprint:
        """Return the codes that a plan touches, in order, without their shapes."""
        latest = _latest_rows(plan_id, plan_grid.c.code, plan_grid.c.retired, plan_grid.c.refined)
        rows = self._session.execute(latest).all()
        return Footprint(
            redrawn=tuple(row.code for row in rows if not row.retired and not row.refined),
            retired=tuple(sorted(self._in_base(plan_id, [row.code for row in rows if row.retired]))),
            refined=tuple(row.code for row in rows if row.refined and not row.retired),
        )

    def drawn_codes(self, plan_id: int) -> set[str]:
        """Return the codes of all grids that a draft touches, those too that it made and gave up again."""
        query = select(plan_grid.c.code).join(plan, plan.c.id == plan_grid.c.plan_id)
        return set(self._session.scalars(query.where(plan.c.id == plan_id, plan_grid.c.position <= plan.c.head)))

    def redrawn_since(self, edition: int | None) -> set[str]:
        """Return the codes that the plans published after an edition redrew or retired, not what only followed."""
        after = plan.c.published_edition > (edition or 0)
        latest = (
            select(plan_grid.c.code, plan_grid.c.refined, plan_grid.c.retired)
            .ext(distinct_on(plan_grid.c.plan_id, plan_grid.c.code))
            .join(plan, plan.c.id == plan_grid.c.plan_id)
            .where(after, plan_grid.c.position <= plan.c.head)
            .order_by(plan_grid.c.plan_id, plan_grid.c.code, plan_grid.c.position.desc())
            .subquery()
        )
        redrawn = latest.c.retired | ~latest.c.refined
        return set(self._session.scalars(select(latest.c.code).where(redrawn).distinct()))

    def codes_in_other_drafts(self, plan_id: int) -> set[str]:
        """Return the codes that other drafts use for grids which have never been published."""
        query = (
            select(plan_grid.c.code)
            .join(plan, plan.c.id == plan_grid.c.plan_id)
            .where(plan.c.state == "draft", plan.c.id != plan_id, plan_grid.c.position <= plan.c.head)
            .where(~exists().where(grid_code.c.code == plan_grid.c.code))
        )
        return set(self._session.scalars(query.distinct()))

    def change_at(self, plan_id: int, position: int) -> tuple[PlanChange, frozenset[str]]:
        """Return one change, which is there, and the codes of the grids that it touched."""
        this = plan_change.c.plan_id == plan_id, plan_change.c.position == position
        row = self._session.execute(select(plan_change).where(*this)).one()
        touched = select(plan_grid.c.code).where(plan_grid.c.plan_id == plan_id, plan_grid.c.position == position)
        return _to_change(row), frozenset(self._session.scalars(touched))

    def draft(self, plan_id: int) -> Draft:
        """Return the footprint of a plan: each touched grid as the last change up to the head made it."""
        rows = self._session.execute(_latest_rows(plan_id, plan_grid)).all()
        return Draft(
            grids=tuple(_to_grid(row) for row in rows if not row.retired),
            retired=self._in_base(plan_id, [row.code for row in rows if row.retired]),
            refined=frozenset(row.code for row in rows if row.refined and not row.retired),
            restored=frozenset(row.code for row in rows if row.restored and not row.retired),
        )

    def _in_base(self, plan_id: int, codes: Collection[str]) -> frozenset[str]:
        """Return those of the codes that a plan's base has: what was only drawn and given up again is nothing."""
        if not codes:
            return frozenset()
        query = (
            select(grid.c.code)
            .join(plan, grid.c.editions.contains(plan.c.base_edition))
            .where(plan.c.id == plan_id, grid.c.code.in_(codes))
        )
        return frozenset(self._session.scalars(query))

    def record_change(
        self, plan_id: int, *, operation: str, detail: Mapping[str, Any], made_by: str, made: Draft
    ) -> PlanChange:
        """Append what was done and what it made of the grids it touched; move the plan's head and version.

        Changes that had been undone are gone with it.
        """
        position = self._session.execute(select(plan.c.head).where(plan.c.id == plan_id)).scalar_one() + 1
        undone = plan_change.c.plan_id == plan_id, plan_change.c.position >= position
        self._session.execute(delete(plan_change).where(*undone))
        recorded = self._session.execute(
            insert(plan_change)
            .values(plan_id=plan_id, position=position, operation=operation, detail=detail, made_by=made_by)
            .returning(plan_change)
        ).one()
        if made.grids:
            copy_rows(self._session, plan_grid, _COLUMNS, _rows(plan_id, position, made))
        if made.retired:
            gone = [
                {"plan_id": plan_id, "position": position, "code": code, "retired": True} for code in made.retired
            ]
            self._session.execute(insert(plan_grid), gone)
        self._move(plan_id, head=position)
        return _to_change(recorded)

    def move_head(self, plan_id: int, position: int) -> None:
        """Undo or redo: let the changes up to a position count; move the plan's version."""
        self._move(plan_id, head=position)

    def keep_verdict(self, plan_id: int, version: int, *, is_valid: bool) -> None:
        """Remember what the check said of a version of a plan, if it is still at that; the next change forgets it."""
        this = plan.c.id == plan_id, plan.c.version == version
        self._session.execute(update(plan).where(*this).values(is_valid=is_valid))

    def mark_published(self, plan_id: int, edition: int) -> None:
        """Close a plan: it has become an edition."""
        closed = {
            "state": "published",
            "published_edition": edition,
            "version": plan.c.version + 1,
            "changed_at": func.now(),
        }
        self._session.execute(update(plan).where(plan.c.id == plan_id).values(**closed))

    def withdraw(self, plan_id: int) -> None:
        """Close a plan: nothing comes of it."""
        closed = {"state": "withdrawn", "version": plan.c.version + 1, "changed_at": func.now()}
        self._session.execute(update(plan).where(plan.c.id == plan_id).values(**closed))

    def _move(self, plan_id: int, *, head: int) -> None:
        moved = {"head": head, "version": plan.c.version + 1, "changed_at": func.now(), "is_valid": None}
        self._session.execute(update(plan).where(plan.c.id == plan_id).values(**moved))


def _latest_rows(plan_id: int, *columns: Table | Column[Any]) -> Select[Any]:
    """Select each touched grid as the last change up to the head made it, by code."""
    return (
        select(*columns)
        .ext(distinct_on(plan_grid.c.code))
        .join(plan, plan.c.id == plan_grid.c.plan_id)
        .where(plan_grid.c.plan_id == plan_id, plan_grid.c.position <= plan.c.head)
        .order_by(plan_grid.c.code, plan_grid.c.position.desc())
    )


def _to_change(row: Row[Any]) -> PlanChange:
    return PlanChange(row.position, row.operation, row.detail, row.made_by, row.made_at)


def _to_grid(row: Row[Any]) -> Grid:
    return Grid(
        code=row.code,
        shape=from_column(row.shape),
        level=row.level,
        parent=row.parent,
        name=row.name,
        kind=row.kind,
        households=row.households,
    )


def _rows(plan_id: int, position: int, made: Draft) -> Iterator[Sequence[Any]]:
    """Yield the rows of grids that a change made, along ``_COLUMNS``."""
    for one, shape in zip(made.grids, shape_texts([one.shape for one in made.grids]), strict=True):
        marks = one.code in made.refined, one.code in made.restored
        given = one.level, one.parent, one.kind, one.name, one.households
        yield plan_id, position, one.code, *marks, *given, shape
