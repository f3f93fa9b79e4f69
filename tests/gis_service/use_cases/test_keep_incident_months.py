"""Months of incidents: made ahead, set aside whole, put back; nothing is lost on the way."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from uuid_utils.compat import uuid7

from gis_service.domain.access import Principal
from gis_service.domain.incident import IncidentFilter
from gis_service.domain.incident_month import month_of, months_from, next_month
from gis_service.errors import ClashError, NotFoundError, RuleBrokenError
from gis_service.use_cases.keep_incident_months import (
    list_months,
    make_months,
    make_months_ahead,
    put_month_back,
    set_month_aside,
)

ADMIN = Principal(name="months", role="admin", scope=None)
NOW = datetime.now(UTC)
LONG_AGO = datetime(2003, 2, 27, 23, 59, tzinfo=UTC)
"""Of no other test, so that the month is this one's alone."""


@pytest.fixture
def a_month(ground):
    """A month with one closed incident, its event and its key; gone afterwards, with all months made meanwhile."""
    before = {one.month for one in list_months(ground)}
    make_months(LONG_AGO, LONG_AGO, ground)
    store(ground, LONG_AGO, "archived")
    yield month_of(LONG_AGO)
    with ground:
        for one in list_months_within(ground):
            if one.month not in before and one.month is not None:
                drop(ground, one)
        ground.commit()


def test_months_are_made_once_and_only_where_they_are_missing(ground, a_month):
    """A span of three months, of which one is there, makes two; a second run makes none."""
    until = LONG_AGO + timedelta(days=62)
    assert make_months(LONG_AGO - timedelta(days=1), until, ground) == [date(2003, 3, 1), date(2003, 4, 1)]
    assert make_months(LONG_AGO, until, ground) == []
    assert make_months_ahead(NOW, ground) == []  # the migration has made them


def test_an_incident_lies_in_the_month_of_its_report(ground, a_month):
    """At the first and the last millisecond of a month, and of none: in the part for those of no month."""
    make_months(LONG_AGO + timedelta(days=2), LONG_AGO + timedelta(days=2), ground)
    for at, part in (
        (datetime(2003, 2, 1, tzinfo=UTC), "incident_2003_02"),
        (datetime(2003, 2, 28, 23, 59, 59, 999_000, tzinfo=UTC), "incident_2003_02"),
        (datetime(2003, 3, 1, tzinfo=UTC), "incident_2003_03"),
        (datetime(2003, 1, 31, 23, 59, 59, 999_000, tzinfo=UTC), "incident_other"),
        (datetime(2091, 1, 1, tzinfo=UTC), "incident_other"),
    ):
        incident = store(ground, at, "archived")
        with ground:
            found = ground._session.execute(
                text("SELECT tableoid::regclass::text FROM incident WHERE id = :id"), {"id": incident}
            ).scalar_one()
            events = ground._session.execute(
                text("SELECT tableoid::regclass::text FROM incident_event WHERE incident_id = :id"), {"id": incident}
            ).scalar_one()
        assert (found, events) == (f"incident_months.{part}", f"incident_months.{part.replace('_', '_event_', 1)}")
        forget(ground, incident)


def test_a_month_with_strays_is_served_from_where_they_are(ground, a_month):
    """Rows that came before their month was made keep their place, and the month is not made."""
    stray = store(ground, datetime(2091, 1, 1, tzinfo=UTC), "archived")
    assert make_months(datetime(2091, 1, 5, tzinfo=UTC), datetime(2091, 2, 1, tzinfo=UTC), ground) == [
        date(2091, 2, 1)
    ]
    assert stray in ids(ground)
    forget(ground, stray)


