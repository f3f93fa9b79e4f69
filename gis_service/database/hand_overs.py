"""Open incidents that a redraw may have moved: found, held and given new owners."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from importlib.resources import files
from typing import Any
from uuid import UUID

import numpy as np
import orjson
from sqlalchemy import TextClause, func, select, text
from sqlalchemy.orm import Session

from gis_service.database.tables import incident
from gis_service.domain.edition import Bounds
from gis_service.domain.hand_over import WaitingIncident
from gis_service.domain.incident import CLOSED_STATES, Point


def _statement(name: str) -> TextClause:
    return text((files("gis_service.database") / "sql" / f"{name}.sql").read_text(encoding="utf-8"))


_TO_LOOK_AT, _HAND_OVER = map(_statement, ("open_incidents_to_look_at", "hand_over_incidents"))


class HandOverRepository:
    """Rows of ``incident`` that wait for another owner."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def to_look_at(self, boxes: Sequence[Bounds], scope: str | None) -> list[UUID]:
        """Return the open incidents with an owner that happened in any of the boxes, or have no place of their own.

        ``scope`` is the grid below which the caller may look; None is everywhere.
        """
        west, south, east, north = np.array(boxes, np.float64).reshape(-1, 4).T.tolist()
        sides = {"wests": west, "souths": south, "easts": east, "norths": north}
        values = {**sides, "scope": scope, "closed": list(CLOSED_STATES)}
        return list(self._session.scalars(_TO_LOOK_AT, values))

    def read(self, ids: Collection[UUID], *, hold: bool) -> list[WaitingIncident]:
        """Return those of some incidents that are open and have an owner, the oldest first.

        Held, they are as they will stay until this transaction ends; who moves one at a time waits so long, and
        all who hold several take them in this order, so none waits for another for ever.
        """
        place = func.coalesce(incident.c.point, incident.c.reporter_point)
        query = (
            select(
                incident.c.id,
                incident.c.version,
                incident.c.state,
                incident.c.category,
                incident.c.point.is_not(None).label("is_shown"),
                func.ST_X(place).label("lon"),
                func.ST_Y(place).label("lat"),
                incident.c.owner,
                incident.c.chain,
            )
            .where(incident.c.id.in_(ids), incident.c.owner.is_not(None), incident.c.state.not_in(CLOSED_STATES))
            .order_by(incident.c.id)
        )
        rows = self._session.execute(query.with_for_update() if hold else query)
        found = []
        for row in rows:
            place_of = None if row.lon is None else Point(row.lon, row.lat)
            found.append(
                WaitingIncident(
                    id=row.id,
                    version=row.version,
                    state=row.state,
                    category=row.category,
                    point=place_of if row.is_shown else None,
                    place=place_of,
                    owner=row.owner,
                    chain=tuple(row.chain),
                )
            )
        return found

    def hand_over(self, values: Mapping[UUID, Mapping[str, Any]], edition: int) -> dict[UUID, int]:
        """Give incidents new owners of an edition; return their new versions.

        ``values`` are the columns ``owner``, ``chain``, ``handler``, ``department``, ``assisting``, ``explain`` and
        ``alarm_at`` of each; those that a hand-over empties are emptied.
        """
        rows = orjson.dumps([{**columns, "id": str(key)} for key, columns in values.items()]).decode()
        found = self._session.execute(_HAND_OVER, {"rows": rows, "edition": edition})
        return {UUID(row.id): row.version for row in found}
