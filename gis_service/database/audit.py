"""The record of who did and read what, and its seals.  Rows are added and read, never changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from importlib.resources import files
from typing import Any

from sqlalchemy import Row, func, insert, select, text
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from gis_service.database.tables import audit_event, audit_seal
from gis_service.domain.audit import HISTORY, AuditEvent, AuditFilter, HourOfReading, StoredEvent
from gis_service.domain.audit_chain import Seal

WRITERS = 0x61756469
"""Held, shared, by whoever inserts (a trigger takes it); "audi" in ASCII."""

SEALER = 0x7365616C
"""Held by the one who seals; "seal" in ASCII."""

_FACTS = tuple(field.name for field in fields(AuditEvent))
_ROW = [audit_event.c[name] for name in ("id", *_FACTS)]
_SEAL = [audit_seal.c[field.name] for field in fields(Seal)]
_READING = text(files("gis_service.database").joinpath("sql", "audit_reading.sql").read_text("utf-8"))
_SEALS_AT_A_TIME = 100


class AuditRepository:
    """Rows of ``audit_event`` and ``audit_seal``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, events: Sequence[AuditEvent]) -> None:
        """Append acts, in their order."""
        self._session.execute(insert(audit_event), [asdict(event) for event in events])

    def search(self, wanted: AuditFilter, scopes: Collection[str] | None) -> list[StoredEvent]:
        """Return the acts that match, the newest first; with ``scopes``, of callers with one of them alone."""
        columns, query = audit_event.c, select(*_ROW)
        for name in ("name", "role", "act", "route", "status", "request_id"):
            value = getattr(wanted, name)
            if value is not None:
                query = query.where(columns[name] == value)
        if wanted.object is not None:
            query = query.where(columns.objects.op("@>")(array([wanted.object])))
        if wanted.data_class is not None:
            query = query.where(columns.classes.op("@>")(array([wanted.data_class])))
        if wanted.since is not None:
            query = query.where(columns.at >= wanted.since)
        if wanted.until is not None:
            query = query.where(columns.at < wanted.until)
        if wanted.before is not None:
            query = query.where(columns.id < wanted.before)
        if scopes is not None:
            query = query.where(columns.scope.in_(scopes))
        rows = self._session.execute(query.order_by(columns.id.desc()).limit(wanted.limit))
        return [_stored(row) for row in rows]

    def reading_by_hour(
        self, since: datetime, until: datetime, scopes: Collection[str] | None
    ) -> list[HourOfReading]:
        """Return who read how much in each hour, the newest hour first; hours are whole, in UTC."""
        given = {
            "since": since,
            "until": until,
            "history": since - HISTORY,
            "scopes": None if scopes is None else list(scopes),
        }
        return [HourOfReading(**row) for row in self._session.execute(_READING, given).mappings()]

    def begin_sealing(self) -> bool:
        """Say whether this transaction is the one that seals; another may be at it."""
        return bool(self._session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": SEALER}))

    def settled_id(self) -> int:
        """Return the largest id; no smaller one is still to be committed.  Waits for those who are about to insert.

        They in turn wait until this transaction ends: it should do nothing else.
        """
        self._session.execute(text("SET LOCAL lock_timeout = '2s'"))
        self._session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITERS})
        newest = select(audit_event.c.id).order_by(audit_event.c.id.desc()).limit(1)
        return self._session.scalar(newest) or 0

    def rows_between(self, after: int, up_to: int, limit: int | None = None) -> list[StoredEvent]:
        """Return the rows with ``after < id <= up_to`` in the order of their ids."""
        query = select(*_ROW).where(audit_event.c.id > after, audit_event.c.id <= up_to).order_by(audit_event.c.id)
        return [_stored(row) for row in self._session.execute(query.limit(limit))]

    def add_seal(self, seal: Seal) -> None:
        """Append a seal."""
        self._session.execute(insert(audit_seal).values(**asdict(seal)))

    def head(self) -> Seal | None:
        """Return the last seal; None when there is none."""
        return self._seal(select(*_SEAL).order_by(audit_seal.c.number.desc()).limit(1))

    def seal_before(self, number: int) -> Seal | None:
        """Return the last seal with a smaller number."""
        newest = select(*_SEAL).where(audit_seal.c.number < number).order_by(audit_seal.c.number.desc())
        return self._seal(newest.limit(1))

    def seal(self, number: int) -> Seal | None:
        """Return one seal."""
        return self._seal(select(*_SEAL).where(audit_seal.c.number == number))

    def seals(self, since: datetime | None, until: datetime | None) -> Iterator[Seal]:
        """Yield the seals made from an instant up to another, in their order, a hundred at a time."""
        query = select(*_SEAL).order_by(audit_seal.c.number).limit(_SEALS_AT_A_TIME)
        if since is not None:
            query = query.where(audit_seal.c.sealed_at >= since)
        if until is not None:
            query = query.where(audit_seal.c.sealed_at < until)
        last = 0
        while page := self._session.execute(query.where(audit_seal.c.number > last)).all():
            yield from (Seal(*row) for row in page)
            last = page[-1].number

    def unsealed(self, after: int) -> tuple[int, datetime | None]:
        """Return how many rows stand behind an id, and the oldest instant in them."""
        counted = select(func.count(), func.min(audit_event.c.at)).where(audit_event.c.id > after)
        count, oldest = self._session.execute(counted).one()
        return count, oldest

    def _seal(self, query: Any) -> Seal | None:  # noqa: ANN401 - a select
        row = self._session.execute(query).one_or_none()
        return None if row is None else Seal(*row)


def _stored(row: Row[Any]) -> StoredEvent:
    facts: dict[str, Any] = dict(zip(_FACTS, row[1:], strict=True))
    return StoredEvent(row[0], AuditEvent(**{**facts, "objects": tuple(row.objects), "classes": tuple(row.classes)}))
