"""Where staff were."""

from __future__ import annotations

from collections.abc import Sequence

import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gis_service.database.bulk import copy_rows, shape_texts
from gis_service.database.tables import position
from gis_service.domain.position import Position

_PLAIN = ("staff_id", "at", "day", "accuracy_m")


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
