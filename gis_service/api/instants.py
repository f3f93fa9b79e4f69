"""Instants as FastAPI takes them: RFC 3339 with an offset, turned to UTC at the door."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

# RFC 3339, 5.6, where a space may stand for the T.
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def to_utc(instant: datetime) -> datetime:
    """Return the same instant in UTC: PostgreSQL takes no offset of 16 hours and more, RFC 3339 does.

    What lies beyond the years that a date can have is moved to their first or last instant.
    """
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        return EARLIEST if instant.year == EARLIEST.year else LATEST


def _written_out(instant: object) -> object:
    if isinstance(instant, int | float) or (isinstance(instant, str) and not RFC_3339.fullmatch(instant)):
        msg = "must be RFC 3339 with an offset, like 2026-07-01T08:00:00+08:00"
        raise ValueError(msg)
    return instant


Instant = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(to_utc)]
