"""Where staff were."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import shapely
from sqlalchemy import ARRAY, BigInteger, Date, DateTime, Double, cast, delete, func, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from gis_service.database.bulk import copy_rows, shape_texts
from gis_service.database.subtree import codes_under
from gis_service.database.tables import SRID, position, staff
from gis_service.domain.position import LastPosition, Position

_PLAIN = ("staff_id", "at", "day", "accuracy_m")
_KINDS: dict[str, TypeEngine[Any]] = {
    "staff_id": BigInteger(),
    "at": DateTime(timezone=True),
    "day": Date(),
    "accuracy_m": Double(),
    "lon": Double(),
    "lat": Double(),
}
_POSITION = (
    *(position.c[name] for name in _PLAIN),
    func.ST_X(position.c.point).label("lon"),
    func.ST_Y(position.c.point).label("lat"),
)


class PositionRepository:
    """Rows of ``position``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count(self) -> int:
        """Return how many positions are stored."""
        return self._session.execute(select(func.count()).select_from(position)).scalar_one()

    def add_many(self, positions: Sequence[Position]) -> None:
        """Store positions of known staff, one for each of them and instant."""
        points = shape_texts(shapely.points([one.lon for one in positions], [one.lat for one in positions]))
        rows = (
            [*(getattr(one, name) for name in _PLAIN), point] for one, point in zip(positions, points, strict=True)
        )
        copy_rows(self._session, position, (*_PLAIN, "point"), rows)

    def add_new(self, positions: Sequence[Position]) -> set[tuple[int, datetime]]:
        """Store those positions of known staff that are not there, and return the persons and instants of these."""
        # In one order: two batches with the same positions do not wait for each other in a ring.
        ordered = sorted(positions, key=lambda one: (one.staff_id, one.at))
        columns = [cast([getattr(one, name) for one in ordered], ARRAY(kind)) for name, kind in _KINDS.items()]
        news = func.unnest(*columns).table_valued(*_KINDS).render_derived("news")
        point = func.ST_SetSRID(func.ST_MakePoint(news.c.lon, news.c.lat), SRID)
        given = select(*(news.c[name] for name in _PLAIN), point)
        added = insert(position).from_select([*_PLAIN, "point"], given).on_conflict_do_nothing()
        rows = self._session.execute(added.returning(position.c.staff_id, position.c.at))
        return {(row.staff_id, row.at) for row in rows}

    def last_of_each(
        self, *, scope: str | None, grid: str | None, edition: int, since: datetime, after: int | None, limit: int
    ) -> list[LastPosition]:
        """Return the last position of each of up to ``limit`` people who have one since an instant, by their ids.

        Only of people who serve the ground of a scope, and of a grid, in an edition; None is everywhere.
        """
        last = (
            select(*_POSITION)
            .where(position.c.staff_id == staff.c.id, position.c.at >= since)
            .order_by(position.c.at.desc())
            .limit(1)
            .lateral("last")
        )
        query = select(last, staff.c.name, staff.c.role, staff.c.grid_code).select_from(staff).join(last, true())
        for code in (scope, grid):
            if code is not None:
                query = query.where(staff.c.grid_code.in_(codes_under(code, edition)))
        if after is not None:
            query = query.where(staff.c.id > after)
        rows = self._session.execute(query.order_by(staff.c.id).limit(limit)).mappings()
        return [LastPosition(_to_position(row), row["name"], row["role"], row["grid_code"]) for row in rows]

    def of_day(self, staff_id: int, day: date) -> list[Position]:
        """Return where a person was on a day, the earliest first."""
        query = select(*_POSITION).where(position.c.day == day, position.c.staff_id == staff_id)
        return [_to_position(row) for row in self._session.execute(query.order_by(position.c.at)).mappings()]

    def forget_oldest_day(self, before: date) -> int:
        """Delete the positions of the oldest day before another, and return how many they were."""
        oldest = self._session.scalar(select(func.min(position.c.day)).where(position.c.day < before))
        if oldest is None:  # a DELETE of nothing would still make all tiles of tracks anew
            return 0
        gone = self._session.execute(delete(position).where(position.c.day == oldest))
        return int(gone.rowcount)  # type: ignore[attr-defined]


def _to_position(row: Any) -> Position:  # noqa: ANN401 - a row's mapping
    return Position(**{name: row[name] for name in Position.__slots__})
