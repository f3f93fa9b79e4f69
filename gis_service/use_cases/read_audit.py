"""Read the record of acts: who did what, and whose reading is unusual."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.audit import AuditFilter, StoredEvent, Unusual, UnusualLimits, hour_of, judge_reading
from gis_service.errors import InputFault, RuleBrokenError

LONGEST = timedelta(days=31)


def find_acts(wanted: AuditFilter, principal: Principal, work: UnitOfWork) -> list[StoredEvent]:
    """Return the acts that match, the newest first; who has a scope sees those of callers within it."""
    with work:
        return work.audit.search(wanted, _scopes_of(principal, work))


def find_all_acts(wanted: AuditFilter, principal: Principal, work: UnitOfWork) -> Iterator[StoredEvent]:
    """Yield all acts that match, the newest first, ``wanted.limit`` at a time."""
    with work:
        scopes = _scopes_of(principal, work)
    while True:
        with work:
            page = work.audit.search(wanted, scopes)
        yield from page
        if len(page) < wanted.limit:
            return
        wanted = replace(wanted, before=page[-1].id)


def find_unusual(
    since: datetime, until: datetime, limits: UnusualLimits, zone: ZoneInfo, principal: Principal, work: UnitOfWork
) -> list[Unusual]:
    """Return the hours from ``since`` to ``until`` in which somebody read unusually much or at an unusual time.

    Raises:
        RuleBrokenError: ``until`` is not later, or more than 31 days later.
    """
    if not timedelta() < until - since <= LONGEST:
        sentence = "must be later than since, by 31 days at most"
        raise RuleBrokenError(f"until {sentence}", faults=[InputFault("until", sentence)])
    with work:
        hours = work.audit.reading_by_hour(hour_of(since), until, _scopes_of(principal, work))
    return judge_reading(hours, limits, [one.hour.astimezone(zone).hour for one in hours])


def _scopes_of(principal: Principal, work: UnitOfWork) -> set[str] | None:
    if principal.scope is None:
        return None
    found = {principal.scope}
    edition = work.editions.in_force_at(work.editions.now())
    if edition is None:
        return found
    parents = {code: parent for code, (_, parent) in work.grids.outline(edition.number).items()}
    for code in parents:
        path: list[str] = []
        step: str | None = code
        while step is not None and step not in found:
            path.append(step)
            step = parents.get(step)
        if step is not None:
            found.update(path)
    return found
