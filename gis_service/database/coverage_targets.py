"""How much of its ground each jurisdiction must have in grids."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from gis_service.database.tables import coverage_target


class CoverageTargetRepository:
    """Rows of ``coverage_target``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def shares(self) -> dict[str, float]:
        """Return the share that each grid with a target of its own must reach, by code; it holds for its subtree."""
        rows = self._session.execute(select(coverage_target.c.grid_code, coverage_target.c.share))
        return {row.grid_code: row.share for row in rows}
