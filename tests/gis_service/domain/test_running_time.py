from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis_service.domain.running_time import time_after, time_before, time_between
from gis_service.domain.work_calendar import WorkCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
CALENDAR = WorkCalendar(SHANGHAI)
NEW_YORK = WorkCalendar(
    ZoneInfo("America/New_York"),
    # The days on which clocks are changed are Sundays; here they are worked, and so are the days around them.
    {date(2026, 3, 7): True, date(2026, 3, 8): True, date(2026, 10, 31): True, date(2026, 11, 1): True},
)
CAIRO = WorkCalendar(ZoneInfo("Africa/Cairo"))
"""Friday 24 April 2026 has no midnight and Thursday 29 October two hours from 23:00; both are worked."""

CALENDARS = st.sampled_from([CALENDAR, NEW_YORK, CAIRO])
CLOCKS = st.sampled_from(["elapsed", "working"])
INSTANTS = st.integers(0, 400 * 1_440).map(
    lambda minutes: datetime(2025, 9, 1, tzinfo=UTC) + timedelta(minutes=minutes)
) | st.integers(-3_000, 3_000).flatmap(
    lambda minutes: st.sampled_from(
        ["2026-03-08T07:00", "2026-11-01T06:00", "2026-04-23T22:00", "2026-10-29T21:00"]
    ).map(lambda change: datetime.fromisoformat(change).replace(tzinfo=UTC) + timedelta(minutes=minutes))
)
SPANS = st.timedeltas(timedelta(0), timedelta(days=12))


def at(text: str, calendar: WorkCalendar = CALENDAR) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=calendar.zone)


def after_days(start: str, days: int, calendar: WorkCalendar = CALENDAR) -> datetime:
    return time_after("working", at(start, calendar), timedelta(days=days), calendar)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        pytest.param("2026-03-06T17:00", 3, "2026-03-11T17:00", id="over a weekend: Friday 17:00 to Wednesday 17:00"),
        pytest.param("2026-03-03T09:30", 3, "2026-03-06T09:30", id="inside a week"),
        pytest.param("2026-03-06T17:00", 0, "2026-03-06T17:00", id="at once"),
        pytest.param("2026-03-07T10:00", 0, "2026-03-07T10:00", id="at once on a Saturday"),
        pytest.param("2026-03-07T10:00", 1, "2026-03-10T00:00", id="Saturday: all of Monday"),
        pytest.param("2026-03-08T23:59", 1, "2026-03-10T00:00", id="Sunday night: all of Monday"),
        pytest.param("2026-03-09T00:00", 1, "2026-03-10T00:00", id="Monday midnight: all of Monday"),
        pytest.param("2026-03-06T00:00", 1, "2026-03-07T00:00", id="Friday midnight ends when Friday does"),
        pytest.param("2026-03-06T23:59", 1, "2026-03-09T23:59", id="Friday night"),
        pytest.param("2025-09-30T17:00", 1, "2025-10-09T17:00", id="over the October holiday, 1 to 8 October 2025"),
        pytest.param("2025-09-30T17:00", 3, "2025-10-11T17:00", id="Saturday 11 October 2025 is a make-up day"),
        pytest.param("2025-09-26T12:00", 1, "2025-09-28T12:00", id="Sunday 28 September 2025 is a make-up day"),
        pytest.param("2025-10-03T08:00", 2, "2025-10-11T00:00", id="a holiday: all of the 9th and 10th"),
        pytest.param("2025-12-31T17:00", 1, "2026-01-04T17:00", id="over New Year: Sunday 4 January is worked"),
        pytest.param("2027-12-31T17:00", 1, "2028-01-03T17:00", id="years without a calendar: Monday to Friday"),
    ],
)
def test_working_days_run_on_working_days_only(start, days, due):
    """The clock stands still on days off; the national calendar moves weekends."""
    assert after_days(start, days) == at(due)


