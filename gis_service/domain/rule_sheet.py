"""A table of rules as it is shown and edited: columns, rows, and the tag of its present state."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from gis_service.domain.deadlines import DeadlineRule
from gis_service.domain.dispatch import DispatchRule
from gis_service.domain.rule_change import Entry, key_of
from gis_service.domain.rules import CalendarDay

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "departments": ("code", "name", "name_en"),
        "categories": ("code", "name", "name_en"),
        "dispatch": (
            "id",
            "category",
            "grid_code",
            "kind",
            "severity",
            "department",
            "assisting",
            "first_receiver",
            "since",
            "until",
            "reason",
        ),
        "deadlines": (
            "id",
            "category",
            "severity",
            "stage",
            "clock",
            "amount",
            "response_class",
            "since",
            "until",
            "reason",
        ),
        "calendar": ("day", "is_workday", "note"),
    }
)

MOST_ROWS = 10_000
"""Rows that are read at once; a city has some hundreds."""

_TAG_BYTES = 12
_UTC = ZoneInfo("UTC")


def write_row(table: str, entry: Entry, zone: ZoneInfo) -> dict[str, Any]:
    """Return an entry as a row of JSON, by column; instants are written in ``zone``, None means any or no end."""
    return {column: _value(entry, column, zone) for column in COLUMNS[table]}


def tag_of(table: str, entries: Sequence[Entry]) -> str:
    """Return what stands for this state of a table: equal for equal entries in any order."""
    lines = sorted((key_of(entry), repr(write_row(table, entry, _UTC))) for entry in entries)
    return f"{table}-{hashlib.blake2b(repr(lines).encode(), digest_size=_TAG_BYTES).hexdigest()}"


def _value(entry: Entry, column: str, zone: ZoneInfo) -> Any:  # noqa: ANN401 - the values of many columns
    if isinstance(entry, DispatchRule | DeadlineRule) and column in {"since", "until"}:
        return _written(getattr(entry.in_force, column), zone)
    if isinstance(entry, CalendarDay) and column == "day":
        return entry.day.isoformat()
    value = getattr(entry, column)
    return list(value) if isinstance(value, tuple) else value


def _written(instant: datetime | None, zone: ZoneInfo) -> str | None:
    return None if instant is None else instant.astimezone(zone).isoformat()
