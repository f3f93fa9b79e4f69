from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from gis_service.domain.dispatch import DispatchRule
from gis_service.domain.period import Period
from gis_service.domain.rule_change import weigh_change
from gis_service.domain.rules import CalendarDay

NOW = datetime(2026, 6, 1, tzinfo=UTC)
BEFORE, LATER = NOW - timedelta(days=100), NOW + timedelta(days=100)
SEVERITIES = ("general", "larger", "major")
A = DispatchRule("a", "hazard", "fire")


def test_rows_are_added_changed_or_as_they_were():
    """One new, one with another department, one the same; the stored one that is not given stays."""
    b, c, d = (replace(A, id=id_, severity=severity) for id_, severity in zip("bcd", SEVERITIES, strict=True))

    change = weigh_change([replace(A, department="army"), b, c], [A, b, d], whole=False, now=NOW)

    assert change.added == (c,)
    assert change.changed == (replace(A, department="army"),)
    assert (change.ended, change.removed) == ((), ())
    assert set(change.untouched) == {b, d}


def test_a_rule_that_is_gone_ends_now():
    """What it decided stays explained: it was in force until this instant."""
    change = weigh_change([], [A], whole=True, now=NOW)

    assert change.ended == (replace(A, in_force=Period(None, NOW)),)


def test_a_rule_that_is_gone_before_it_began_is_removed():
    """It has decided nothing."""
    future = replace(A, in_force=Period(LATER, None))

    assert weigh_change([], [future], whole=True, now=NOW).removed == (future,)


def test_a_rule_that_has_ended_stays_as_it_is():
    """It is not among the rows of those who look at the present, and its end is history."""
    past = replace(A, in_force=Period(None, BEFORE))

    assert weigh_change([], [past], whole=True, now=NOW).untouched == (past,)


def test_a_day_that_is_gone_is_removed():
    """Days have no time in which they are in force."""
    day = CalendarDay(date(2026, 10, 1), is_workday=False)

    assert weigh_change([], [day], whole=True, now=NOW).removed == (day,)


def test_a_successor_begins_where_the_rule_before_it_ends():
    """In the place of a stands b, for the same case and without a beginning; the same rows again change nothing."""
    b = replace(A, id="b", department="army")

    change = weigh_change([b], [A], whole=True, now=NOW)

    assert change.added == (replace(b, in_force=Period(NOW, None)),)
    again = weigh_change([b], change.after, whole=True, now=LATER)
    assert again.written == ()
    assert set(again.untouched) == set(change.after)


@pytest.mark.parametrize("end", [LATER, None])
def test_a_rule_does_not_wait_for_one_that_is_in_force(end):
    """Two rules at one time are a mistake to be told, not to be mended."""
    b = replace(A, id="b")

    assert weigh_change([b], [replace(A, in_force=Period(None, end))], whole=False, now=NOW).added == (b,)