def test_days_begin_in_the_zone_of_the_calendar():
    """Sunday 16:30 UTC is Monday 00:30 in Shanghai: one working day ends Tuesday 00:30 there."""
    due = time_after("working", datetime(2026, 3, 8, 16, 30, tzinfo=UTC), timedelta(days=1), CALENDAR)

    assert due == at("2026-03-10T00:30")
    assert due.tzinfo is UTC


@pytest.mark.parametrize(
    ("start", "due"),
    [
        pytest.param("2026-03-05T17:00", "2026-03-06T17:00", id="no change on the way"),
        pytest.param("2026-03-07T17:00", "2026-03-08T18:00", id="a day of 23 hours"),
        pytest.param("2026-10-31T17:00", "2026-11-01T16:00", id="a day of 25 hours"),
    ],
)
def test_a_working_day_is_24_hours_where_clocks_are_changed_too(start, due):
    """New York, with the Sundays of the change worked: an hour is an hour."""
    assert after_days(start, 1, NEW_YORK) == at(due, NEW_YORK)


def test_a_change_of_clocks_on_a_day_off_moves_nothing():
    """Berlin, a Friday before the last Sunday of March: 3 working days to Wednesday, 72 hours to Monday 18:00."""
    berlin = WorkCalendar(ZoneInfo("Europe/Berlin"))
    friday = at("2026-03-27T17:00", berlin)

    assert time_after("working", friday, timedelta(days=3), berlin) == at("2026-04-01T17:00", berlin)
    assert time_after("elapsed", friday, timedelta(days=3), berlin) == at("2026-03-30T18:00", berlin)


@given(first=INSTANTS, later=SPANS, span=SPANS, longer=SPANS, clock=CLOCKS, calendar=CALENDARS)
def test_a_later_start_or_a_longer_span_never_ends_earlier(first, later, span, longer, clock, calendar):
    """Any two starts and spans within twelve days of each other."""
    end = time_after(clock, first, span, calendar)

    assert first <= end <= time_after(clock, first + later, span, calendar)
    assert end <= time_after(clock, first, span + longer, calendar)


@given(start=INSTANTS, span=SPANS, more=SPANS, clock=CLOCKS, calendar=CALENDARS)
def test_spans_add_up(start, span, more, clock, calendar):
    """Two spans one after the other end where their sum does; the clock runs just that long in between."""
    middle = time_after(clock, start, span, calendar)
    end = time_after(clock, middle, more, calendar)

    assert end == time_after(clock, start, span + more, calendar)
    assert time_between(clock, start, end, calendar) == span + more


@given(end=INSTANTS, span=SPANS, clock=CLOCKS, calendar=CALENDARS)
def test_backwards_is_the_way_back(end, span, clock, calendar):
    """Just that long before the end, and no later instant is."""
    start = time_before(clock, end, span, calendar)

    assert start <= end
    assert time_between(clock, start, end, calendar) == span
    if span:
        assert time_between(clock, start + timedelta(microseconds=1), end, calendar) < span


@settings(max_examples=20)
@given(start=INSTANTS, minutes=st.integers(0, 4 * 1_440), calendar=CALENDARS)
def test_the_working_clock_agrees_with_one_that_counts_minutes(start, minutes, calendar):
    """Second opinion: minute by minute, each counts if its local date is worked."""
    end = start + timedelta(minutes=minutes)

    worked = sum(
        calendar.is_workday((start + timedelta(minutes=number)).astimezone(calendar.zone).date())
        for number in range(minutes)
    )

    assert time_between("working", start, end, calendar) == timedelta(minutes=worked)


def test_no_time_passes_backwards():
    """A clock that was set back has run for no time, and what ends at once ends at the start."""
    start = at("2026-03-06T17:00")

    assert time_between("elapsed", start, start - timedelta(hours=1), CALENDAR) == timedelta(0)
    assert time_before("working", start, timedelta(0), CALENDAR) == start
