"""The levels of the tree."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from gis_service.database.tables import level
from gis_service.domain.level import Level


class LevelRepository:
    """Rows of ``level``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def list_all(self) -> list[Level]:
        """Return every level, the root-most first."""
        return [Level(**row) for row in self._session.execute(select(level).order_by(level.c.rank)).mappings()]
