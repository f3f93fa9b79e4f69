"""Imports of buildings and how far they have come."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gis_service.database.tables import building_import
from gis_service.domain.building_import import UnfinishedImport

_ROW_NUMBER = np.dtype("<i4")


class BuildingImportRepository:
    """Rows of ``building_import``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find_unfinished(self, digest: bytes) -> UnfinishedImport | None:
        """Return the import of this file, read in this way, that has begun and not ended."""
        columns = building_import.c
        row = self._session.execute(
            select(columns.id, columns.last_row, columns.stored, columns.rejected, columns.report).where(
                columns.digest == digest, columns.ended_at.is_(None)
            )
        ).one_or_none()
        if row is None:
            return None
        rejected = frozenset(np.frombuffer(row.rejected, _ROW_NUMBER).tolist())
        return UnfinishedImport(row.id, row.last_row, row.stored, rejected, row.report)

    def begin(
        self, digest: bytes, file: str, begun_by: str, rejected: Collection[int], report: Mapping[str, Any]
    ) -> int | None:
        """Note an import that begins, and return its number; None when the same has begun meanwhile."""
        values = {
            "digest": digest,
            "file": file,
            "begun_by": begun_by,
            "rejected": np.array(sorted(rejected), dtype=_ROW_NUMBER).tobytes(),
            "report": report,
        }
        statement = insert(building_import).values(values).on_conflict_do_nothing().returning(building_import.c.id)
        number: int | None = self._session.scalar(statement)
        return number

    def advance(self, number: int, last_row: int, to_row: int, stored: int) -> bool:
        """Note that all rows up to ``to_row`` are done, ``stored`` of them new; False where others have done so.

        Of two that try at once the second waits for the first, and then changes nothing.
        """
        columns = building_import.c
        done = self._session.execute(
            update(building_import)
            .where(columns.id == number, columns.last_row == last_row, columns.ended_at.is_(None))
            .values(last_row=to_row, stored=columns.stored + stored)
            .returning(columns.id)
        )
        return done.first() is not None

    def end(self, number: int) -> None:
        """Note that all rows are done."""
        self._session.execute(
            update(building_import).where(building_import.c.id == number).values(ended_at=func.now())
        )
