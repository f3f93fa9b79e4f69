"""How much of its ground each jurisdiction must have in grids."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from gis_service.database.tables import coverage_target
from gis_service.domain.finding_exception import CoverageTarget


class CoverageTargetRepository:
    """Rows of ``coverage_target``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def shares(self) -> dict[str, float]:
        """Return the share that each grid with a target of its own must reach, by code; it holds for its subtree."""
        rows = self._session.execute(select(coverage_target.c.grid_code, coverage_target.c.share))
        return {row.grid_code: row.share for row in rows}

    def list_all(self) -> list[CoverageTarget]:
        """Return every target, by grid code."""
        rows = self._session.execute(select(coverage_target).order_by(coverage_target.c.grid_code))
        return [CoverageTarget(row.grid_code, row.share, row.reason) for row in rows]

    def replace_all(self, targets: Sequence[CoverageTarget]) -> None:
        """Store these targets in the place of all that were there."""
        self._session.execute(delete(coverage_target))
        if targets:
            rows = [{"grid_code": one.grid_code, "share": one.share, "reason": one.reason} for one in targets]
            self._session.execute(insert(coverage_target), rows)
