"""What stands, happens and works on ground that a redraw moves; read only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from importlib.resources import files

import numpy as np
from sqlalchemy import TextClause, or_, select, text
from sqlalchemy.orm import Session

from gis_service.database.tables import staff
from gis_service.domain.edition import Bounds
from gis_service.domain.impact import Load, OnDuty
from gis_service.domain.incident import CLOSED_STATES
from gis_service.domain.stock import OpenIncident, StandingBuilding


def _statement(name: str) -> TextClause:
    return text((files("gis_service.database") / "sql" / f"{name}.sql").read_text(encoding="utf-8"))


_LOADS, _BUILDINGS, _INCIDENTS = map(_statement, ("loads_of_grids", "buildings_in_boxes", "open_incidents_in_boxes"))


class StockRepository:
    """Reads ``building``, ``entrance``, ``building_owner``, ``incident`` and ``staff`` by place and by grid."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def loads(self, edition: int, codes: Collection[str], since: datetime) -> dict[str, Load]:
        """Return what stands in each grid and below it, and how many incidents it had since an instant."""
        asked = {"codes": sorted(codes), "edition": edition, "since": since}
        rows = self._session.execute(_LOADS, asked)
        return {row.code: Load(row.buildings, row.households, row.incidents) for row in rows}

    def buildings_in(self, edition: int, boxes: Sequence[Bounds]) -> list[StandingBuilding]:
        """Return the buildings with a point or an entrance in any of the boxes, with their owners, by code."""
        if not boxes:
            return []
        rows = self._session.execute(_BUILDINGS, {"edition": edition, **_sides(boxes)})
        return [
            StandingBuilding(
                row.code, row.name, row.households, row.lon, row.lat, row.owner, tuple(map(tuple, row.doors))
            )
            for row in rows
        ]

    def open_incidents_in(self, boxes: Sequence[Bounds]) -> list[OpenIncident]:
        """Return the open incidents whose place is in any of the boxes, the oldest first."""
        if not boxes:
            return []
        rows = self._session.execute(_INCIDENTS, {"closed": list(CLOSED_STATES), **_sides(boxes)})
        return [OpenIncident(row.id, row.state, row.category, row.lon, row.lat, row.owner) for row in rows]

    def on_duty(self, grids: Collection[str], day: date) -> list[OnDuty]:
        """Return who serves any of the grids on a day; by grid, role and name."""
        query = (
            select(staff.c.name, staff.c.role, staff.c.grid_code)
            .where(
                staff.c.grid_code.in_(grids), staff.c.since <= day, or_(staff.c.until.is_(None), staff.c.until > day)
            )
            .order_by(staff.c.grid_code, staff.c.role, staff.c.name)
        )
        return [OnDuty(row.name, row.role, row.grid_code) for row in self._session.execute(query)]


def _sides(boxes: Sequence[Bounds]) -> dict[str, list[float]]:
    west, south, east, north = np.array(boxes).T.tolist()
    return {"wests": west, "souths": south, "easts": east, "norths": north}