def test_a_month_set_aside_is_shown_nowhere_and_comes_back_whole(ground, a_month):
    """Its incident, event and names leave the lists and return; the tables are there all the while."""
    kept = ids(ground)
    with ground:
        (stored,) = ground._session.scalars(text("SELECT id FROM incident_months.incident_2003_02"))
    set_month_aside(a_month, NOW, ground)
    assert ids(ground) == kept - {stored}
    assert [one.is_attached for one in list_months(ground) if one.month == a_month] == [False]
    with pytest.raises(ClashError, match="is aside already"):
        set_month_aside(a_month, NOW, ground)
    put_month_back(a_month, ground)
    assert ids(ground) == kept
    with ground:
        assert len(ground.incidents.events(stored)) == 1
    with pytest.raises(ClashError, match="is not aside"):
        put_month_back(a_month, ground)


def test_a_month_that_is_in_use_is_not_set_aside(ground, a_month):
    """One that is not over, one with an incident that is not closed, and one that is not there."""
    with pytest.raises(ClashError, match="is not over"):
        set_month_aside(month_of(NOW), NOW, ground)
    store(ground, LONG_AGO, "dispatched")
    with pytest.raises(ClashError, match="incidents that are not closed: 1; close them first"):
        set_month_aside(a_month, NOW, ground)
    with pytest.raises(NotFoundError, match="2002-12"):
        set_month_aside(date(2002, 12, 1), NOW, ground)


def test_a_span_that_cannot_be_meant_is_refused(ground):
    """A thousand years of months are a slip of the pen."""
    with pytest.raises(RuleBrokenError, match="span"):
        make_months(datetime(1026, 1, 1, tzinfo=UTC), NOW, ground)


@given(st.dates(date(1970, 1, 1), date(2200, 1, 1)), st.integers(0, 40))
def test_months_follow_each_other_without_gaps(day, more):
    """Each begins where the one before ends, and they are as many as asked for."""
    first = last = day.replace(day=1)
    for _ in range(more):
        last = next_month(last)
    months = list(months_from(first, last))
    assert len(months) == more + 1
    assert all((after - before).days in range(28, 32) for before, after in pairwise(months))
    assert all(month.day == 1 for month in months)


def store(work, at, state):
    """Store an incident reported at an instant, with one event and one key."""
    incident = uuid7(nanoseconds=int(at.timestamp() * 1_000) * 1_000_000)
    with work:
        values = {"id": incident, "state": state, "at": at}
        category = work._session.scalars(text("SELECT code FROM category ORDER BY code LIMIT 1")).one()
        work._session.execute(
            text(
                "INSERT INTO incident (id, state, category, severity, channel, description, occurred_at, reported_at,"
                " reported_by, owner, chain, located_by, explain) VALUES (:id, :state, :category, 'general',"
                " 'patrol', 'x', :at, :at, 'months', (SELECT min(code) FROM grid_code), '{}', 'coordinate', '[]')"
            ),
            values | {"category": category},
        )
        work._session.execute(
            text(
                "INSERT INTO incident_event (incident_id, at, kind, actor, to_state)"
                " VALUES (:id, :at, 'reported', 'months', :state)"
            ),
            values,
        )
        work._session.execute(
            text(
                "INSERT INTO idempotency_key (principal, key, request_hash, incident_id)"
                " VALUES ('months', CAST(:id AS text), '', :id)"
            ),
            values,
        )
        work.commit()
    return incident


def forget(work, incident):
    """Take an incident away again, past the trigger that keeps events."""
    with work:
        work._session.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in (
            "DELETE FROM idempotency_key WHERE incident_id = :id",
            "DELETE FROM incident_event WHERE incident_id = :id",
            "DELETE FROM incident WHERE id = :id",
        ):
            work._session.execute(text(statement), {"id": incident})
        work.commit()


def list_months_within(work):
    """Return the months, asked within a transaction that is under way."""
    return work.incident_months.list()


def drop(work, month):
    """Drop a month with all that is in it."""
    if month.is_attached:
        work.incident_months.detach(month.month)
    for table in ("incident_event", "incident"):
        work._session.execute(text(f"DROP TABLE incident_months.{table}_{month.month:%Y_%m} CASCADE"))


def ids(work):
    """Return the ids of all incidents."""
    with work:
        return {one.id for one in work.incidents.search(IncidentFilter(limit=100_000), ADMIN)}
