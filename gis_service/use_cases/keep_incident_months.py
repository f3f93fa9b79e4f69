"""Make months for incidents ahead of time, set old ones aside, and put them back."""

from __future__ import annotations

from datetime import date, datetime

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.incident_month import IncidentMonth, month_of, months_from, next_month
from gis_service.errors import ClashError, InputFault, NotFoundError, RuleBrokenError

MONTHS_AHEAD = 3
MOST_MONTHS = 600
"""Fifty years: what a record of the past may span."""


def make_months(since: datetime, until: datetime, work: UnitOfWork) -> list[date]:
    """Make the months between two instants that are not there, and return them.

    A month of which incidents already lie in the part for those of none is left out: they are served from there.

    Raises:
        RuleBrokenError: the span is longer than fifty years.
    """
    wanted = list(months_from(month_of(since), month_of(until)))
    if len(wanted) > MOST_MONTHS:
        sentence = f"incidents span {len(wanted)} months, {MOST_MONTHS} at most; are their instants right?"
        raise RuleBrokenError(sentence, code="invalid-input", faults=[InputFault("/occurred_at", sentence)])
    with work:
        if not _missing(wanted, work):
            return []
    with work:
        work.incident_months.lock()
        made = [month for month in _missing(wanted, work) if not work.incident_months.has_strays(month)]
        for month in made:
            work.incident_months.make(month)
        work.commit()
    return made


def make_months_ahead(now: datetime, work: UnitOfWork) -> list[date]:
    """Make this month and three more, where they are not there, and return them."""
    last = month_of(now)
    for _ in range(MONTHS_AHEAD):
        last = next_month(last)
    return make_months(now, datetime(last.year, last.month, 1, tzinfo=now.tzinfo), work)


def list_months(work: UnitOfWork) -> list[IncidentMonth]:
    """Return the months that are there, the oldest first, and at last what lies in none."""
    with work:
        return work.incident_months.list()


def set_month_aside(month: date, now: datetime, work: UnitOfWork) -> None:
    """Take a month out of all lists, counts and tiles; its tables stay in the database and in its backups.

    Raises:
        NotFoundError: it is not there.
        ClashError: it is not over, is aside already, or has incidents that are not closed.
    """
    with work:
        work.incident_months.lock()
        if not _find(month, work).is_attached:
            raise ClashError(f"month {month:%Y-%m} is aside already")
        if month >= month_of(now):
            raise ClashError(f"month {month:%Y-%m} is not over")
        if open_ones := work.incident_months.count_open(month):
            raise ClashError(f"month {month:%Y-%m} has incidents that are not closed: {open_ones}; close them first")
        work.incident_months.detach(month)
        work.commit()


def put_month_back(month: date, work: UnitOfWork) -> None:
    """Show a month again that was set aside.

    Raises:
        NotFoundError: it is not there.
        ClashError: it is not aside.
    """
    with work:
        work.incident_months.lock()
        if _find(month, work).is_attached:
            raise ClashError(f"month {month:%Y-%m} is not aside")
        work.incident_months.attach(month)
        work.commit()


def _missing(wanted: list[date], work: UnitOfWork) -> list[date]:
    known = {one.month for one in work.incident_months.list()}
    return [month for month in wanted if month not in known]


def _find(month: date, work: UnitOfWork) -> IncidentMonth:
    found = next((one for one in work.incident_months.list() if one.month == month), None)
    if found is None:
        raise NotFoundError(f"there is no month {month:%Y-%m} of incidents")
    return found
