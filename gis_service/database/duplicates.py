"""Open incidents that may be the same as what is reported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from gis_service.database.prepared import execute_told
from gis_service.domain.access import Principal
from gis_service.domain.incident import CLOSED_STATES, Duplicate, Sighting

NEAR_M = 50.0
"""How far apart two positions may lie that are exact."""

MOST_ACCURACY_M = 100.0
"""So much each of the two adds to it at most, by its accuracy."""

RECENT = timedelta(days=14)
KINDRED = 0.5
"""What a category counts that has only its first word in common; the same one counts 1."""

MOST_LOOKED_AT = 500
"""Stored incidents near a report that are looked at: more would make a hundred reports of one place endless."""

MOST = 5

_AHEAD = timedelta(days=1)  # more than a clock may run ahead: what happened later was not reported before
_EARLIEST = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
DUPLICATES_SQL = files("gis_service.database").joinpath("sql", "duplicates_of_reports.sql").read_text("utf-8")
_DUPLICATES = text(DUPLICATES_SQL)

DuplicatesOf: TypeAlias = Mapping[UUID, Sequence[Duplicate]]
"""By the id of a report."""


class DuplicateRepository:
    """Reads ``incident`` by place, time and category."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, sightings: Sequence[Sighting], principal: Principal) -> DuplicatesOf:
        """Return what may be the same as each of some reports, by its id, in one statement.

        That is what is not closed, has the first word of the category in common, happened within 14 days, and lies
        within ``near_m``, which is 50 m and the accuracy of both positions, each 100 m at most; of what is stored,
        what the caller may see.  Of two reports the later one is told of the earlier.  The score is 1 for the same
        category, else 0.5, times 50 m / ``near_m`` (the less exact the positions, the less their closeness says),
        times 1 - distance / ``near_m``, times 1 - time apart / 14 days.

        Args:
            sightings: in the order in which they are reported; none of them stored.
            principal: who reports them.

        Returns:
            At most five for each, the likeliest first, of equals the smaller id; no entry for a report without any.
            Where more than 500 stored incidents of the time lie near, those beyond the 500 nearest (in degrees) are
            not looked at.
        """
        if not sightings:
            return {}
        values = values_of(sightings, principal)
        return read_pairs(execute_told(self._session, "duplicates", _DUPLICATES, values))


def values_of(sightings: Sequence[Sighting], principal: Principal) -> dict[str, object]:
    """Return what ``duplicates_of_reports.sql`` is asked with."""
    since = min((one.occurred_at for one in sightings), default=_EARLIEST + RECENT + _AHEAD)
    return {
        "ids": [one.id for one in sightings],
        "lons": [one.point.lon for one in sightings],
        "lats": [one.point.lat for one in sightings],
        "accuracies_m": [one.accuracy_m or 0.0 for one in sightings],
        "sighted": [one.category for one in sightings],
        "instants": [one.occurred_at for one in sightings],
        "earliest": _first_id(since - RECENT - _AHEAD),
        "scope": principal.scope,
        "places": principal.places_incidents,
        "name": principal.name,
        "closed": list(CLOSED_STATES),
        "near_m": NEAR_M,
        "most_accuracy_m": MOST_ACCURACY_M,
        "recent_s": RECENT.total_seconds(),
        "kindred": KINDRED,
        "most_looked_at": MOST_LOOKED_AT,
        "most": MOST,
    }


def read_pairs(rows: Iterable[Iterable[Any]]) -> DuplicatesOf:
    """Return what the statement answered, by report."""
    found: defaultdict[UUID, list[Duplicate]] = defaultdict(list)
    for report_id, incident_id, distance_m, occurred_at, category, score in rows:
        found[report_id].append(Duplicate(incident_id, round(distance_m, 1), occurred_at, category, round(score, 2)))
    return found


def _first_id(instant: datetime) -> UUID:
    """Return the smallest id (UUIDv7) that can be given at an instant: it leaves whole months out."""
    return UUID(int=max(int((instant - _EARLIEST) / timedelta(milliseconds=1)), 0) << 80)
