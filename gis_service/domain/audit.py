"""What is kept of who did and read what, in words and in bytes."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

ACTS = ("read", "write", "export", "refusal", "unrecorded")
"""``unrecorded``: so many refusals (``count``) found no room in the queue."""

MOST_OBJECTS = 1000
"""Ids kept of one answer; a page has no more, and of a longer export the query and the count tell."""

_LONGEST = 1000
_LONGEST_PURPOSE = 500
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")
_SECRET = re.compile(r"((?:^|[?&;])[^=&;]*(?:token|secret|passw|signature|api_?key)[^=&;]*=)[^&;]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One act: who, from where, what, of which class, why, and how it ended.

    ``count`` is of things answered or written, ``objects`` their ids as far as ``MOST_OBJECTS``; ``classes`` those of
    the data answered, none when none was; ``status`` the number of the answer.
    """

    at: datetime
    act: str
    name: str
    role: str
    scope: str | None
    address: str | None
    method: str
    route: str
    objects: tuple[str, ...]
    query: str
    count: int
    classes: tuple[str, ...]
    purpose: str
    status: int
    request_id: str


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An act with its place in the record."""

    id: int
    event: AuditEvent


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which acts are asked for: None asks for all; ``before`` is the id of the last one of the page before."""

    name: str | None = None
    role: str | None = None
    act: str | None = None
    route: str | None = None
    object: str | None = None
    data_class: str | None = None
    status: int | None = None
    request_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class HourOfReading:
    """What one caller read of important and core data within one hour, and what they usually do.

    ``usual`` is the mean of their hours with any reading in the days before; None: there were none.
    """

    name: str
    role: str
    hour: datetime
    things: int
    core: int
    usual: float | None


@dataclass(frozen=True, slots=True)
class UnusualLimits:
    """When reading is unusual.

    Args:
        things: more in an hour are unusual whoever reads.
        times: more than so many times one's own usual hour are, from ``least`` on.
        least: fewer than so many things in an hour are never too many.
        night: the hours of the day in which reading core data is unusual: from the first, up to the second.
    """

    things: int = 5000
    times: float = 10.0
    least: int = 200
    night: tuple[int, int] = (22, 6)


@dataclass(frozen=True, slots=True)
class Unusual:
    """An hour of reading that somebody should look at, and why: ``volume``, ``history`` or ``night``."""

    reading: HourOfReading
    reasons: tuple[str, ...]


def judge_reading(hours: Sequence[HourOfReading], limits: UnusualLimits, of_day: Sequence[int]) -> list[Unusual]:
    """Return the hours that are unusual, in their order; ``of_day`` is the local hour of the day of each."""
    found = []
    for reading, hour in zip(hours, of_day, strict=True):
        begin, end = limits.night
        at_night = hour >= begin or hour < end if begin > end else begin <= hour < end
        is_much = reading.usual is not None and reading.things > limits.times * reading.usual
        reasons = (
            ("volume", reading.things > limits.things),
            ("history", is_much and reading.things >= limits.least),
            ("night", at_night and reading.core > 0),
        )
        if any(holds for _, holds in reasons):
            found.append(Unusual(reading, tuple(word for word, holds in reasons if holds)))
    return found


def make_event(
    at: datetime,
    act: str,
    who: tuple[str, str, str | None, str | None],
    what: tuple[str, str, Collection[str], str],
    read: tuple[int, Collection[str]],
    purpose: str,
    status: int,
    request_id: str,
) -> AuditEvent:
    """Return an act as it may be stored: bounded, without secrets and without what PostgreSQL takes for no text.

    ``who`` is name, role, scope and address; ``what`` method, route, ids, and the query as it came; ``read`` how many
    things and their classes.
    """
    name, role, scope, address = who
    method, route, objects, query = what
    count, classes = read
    kept = tuple(dict.fromkeys(clean(one, 200) for one in objects))[:MOST_OBJECTS]
    return AuditEvent(
        at=at,
        act=act,
        name=clean(name, 200),
        role=role,
        scope=scope,
        address=address,
        method=method[:20],
        route=route,
        objects=kept,
        query=clean(_SECRET.sub(r"\1***", query), _LONGEST),
        count=count,
        classes=tuple(sorted(set(classes))),
        purpose=clean(purpose, _LONGEST_PURPOSE),
        status=status,
        request_id=request_id,
    )


def clean(text: str, longest: int) -> str:
    """Return a text without control characters and halves of characters, cut where it is too long."""
    return _UNPRINTABLE.sub(" ", text)[:longest]


def hour_of(moment: datetime) -> datetime:
    """Return the beginning of the hour, in UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


HISTORY = timedelta(days=30)
"""So far back goes what is usual for a caller."""
