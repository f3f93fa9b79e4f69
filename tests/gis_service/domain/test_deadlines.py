from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from gis_service.domain.deadlines import DeadlineRule, choose_deadline_rule, set_deadline
from gis_service.domain.period import Period
from gis_service.domain.work_calendar import WorkCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
CALENDAR = WorkCalendar(SHANGHAI)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


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
        "amount": 3,
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
    """A Monday off and a Sunday worked, as rows of the calendar table say: two days from Friday 17:00."""
    calendar = WorkCalendar(SHANGHAI, {date(2026, 3, 9): False, date(2026, 3, 8): True})
    friday = at("2026-03-06T17:00")
    rule = DeadlineRule("w", "handle", "working", 2, "same_day")

    assert set_deadline([rule], "hazard", "general", friday, friday, calendar).due_at == at("2026-03-10T17:00")


def test_a_year_that_the_city_has_decided_is_known():
    """One row of 2035 is enough to say that somebody has looked; 2036 stays unknown."""
    calendar = WorkCalendar(SHANGHAI, {date(2035, 10, 1): False})
    rule = DeadlineRule("w", "handle", "working", 1, "same_day")
    start, later = at("2035-09-28T09:00"), at("2036-03-03T09:00")

    deadline = set_deadline([rule], "hazard", "general", start, start, calendar)

    assert deadline.due_at == at("2035-10-02T09:00")
    assert "not known" not in deadline.reason.detail
    assert "2036" in set_deadline([rule], "hazard", "general", later, later, calendar).reason.detail


def test_acceptance_has_a_deadline_and_a_reason_of_its_own():
    """Half an hour to accept, by the rule of that stage; without one there is none, and the reason says so."""
    start = at("2026-03-06T17:00")
    rule = DeadlineRule("a", "accept", "elapsed", 30, "immediate")

    deadline = set_deadline([rule], "hazard", "major", start, start, CALENDAR, "accept")
    without = set_deadline([], "hazard", "major", start, start, CALENDAR, "accept")

    assert deadline.due_at == at("2026-03-06T17:30")
    assert (deadline.reason.step, deadline.reason.facts["rule"]) == ("accept_deadline", "a")
    assert deadline.reason.detail.startswith("to be accepted by rule a: 30 minutes elapsed")
    assert deadline.reason.detail_zh.startswith("受理：按规则 a")
    assert (without.due_at, without.reason.step) == (None, "accept_deadline")
    assert without.reason.detail.endswith("there is no instant by which it must be accepted")
