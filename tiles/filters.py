"""The filters of a tile: read from the query of its URL, refused when wrong, part of its key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

KINDS = ("standard", "dedicated")
"""Kinds of grids; those of other layers are data."""

STATES = (
    "reported",
    "accepted",
    "dispatched",
    "handled",
    "verified",
    "archived",
    "evaluated",
    "returned",
    "merged",
    "cancelled",
    "unlocated",
)
"""States that a tile can be asked for; merged and cancelled incidents are never drawn, so these show nothing."""

_CATEGORY = re.compile(r"[a-z_]+(\.[a-z_]+)*", re.ASCII)
_LEVEL = re.compile(r"[a-z_]{1,32}", re.ASCII)
_KIND = re.compile(r"[a-z_]{1,32}", re.ASCII)
_LONGEST = 100  # characters of one value: no word is longer


class TileFilterError(ValueError):
    """A filter has a value that it cannot have; ``name`` is the parameter."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name = name


@dataclass(frozen=True, slots=True)
class TileFilters:
    """What a tile is narrowed to; None and the empty tuple leave everything in.

    ``kind`` narrows the layers that have such a kind and leaves the others whole; which words are kinds is not known
    here.  ``category`` takes all below it; ``states`` are sorted; ``since`` belongs to the stretch of time and
    ``until`` does not (both compared with when it happened).  ``as_of`` is the instant whose states count, None is
    now.  All instants are UTC.
    """

    level: str | None = None
    kind: str | None = None
    category: str | None = None
    states: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    as_of: datetime | None = None

    @classmethod
    def parse(cls, query: Iterable[tuple[str, str]]) -> Self:
        """Return the filters in the parameters of a URL; parameters that are no filters are passed over.

        ``state`` takes one state or several, joined by commas.

        Raises:
            TileFilterError: a parameter is given twice, is no known word, or is no RFC 3339 instant with an offset;
                or ``since`` is not before ``until``.
        """
        given: dict[str, str] = {}
        for name, value in query:
            if name not in PARAMETERS:
                continue
            if name in given:
                raise TileFilterError(name, f"{name} is given twice.")
            if len(value) > _LONGEST:
                raise TileFilterError(name, f"{name} is longer than {_LONGEST} characters.")
            given[name] = value
        made = cls(
            level=_parse_word(given, "level", _LEVEL),
            kind=_parse_word(given, "kind", _KIND),
            category=_parse_word(given, "category", _CATEGORY),
            states=_parse_states(given),
            since=_parse_instant(given, "since"),
            until=_parse_instant(given, "until"),
            as_of=_parse_instant(given, "as_of"),
        )
        if made.since is not None and made.until is not None and made.since >= made.until:
            raise TileFilterError("until", "until is after since.")
        return made

    def only(self, parameters: frozenset[str]) -> TileFilters:
        """Return the filters among these parameters; the others are left open."""
        return TileFilters(
            level=self.level if "level" in parameters else None,
            kind=self.kind if "kind" in parameters else None,
            category=self.category if "category" in parameters else None,
            states=self.states if "state" in parameters else (),
            since=self.since if "since" in parameters else None,
            until=self.until if "until" in parameters else None,
            as_of=self.as_of if "as_of" in parameters else None,
        )

    def canonical(self) -> str:
        """Return one text for equal filters and different texts for different ones."""
        instants = (None if one is None else one.isoformat() for one in (self.since, self.until, self.as_of))
        return repr((self.level, self.kind, self.category, self.states, *instants))


PARAMETERS = frozenset({"level", "kind", "category", "state", "since", "until", "as_of"})
"""Names of the filters in a URL."""


def _parse_word(given: Mapping[str, str], name: str, form: re.Pattern[str]) -> str | None:
    value = given.get(name)
    if value is not None and not form.fullmatch(value):
        raise TileFilterError(name, f"{name} is no code: small letters and underscores.")
    return value


def _parse_states(given: Mapping[str, str]) -> tuple[str, ...]:
    if "state" not in given:
        return ()
    states = given["state"].split(",")
    if any(state not in STATES for state in states):
        raise TileFilterError("state", f"state is one or more of {', '.join(STATES)}.")
    return tuple(sorted(set(states)))


def _parse_instant(given: Mapping[str, str], name: str) -> datetime | None:
    value = given.get(name)
    return None if value is None else parse_instant(name, value)


def parse_instant(name: str, value: str) -> datetime:
    """Return the instant that a parameter of a URL means, in UTC.

    Raises:
        TileFilterError: it is no RFC 3339 instant with an offset, or lies outside the years 1 to 9999 in UTC.
    """
    try:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise TileFilterError(name, f"{name} lacks its offset from UTC, such as Z or +08:00.")
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise TileFilterError(name, f"{name} is out of range: in UTC it lies outside the years 1 to 9999.") from error
    except ValueError as error:
        if isinstance(error, TileFilterError):
            raise
        raise TileFilterError(
            name, f"{name} is no instant as RFC 3339 writes it, such as 2026-03-01T08:00:00Z."
        ) from error
