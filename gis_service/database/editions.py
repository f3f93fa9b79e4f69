"""Editions: appended, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import shapely
from sqlalchemy import Row, func, insert, select, text
from sqlalchemy.orm import Session

from gis_service.database.geometry import from_column, to_column
from gis_service.database.tables import edition
from gis_service.domain.edition import Bounds, Edition

PUBLISH_LOCK = 0x67726964  # "grid" in ASCII; any constant that no other lock of the service uses
CHANNEL = "gis_edition"
"""Workers listen here; the payload is the edition's number and nothing else (decision 2)."""


def _to_edition(row: Row[Any]) -> Edition:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
    bounds: Bounds = from_column(values.pop("bounds")).bounds
    return Edition(**values, bounds=bounds)


class EditionRepository:
    """Rows of ``edition``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def list_all(self, *, after: int = 0, limit: int | None = None) -> list[Edition]:
        """Return the editions whose numbers follow ``after``, the oldest first; at most ``limit``, None for all.

        Dates of effect rise with the numbers.
        """
        query = select(edition).where(edition.c.number > after).order_by(edition.c.number).limit(limit)
        return [_to_edition(row) for row in self._session.execute(query)]

    def get(self, number: int) -> Edition | None:
        """Return one edition, or None."""
        row = self._session.execute(select(edition).where(edition.c.number == number)).one_or_none()
        return None if row is None else _to_edition(row)

    def first(self) -> Edition | None:
        """Return the oldest edition, in force or not yet; None before there is one."""
        row = self._session.execute(select(edition).order_by(edition.c.number).limit(1)).one_or_none()
        return None if row is None else _to_edition(row)

    def latest(self) -> Edition | None:
        """Return the newest edition, in force or not yet; None before the first."""
        row = self._session.execute(select(edition).order_by(edition.c.number.desc()).limit(1)).one_or_none()
        return None if row is None else _to_edition(row)

    def in_force_at(self, instant: datetime, known_at: datetime | None = None) -> Edition | None:
        """Return the newest edition with ``effective_from <= instant``; None before the first.

        With ``known_at`` only those count that were published by then.
        """
        query = select(edition).where(edition.c.effective_from <= instant)
        if known_at is not None:
            query = query.where(edition.c.published_at <= known_at)
        row = self._session.execute(query.order_by(edition.c.effective_from.desc()).limit(1)).one_or_none()
        return None if row is None else _to_edition(row)

    def dates_of_effect(self) -> list[tuple[datetime, int]]:
        """Return from when on each edition is in force, and its number; both rise."""
        query = select(edition.c.effective_from, edition.c.number).order_by(edition.c.number)
        return [(effective_from, number) for effective_from, number in self._session.execute(query)]

    def lock_publishing(self) -> None:
        """Wait until no other transaction publishes; the lock goes with this transaction."""
        self._session.execute(select(func.pg_advisory_xact_lock(PUBLISH_LOCK)))

    def hold_latest(self) -> None:
        """Let nobody publish while this transaction goes on, which gives owners by the newest edition.

        Any number of transactions may do so at once; without it, what is stored while another edition is being made
        would miss the change.
        """
        self._session.execute(select(func.pg_advisory_xact_lock_shared(PUBLISH_LOCK)))

    def now(self) -> datetime:
        """Return the database's clock at this moment: who waited for the publishing lock comes after the other."""
        moment: datetime = self._session.execute(select(func.clock_timestamp())).scalar_one()
        return moment

    def append(
        self,
        *,
        number: int,
        effective_from: datetime,
        published_by: str,
        note: str,
        grid_count: int,
        checksum: str,
        certificate: Mapping[str, Any],
        bounds: Bounds,
    ) -> Edition:
        """Store a new edition and tell the workers when the transaction commits."""
        row = self._session.execute(
            insert(edition)
            .values(
                number=number,
                effective_from=effective_from,
                published_at=func.clock_timestamp(),
                published_by=published_by,
                note=note,
                grid_count=grid_count,
                checksum=checksum,
                certificate=certificate,
                bounds=to_column(shapely.box(*bounds)),
            )
            .returning(edition)
        ).one()
        self._session.execute(
            text("SELECT pg_notify(:channel, :number)"), {"channel": CHANNEL, "number": str(number)}
        )
        return _to_edition(row)
