"""Which ground went where, edition by edition; appended, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from gis_service.database.tables import lineage
from gis_service.domain.lineage import Lineage


class LineageRepository:
    """Rows of ``lineage``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, edition: int, entries: Sequence[Lineage]) -> None:
        """Store whose ground went to whom in an edition."""
        if entries:
            self._session.execute(insert(lineage), [{"edition": edition, **asdict(one)} for one in entries])

    def of_edition(self, edition: int) -> list[Lineage]:
        """Return what an edition moved, by codes."""
        query = select(lineage).where(lineage.c.edition == edition).order_by(lineage.c.from_code, lineage.c.to_code)
        return [_to_entry(row) for row in self._session.execute(query).mappings()]

    def of_grid(self, code: str) -> list[tuple[int, Lineage]]:
        """Return what a grid gave and got, with the edition, the oldest first."""
        query = select(lineage).where(or_(lineage.c.from_code == code, lineage.c.to_code == code))
        rows = self._session.execute(query.order_by(lineage.c.edition, lineage.c.id)).mappings()
        return [(row["edition"], _to_entry(row)) for row in rows]


def _to_entry(row: object) -> Lineage:
    names = ("from_code", "to_code", "area_m2", "buildings", "households")
    return Lineage(**{name: row[name] for name in names})  # type: ignore[index]
