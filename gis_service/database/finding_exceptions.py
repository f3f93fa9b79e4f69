"""Findings accepted on purpose: granted, withdrawn, never deleted."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from gis_service.database.tables import finding_exception
from gis_service.domain.finding_exception import FindingException


class FindingExceptionRepository:
    """Rows of ``finding_exception``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, **values: Any) -> FindingException:  # noqa: ANN401 - the columns, which the database checks
        """Store a new exception."""
        row = self._session.execute(insert(finding_exception).values(**values).returning(finding_exception))
        return FindingException(**row.mappings().one())

    def get(self, exception_id: int) -> FindingException | None:
        """Return an exception, in force or not; None when there is none."""
        query = select(finding_exception).where(finding_exception.c.id == exception_id)
        row = self._session.execute(query).mappings().one_or_none()
        return None if row is None else FindingException(**row)

    def list_page(self, *, after: int | None, limit: int, on: date | None = None) -> list[FindingException]:
        """Return up to ``limit`` exceptions, the newest first; with ``on`` only those in force on that day."""
        query = select(finding_exception).order_by(finding_exception.c.id.desc()).limit(limit)
        if after is not None:
            query = query.where(finding_exception.c.id < after)
        if on is not None:
            query = query.where(finding_exception.c.withdrawn_at.is_(None), finding_exception.c.expires_on >= on)
        return [FindingException(**row) for row in self._session.execute(query).mappings()]

    def granted(self) -> list[FindingException]:
        """Return all that were not withdrawn, expired ones too; by id."""
        query = select(finding_exception).where(finding_exception.c.withdrawn_at.is_(None))
        rows = self._session.execute(query.order_by(finding_exception.c.id)).mappings()
        return [FindingException(**row) for row in rows]

    def withdraw(self, exception_id: int) -> None:
        """Let an exception hold no longer."""
        ended = update(finding_exception).where(finding_exception.c.id == exception_id)
        self._session.execute(ended.values(withdrawn_at=func.now()))
