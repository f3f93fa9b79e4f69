"""Import a record of incidents of the past, however long: in parts, of which none comes twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.past_incident_rows import PastIncidentRow
from gis_service.domain.place import LocateMany
from gis_service.use_cases.import_incidents import import_incidents

ROWS_OF_A_PART = 20_000


@dataclass(frozen=True, slots=True)
class ImportedHistory:
    """How many rows were stored, and how many had been before."""

    stored: int
    known: int


def import_history(
    rows: Iterable[PastIncidentRow],
    *,
    locate_many: LocateMany,
    zone: ZoneInfo,
    until: datetime,
    work: UnitOfWork,
    reported_by: str,
    progress: Callable[[int], None] = lambda _: None,
) -> ImportedHistory:
    """Store the rows whose number is not stored yet, part by part, each of them wholly or not at all.

    What was broken off goes on where it was when the same record is imported again.

    Args:
        rows: in any order, each with an ``external_id``; of one that comes twice the first is taken.
        locate_many: finds owners in the editions in force when things happened.
        zone: of working days.
        until: the end of the record; nothing happens after it.
        work: a transaction not yet begun.
        reported_by: stands for who reported and acted; numbers of different reporters never meet.
        progress: told after each part how many rows are done.

    Raises:
        RuleBrokenError: as ``import_incidents``; the parts before are stored.
    """
    source, stored, known = iter(rows), 0, 0
    while part := list(islice(source, ROWS_OF_A_PART)):
        by_number = {row.external_id: row for row in reversed(part) if row.external_id is not None}
        with work:
            there = work.incidents.known_numbers(by_number, reported_by)
        fresh = [row for number, row in reversed(by_number.items()) if number not in there]
        stored += import_incidents(
            fresh, locate_many=locate_many, zone=zone, until=until, work=work, reported_by=reported_by
        )
        known += len(part) - len(fresh)
        progress(stored + known)
    return ImportedHistory(stored, known)
