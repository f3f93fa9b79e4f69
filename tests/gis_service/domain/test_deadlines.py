from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis_service.domain.deadlines import DeadlineRule, choose_deadline_rule, due_after_working_days, set_deadline
from gis_service.domain.period import Period
from gis_service.domain.work_calendar import WorkCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
CALENDAR = WorkCalendar(SHANGHAI)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


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
    assert due_after_working_days(at(start), days, SHANGHAI, CALENDAR.is_workday) == at(due)


def test_days_begin_in_the_zone_of_the_calendar():
    """Sunday 16:30 UTC is Monday 00:30 in Shanghai: one working day ends Tuesday 00:30 there."""
    start = datetime(2026, 3, 8, 16, 30, tzinfo=UTC)

    due = due_after_working_days(start, 1, SHANGHAI, CALENDAR.is_workday)

    assert due == at("2026-03-10T00:30")
    assert due.utcoffset() == timedelta(hours=8)


@given(
    first=st.integers(0, 2_500 * 1_440).map(lambda minutes: at("2020-01-01T00:00") + timedelta(minutes=minutes)),
    later=st.timedeltas(timedelta(0), timedelta(days=12)),
    days=st.integers(0, 12),
)
def test_a_later_start_never_ends_earlier(first, later, days):
    """Any two starts within twelve days of each other, for up to twelve working days."""
    one, other = (
        due_after_working_days(start, days, SHANGHAI, CALENDAR.is_workday) for start in (first, first + later)
    )

    assert first <= one <= other


@given(
    start=st.integers(0, 2_500 * 1_440).map(lambda minutes: at("2020-01-01T00:00") + timedelta(minutes=minutes)),
    days=st.integers(1, 9),
)
def test_exactly_that_many_working_days_pass(start, days):
    """Second opinion, by counting: the working days between start and end last 24 hours each."""
    due = due_after_working_days(start, days, SHANGHAI, CALENDAR.is_workday)

    worked, day = timedelta(0), start.date()
    while day <= due.date():
        begins = datetime.combine(day, datetime.min.time(), SHANGHAI)
        if CALENDAR.is_workday(day):
            worked += min(due, begins + timedelta(days=1)) - max(start, begins)
        day += timedelta(days=1)
    assert worked == timedelta(days=days)


def test_three_days_elapsed_differ_from_three_working_days():
    """From Friday 17:00: Monday 17:00 on the elapsed clock, Wednesday 17:00 on the working one."""
    friday = at("2026-03-06T17:00")
    elapsed = DeadlineRule("e", "handle", "elapsed", 3 * 24 * 60, "within_3_days")
    working = DeadlineRule("w", "handle", "working", 3, "within_3_days")

    assert set_deadline([elapsed], "hazard", "general", friday, friday, CALENDAR).due_at == at("2026-03-09T17:00")
    assert set_deadline([working], "hazard", "general", friday, friday, CALENDAR).due_at == at("2026-03-11T17:00")


@pytest.mark.parametrize(
    ("minutes", "due"),
    [(0, "2025-12-31T23:45"), (15, "2026-01-01T00:00"), (30, "2026-01-01T00:15"), (1440, "2026-01-01T23:45")],
)
def test_elapsed_minutes_never_stop(minutes, due):
    """From 23:45 on 31 December: at once, midnight, a quarter past, and the evening of the holiday."""
    start = at("2025-12-31T23:45")
    rule = DeadlineRule("r", "handle", "elapsed", minutes, "immediate")

    assert set_deadline([rule], "hazard", "major", start, start, CALENDAR).due_at == at(due)


def test_the_reason_names_rule_clock_and_due():
    """A router can tell a resident why it is Wednesday."""
    friday = at("2026-03-06T17:00")
    rule = DeadlineRule("w3", "handle", "working", 3, "within_3_days")

    deadline = set_deadline([rule], "hazard", "general", friday, friday, CALENDAR)

    assert deadline.response_class == "within_3_days"
    assert deadline.reason.as_json() == {
        "step": "deadline",
        "rule": "w3",
        "clock": "working",
        "due_at": "2026-03-11T17:00:00+08:00",
        "detail": "rule w3: 3 working days from 2026-03-06T17:00:00+08:00, due 2026-03-11T17:00:00+08:00",
        "detail_zh": "按规则 w3：自 2026-03-06T17:00:00+08:00 起 3 个工作日，2026-03-11T17:00:00+08:00 到期",
    }


def test_a_year_without_holidays_is_owned_up_to():
    """The calendar library ends before 2035."""
    start = at("2035-03-01T09:00")
    rule = DeadlineRule("w", "handle", "working", 1, "same_day")

    reason = set_deadline([rule], "hazard", "general", start, start, CALENDAR).reason

    assert "(holidays of 2035 are not known: Monday to Friday were taken)" in reason.detail
    assert "2035 年节假日安排未知" in reason.detail_zh


def test_without_a_rule_there_is_no_deadline_and_the_reason_says_so():
    """An incident is not refused for want of a rule."""
    start = at("2026-03-06T17:00")

    deadline = set_deadline([], "hazard", "general", start, start, CALENDAR)

    assert deadline.due_at is None
    assert deadline.reason.detail == (
        "no deadline rule matches category hazard with severity general; it has no deadline"
    )


def test_the_most_specific_rule_in_force_sets_the_deadline():
    """Longest category before severity; the stage, the severity and the period must fit."""
    now = at("2026-03-06T17:00")
    rules = [
        DeadlineRule("any", "handle", "elapsed", 1, "immediate"),
        DeadlineRule("any-major", "handle", "elapsed", 1, "immediate", severity="major"),
        DeadlineRule("hazard", "handle", "elapsed", 1, "immediate", category="hazard"),
        DeadlineRule(
            "fire-old", "handle", "elapsed", 1, "immediate", category="hazard.fire", in_force=Period(until=now)
        ),
        DeadlineRule("fire-accept", "accept", "elapsed", 1, "immediate", category="hazard.fire"),
    ]

    def chosen(category: str, severity: str) -> str | None:
        rule = choose_deadline_rule(rules, category, severity, "handle", now)
        return None if rule is None else rule.id

    assert chosen("hazard.fire", "major") == "hazard"
    assert chosen("order", "major") == "any-major"
    assert chosen("order", "general") == "any"


def test_the_city_overrules_the_national_calendar():
    """A Monday off and a Sunday worked, as rows of the calendar table say."""
    calendar = WorkCalendar(SHANGHAI, {date(2026, 3, 9): False, date(2026, 3, 8): True})

    assert not calendar.is_workday(date(2026, 3, 9))
    assert calendar.is_workday(date(2026, 3, 8))
    assert due_after_working_days(at("2026-03-06T17:00"), 2, SHANGHAI, calendar.is_workday) == at("2026-03-10T17:00")
