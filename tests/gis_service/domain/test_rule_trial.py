from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from gis_service.domain.deadline_trial import try_deadlines
from gis_service.domain.deadlines import DeadlineRule
from gis_service.domain.dispatch import DispatchRule
from gis_service.domain.dispatch_trial import try_dispatch
from gis_service.domain.period import Period
from gis_service.domain.rule_change import RuleChange, weigh_change
from gis_service.domain.rule_trial import TrialIncident, judge_as_in_force
from gis_service.domain.work_calendar import WorkCalendar

FRIDAY = datetime(2026, 3, 6, 9, tzinfo=UTC)
NOW = FRIDAY + timedelta(days=30)
CALENDAR = WorkCalendar(ZoneInfo("Asia/Shanghai"))
DISPUTE = DispatchRule("dispute", "dispute", "justice")
HANDLE = DeadlineRule("handle", "handle", "working", 1, "same_day")


def incident(number, category="dispute", chain=("D", "D07"), severity="general", reported_at=FRIDAY):
    kind = "standard" if chain else None
    return TrialIncident(UUID(int=number), category, severity, chain, kind, FRIDAY, reported_at)


def test_departments_that_would_change_are_counted_with_examples():
    """Four disputes in D07 would go to housing and one elsewhere would not; a hazard has no rule, now as then."""
    incidents = [incident(number) for number in range(4)] + [incident(4, chain=("D", "D08")), incident(5, "hazard")]

    trial = try_dispatch(incidents, [DISPUTE], [DISPUTE, DispatchRule("d07", "dispute", "housing", grid_code="D07")])

    assert trial.incidents == 6
    assert trial.moves == {("justice", "housing"): 4}
    assert trial.by_category == {"dispute": 4}
    assert (trial.undecided_before, trial.undecided_after, trial.undecided) == (1, 1, [UUID(int=5)])
    assert [one.incident.id.int for one in trial.examples] == [0, 1, 2]
    assert trial.examples[0].before.facts["rule"] == "dispute"
    assert trial.examples[0].after.facts["first_receiver"] == {"kind": "grid", "code": "D07"}


def test_incidents_that_lose_their_department_are_named():
    """The only rule goes away."""
    trial = try_dispatch([incident(1)], [DISPUTE], [])

    assert trial.moves == {("justice", None): 1}
    assert (trial.undecided_after, trial.undecided) == (1, [UUID(int=1)])


def test_other_assisting_departments_are_a_change_too():
    """The same lead, with another at its side: counted apart."""
    trial = try_dispatch([incident(1)], [DISPUTE], [DispatchRule("dispute", "dispute", "justice", ("housing",))])

    assert (trial.moves, trial.others, trial.by_category) == ({}, 1, {"dispute": 1})
    assert len(trial.examples) == 1


def test_each_incident_is_judged_at_its_own_report():
    """A rule that ended on Friday at 9 decided what was reported a second before, and nothing at 9."""
    ended = DispatchRule("dispute", "dispute", "justice", in_force=Period(until=FRIDAY))
    incidents = [incident(1, reported_at=FRIDAY - timedelta(seconds=1)), incident(2)]

    assert try_dispatch(incidents, [ended], []).moves == {("justice", None): 1}


@pytest.mark.parametrize(
    ("rule", "how"),
    [
        (DeadlineRule("new", "handle", "working", 2, "same_day"), "later"),
        (DeadlineRule("new", "handle", "working", 0, "same_day"), "earlier"),
        (DeadlineRule("new", "handle", "elapsed", 3 * 1440 - 1, "same_day"), "earlier"),
        (DeadlineRule("new", "handle", "elapsed", 3 * 1440 + 1, "same_day"), "later"),
        (None, "lost"),
    ],
)
def test_deadlines_that_would_move_are_counted(rule, how):
    """One working day from Friday 17:00 ends on Monday 17:00, which is three days later by the clock."""
    trial = try_deadlines([incident(1)], [HANDLE], [] if rule is None else [rule], CALENDAR)

    assert trial.moves == {("handle", how): 1}
    assert trial.by_category == {("dispute", "handle", how): 1}
    assert trial.undecided_before == {"accept": 1, "handle": 0}
    assert trial.undecided_after["handle"] == (rule is None)
    assert trial.undecided == [UUID(int=1)]


@pytest.mark.parametrize(
    "rule",
    [
        DeadlineRule("new", "handle", "elapsed", 3 * 1440, "same_day"),
        DeadlineRule("new", "handle", "working", 1, "same_day"),
    ],
)
def test_a_deadline_that_stays_is_none_of_them(rule):
    """Three days and one working day from Friday 17:00 are the same instant."""
    assert try_deadlines([incident(1)], [HANDLE], [rule], CALENDAR).moves == {}


def test_the_city_s_own_days_count():
    """The Monday is off: a working day ends on Tuesday, later than three days."""
    off = WorkCalendar(ZoneInfo("Asia/Shanghai"), {date(2026, 3, 9): False})
    days = DeadlineRule("new", "handle", "elapsed", 3 * 1440, "same_day")

    assert try_deadlines([incident(1)], [HANDLE], [days], off).moves == {("handle", "earlier"): 1}


def test_the_clock_to_accept_starts_with_the_report():
    """Reported two hours after it happened: an hour from then, by an elapsed rule, is told in the example."""
    rule = DeadlineRule("a", "accept", "elapsed", 60, "same_day")

    trial = try_deadlines([incident(1, reported_at=FRIDAY + timedelta(hours=2))], [], [rule], CALENDAR)

    assert trial.moves == {("accept", "gained"): 1}
    assert trial.examples[0].after.facts["due_at"] == "2026-03-06T20:00:00+08:00"


def test_a_rule_that_begins_later_is_judged_as_if_it_were_in_force():
    """B takes over from a next week; the trial asks what b would have done, and a is out of the way."""
    turn = NOW + timedelta(days=7)
    a = DispatchRule("a", "dispute", "justice", in_force=Period(None, turn))
    b = DispatchRule("b", "dispute", "housing", in_force=Period(turn, None))
    change = weigh_change([a, b], [DispatchRule("a", "dispute", "justice")], whole=False, now=NOW)

    judged = judge_as_in_force(change, NOW)

    assert [(rule.id, rule.in_force) for rule in judged] == [("b", Period())]


def test_rules_that_are_left_alone_keep_their_time():
    """An old rule of another case decides what it decided; one of the same case makes way."""
    past, other = Period(None, FRIDAY), DispatchRule("other", "hazard", "fire", in_force=Period(None, FRIDAY))
    old = DispatchRule("old", "dispute", "justice", in_force=past)
    new = DispatchRule("new", "dispute", "housing", in_force=Period(FRIDAY, None))

    judged = judge_as_in_force(weigh_change([new], [old, other], whole=False, now=NOW), NOW)

    assert [(rule.id, rule.in_force) for rule in judged] == [("new", Period()), ("other", past)]


def test_rules_that_end_or_go_do_not_hold():
    """One given an end by its row, one ended because it is not among the rows."""
    ended = DispatchRule("a", "dispute", "justice", in_force=Period(None, NOW))
    stored = [DispatchRule("a", "dispute", "justice"), DispatchRule("b", "hazard", "fire")]

    change: RuleChange[DispatchRule] = weigh_change([ended], stored, whole=True, now=NOW)

    assert judge_as_in_force(change, NOW) == []
