from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis_service.domain.alarms import USUAL, AlarmShares, ClockRules
from gis_service.domain.clocks import (
    Clocks,
    alarm_after,
    clocks_after,
    clocks_of,
    grant,
    is_running,
    pause,
    resume,
    ring,
)
from gis_service.domain.deadlines import time_allowed
from gis_service.domain.incident import CLOSED_STATES, STATES, STATES_WITHOUT_CLOCK, IncidentRecord
from gis_service.domain.place import ChainLink
from gis_service.domain.running_time import time_after, time_between
from gis_service.domain.work_calendar import WorkCalendar

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = WorkCalendar(ZONE)
RULES = ClockRules(CALENDAR, USUAL)
FRIDAY = datetime(2026, 3, 6, 17, tzinfo=ZONE)
CHAIN = tuple(ChainLink(code, code, "") for code in ("D", "D07", "D07A"))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
INSTANTS = st.integers(0, 60 * 1_440).map(lambda minutes: FRIDAY + timedelta(minutes=minutes))
SPANS = st.timedeltas(timedelta(0), timedelta(days=9))


def incident(
    accept: tuple[str, int] | None = None, handle: tuple[str, int] | None = None, **values
) -> IncidentRecord:
    """An incident that happened and was reported on Friday at 17:00, with these rules."""
    explain, due = [], {}
    for step, name, rule in (("accept_deadline", "accept_due_at", accept), ("deadline", "due_at", handle)):
        due[name] = None
        if rule is not None:
            clock, amount = rule
            explain.append({"step": step, "rule": "r", "clock": clock, "amount": amount})
            due[name] = time_after(clock, FRIDAY, time_allowed(clock, amount), CALENDAR)
    fields = dict.fromkeys(IncidentRecord.__slots__) | {
        "id": UUID(int=1),
        "state": "dispatched" if accept is None else "reported",
        "occurred_at": FRIDAY,
        "reported_at": FRIDAY,
        "owner": "D07A",
        "chain": CHAIN,
        "explain": tuple(explain),
        "alarm_step": 0,
    }
    record = IncidentRecord(**fields | due | values)
    alarm = alarm_after(record, RULES)
    return replace(record, alarm_at=None if alarm is None else alarm.at)


def changed(record: IncidentRecord, clocks: Clocks, **values) -> IncidentRecord:
    """The incident as it is read after its clocks are stored."""
    return replace(record, **{name: getattr(clocks, name) for name in Clocks.__slots__}, **values)


def paused(record: IncidentRecord, start: datetime, end: datetime) -> IncidentRecord:
    standing = changed(record, pause(record, start))
    return changed(record, resume(standing, RULES, end))


def rung(record: IncidentRecord, *instants: datetime, rules: ClockRules = RULES) -> list[tuple[str, str, str | None]]:
    """Kind, stage and grid of what rings when a keeper looks at these instants."""
    told = []
    for now in instants:
        alarms, clocks = ring(record, rules, now)
        told += [(alarm.kind, alarm.stage, alarm.to_grid) for alarm in alarms]
        record = changed(record, clocks)
    return told


# -------------------------------------------------------------------------------------------------------- pauses


def test_a_pause_of_two_days_moves_an_elapsed_deadline_by_two_days():
    """Saturday noon to Monday noon: 3 days from Friday end on Wednesday 17:00."""
    record = paused(incident(handle=("elapsed", 4_320)), FRIDAY + 19 * HOUR, FRIDAY + 67 * HOUR)

    assert record.due_at == FRIDAY + 5 * DAY
    assert record.paused_at is None


def test_a_pause_moves_a_working_deadline_by_its_working_time():
    """Friday 18:00 to Monday 02:00 are eight worked hours: Wednesday 17:00 becomes Thursday 01:00."""
    record = paused(incident(handle=("working", 3)), FRIDAY + HOUR, FRIDAY + 57 * HOUR)

    assert record.due_at == datetime(2026, 3, 12, 1, tzinfo=ZONE)


def test_a_pause_over_a_weekend_moves_no_working_deadline():
    """Saturday to Sunday: the clock would have stood still anyway."""
    record = paused(incident(handle=("working", 3)), FRIDAY + 8 * HOUR, FRIDAY + 50 * HOUR)

    assert record.due_at == datetime(2026, 3, 11, 17, tzinfo=ZONE)


def test_each_deadline_moves_on_its_own_clock():
    """Over a weekend the deadline to accept, of elapsed minutes, moves by it; that of working days stays."""
    record = incident(accept=("elapsed", 1_440), handle=("working", 3))

    after = paused(record, FRIDAY + 8 * HOUR, FRIDAY + 50 * HOUR)

    assert after.accept_due_at == record.accept_due_at + 42 * HOUR
    assert after.due_at == record.due_at


def test_what_is_accepted_keeps_the_deadline_by_which_it_was():
    """A pause after it moves the deadline to handle alone."""
    record = incident(accept=("elapsed", 60), handle=("elapsed", 600), state="accepted", accepted_at=FRIDAY)

    after = paused(record, FRIDAY + HOUR, FRIDAY + 2 * HOUR)

    assert (after.accept_due_at, after.due_at) == (record.accept_due_at, record.due_at + HOUR)


def test_an_extension_asked_for_moves_with_the_deadline():
    """So that it cannot come to lie before it."""
    record = incident(handle=("elapsed", 600), asked_until=FRIDAY + 12 * HOUR)

    assert paused(record, FRIDAY, FRIDAY + 5 * HOUR).asked_until == FRIDAY + 17 * HOUR


@given(at=INSTANTS, clock=st.sampled_from([("elapsed", 4_320), ("elapsed", 0), ("working", 3), ("working", 0)]))
def test_a_pause_of_no_length_changes_nothing(at, clock):
    """At any instant, before and after the deadline, and for what ends on a day off; nor one that ends earlier."""
    record = incident(accept=("elapsed", 30), handle=clock)

    assert clocks_of(paused(record, at, at)) == clocks_of(record)
    assert clocks_of(paused(record, at, at - HOUR)) == clocks_of(record)


@settings(max_examples=50)
@given(at=INSTANTS, pause_for=SPANS, longer=SPANS, clock=st.sampled_from([("elapsed", 4_320), ("working", 3)]))
def test_what_was_left_at_a_pause_is_left_after_it(at, pause_for, longer, clock):
    """On the clock of the rule, and what was missed stays missed by as much; a longer pause never ends earlier."""
    record = incident(handle=clock)

    after = paused(record, at, at + pause_for)

    def left(due_at: datetime, now: datetime) -> timedelta:
        ahead = time_between(clock[0], now, due_at, CALENDAR)
        return ahead - time_between(clock[0], due_at, now, CALENDAR)

    assert left(after.due_at, at + pause_for) == left(record.due_at, at)
    assert after.due_at <= paused(record, at, at + pause_for + longer).due_at
    assert paused(after, at + pause_for, at + pause_for + longer).due_at == (
        paused(record, at, at + pause_for + longer).due_at
    )


def test_only_what_has_a_clock_runs():
    """Neither what is handled or closed, nor what is paused, nor what has no deadline."""
    running = incident(handle=("elapsed", 60))

    assert is_running(running)
    assert not is_running(incident())
    assert not is_running(replace(running, paused_at=FRIDAY))
    assert not any(is_running(replace(running, state=state)) for state in STATES_WITHOUT_CLOCK)


# -------------------------------------------------------------------------------------------------------- alarms


def test_first_a_reminder_then_one_link_after_the_other():
    """Ten hours: a reminder to the owner after eight, the street when they are over, the district after five more."""
    record = incident(handle=("elapsed", 600))

    for instant, expected in [
        (8 * HOUR - timedelta(seconds=1), []),
        (8 * HOUR, [("reminded", "handle", "D07A")]),
        (10 * HOUR, [("alerted", "handle", "D07")]),
        (15 * HOUR, [("alerted", "handle", "D")]),
    ]:
        alarms, clocks = ring(record, RULES, FRIDAY + instant)
        assert [(alarm.kind, alarm.stage, alarm.to_grid) for alarm in alarms] == expected
        record = changed(record, clocks)
    assert record.alarm_at is None


def test_working_deadlines_ring_in_working_time():
    """Three working days to Wednesday 17:00: 14.4 worked hours before it is Wednesday 02:36."""
    record = incident(handle=("working", 3))

    assert record.alarm_at == datetime(2026, 3, 11, 2, 36, tzinfo=ZONE)
    alarms, clocks = ring(record, RULES, FRIDAY + 5 * DAY)
    assert [alarm.kind for alarm in alarms] == ["alerted"]
    assert clocks.alarm_at == datetime(2026, 3, 13, 5, tzinfo=ZONE)


def test_both_clocks_ring_until_it_is_accepted():
    """Half an hour to accept, one to handle: each has its own reminder, links and count."""
    record = incident(accept=("elapsed", 30), handle=("elapsed", 60))

    assert rung(record, *(FRIDAY + timedelta(minutes=minute) for minute in range(120))) == [
        ("reminded", "accept", "D07A"),
        ("alerted", "accept", "D07"),
        ("alerted", "accept", "D"),
        ("reminded", "handle", "D07A"),
        ("alerted", "handle", "D07"),
        ("alerted", "handle", "D"),
    ]


def test_once_accepted_the_clock_to_handle_alone_rings():
    """Accepted after 35 minutes, when the street has been told; the district is not told of that any more."""
    record = incident(accept=("elapsed", 30), handle=("elapsed", 60))
    _, clocks = ring(record, RULES, FRIDAY + timedelta(minutes=35))
    record = changed(record, clocks)

    accepted = changed(record, clocks_after(record, "accepted", RULES, FRIDAY), state="accepted")

    assert accepted.alarm_at == FRIDAY + timedelta(minutes=48)
    assert rung(accepted, FRIDAY + DAY) == [("alerted", "handle", "D07"), ("alerted", "handle", "D")]


def test_nothing_is_lost_nor_doubled_when_nobody_looked_or_the_hands_jump():
    """A day later, an hour before, a year later: each link is told once; of what is overdue there is no reminder."""
    record = incident(handle=("elapsed", 600))

    assert rung(record, FRIDAY + DAY, FRIDAY - HOUR, FRIDAY + DAY, FRIDAY + 365 * DAY) == [
        ("alerted", "handle", "D07"),
        ("alerted", "handle", "D"),
    ]


@settings(max_examples=40)
@given(looks=st.lists(INSTANTS, max_size=12), accept=st.integers(0, 3_000), handle=st.integers(0, 9))
def test_every_link_is_told_once_whenever_anybody_looks(looks, accept, handle):
    """Instants in any order, forwards and backwards, and a look long after."""
    record = incident(accept=("elapsed", accept), handle=("working", handle))

    told = rung(record, *looks, FRIDAY + 365 * DAY)

    for stage in ("accept", "handle"):
        assert [one for one in told if one[:2] == ("alerted", stage)] == [
            ("alerted", stage, "D07"),
            ("alerted", stage, "D"),
        ]
        assert told.count(("reminded", stage, "D07A")) <= 1


def test_a_late_report_is_escalated_from_the_report_on():
    """Due before it was reported: the street at once, the district a quarter of an hour later at the earliest."""
    record = incident(handle=("elapsed", 0), reported_at=FRIDAY + DAY)

    assert rung(record, FRIDAY + DAY) == [("alerted", "handle", "D07")]
    assert rung(record, FRIDAY + DAY, FRIDAY + DAY + timedelta(minutes=15))[1:] == [("alerted", "handle", "D")]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"handler": "D07"}, ["D07", "D"]),
        ({"handler": "D"}, ["D", "D"]),
        ({"handler": "X"}, ["D07A", "D07", "D"]),
        ({"owner": None, "chain": (), "state": "unlocated"}, [None, None]),
    ],
    ids=["the street handles it", "the root does", "a grid that is not in the chain", "no owner"],
)
def test_who_is_told_depends_on_who_handles_it(values, told):
    """A reminder to who handles it, and at least one more alarm."""
    record = incident(handle=("elapsed", 600), **values)

    assert [link for _, _, link in rung(record, FRIDAY + 9 * HOUR, FRIDAY + DAY)] == told


def test_shares_say_when():
    """No reminder at 1; the next link after a tenth of the time."""
    rules = ClockRules(CALENDAR, AlarmShares(remind=1, repeat=0.1))
    record = incident(handle=("elapsed", 600))

    assert alarm_after(record, rules).at == record.due_at
    assert rung(record, record.due_at, record.due_at + HOUR, rules=rules) == [
        ("alerted", "handle", "D07"),
        ("alerted", "handle", "D"),
    ]


def test_a_paused_incident_does_not_ring_and_goes_on_where_it_was():
    """Reminded, then paused for a day: nothing rings in it, and the street is told a day later."""
    record = incident(handle=("elapsed", 600))
    _, clocks = ring(record, RULES, FRIDAY + 8 * HOUR)
    standing = changed(record, pause(changed(record, clocks), FRIDAY + 9 * HOUR))

    assert standing.alarm_at is None
    assert rung(standing, FRIDAY + DAY) == []
    assert resume(standing, RULES, FRIDAY + DAY + 9 * HOUR).alarm_at == FRIDAY + DAY + 10 * HOUR


def test_a_granted_extension_is_the_deadline_and_rings_anew():
    """Ten more hours: the reminder lies two hours before the new end."""
    record = incident(handle=("elapsed", 600), asked_until=FRIDAY + 20 * HOUR)
    _, clocks = ring(record, RULES, FRIDAY + 9 * HOUR)

    after = grant(changed(record, clocks), RULES)

    assert (after.due_at, after.asked_until) == (FRIDAY + 20 * HOUR, None)
    assert after.alarm_at == FRIDAY + 18 * HOUR


# --------------------------------------------------------------------------------------------------------- moves


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("before", STATES)
def test_any_move_leaves_clocks_that_fit_the_state(before, state):
    """Every pair of states: an alarm where a clock runs, and only there."""
    record = incident(accept=("elapsed", 30), handle=("working", 3), state=before, handled_at=FRIDAY + HOUR)

    clocks = clocks_after(record, state, RULES, FRIDAY + DAY)

    assert (clocks.alarm_at is None) is (state in STATES_WITHOUT_CLOCK)
    assert clocks.paused_at is None
    if before not in STATES_WITHOUT_CLOCK:
        assert (clocks.accept_due_at, clocks.due_at) == (record.accept_due_at, record.due_at)


def test_handled_during_a_pause_it_is_measured_by_the_deadline_that_holds():
    """Paused for an hour and then handled: the deadline has moved by that hour, and nothing rings any more."""
    record = incident(handle=("elapsed", 60), asked_until=FRIDAY + DAY)
    standing = changed(record, pause(record, FRIDAY))

    after = clocks_after(standing, "handled", RULES, FRIDAY + HOUR)

    assert after == Clocks(None, FRIDAY + 2 * HOUR, None, None, None, 0)


def test_accepted_during_a_pause_it_keeps_standing_still():
    """The deadline to accept has moved by the pause up to now, once; that to handle moves when it is resumed."""
    record = incident(accept=("elapsed", 60), handle=("elapsed", 600))
    standing = changed(record, pause(record, FRIDAY))

    clocks = clocks_after(standing, "accepted", RULES, FRIDAY + HOUR)
    accepted = changed(standing, clocks, state="accepted", accepted_at=FRIDAY + HOUR)
    resumed = resume(accepted, RULES, FRIDAY + 3 * HOUR)

    assert (clocks.paused_at, clocks.alarm_at) == (FRIDAY, None)
    assert (resumed.accept_due_at, resumed.due_at) == (FRIDAY + 2 * HOUR, FRIDAY + 13 * HOUR)


def test_a_failed_check_gives_back_the_time_that_it_took():
    """Handled after two of ten hours and checked for a day: eight hours are left, and alarms go on."""
    record = incident(handle=("elapsed", 600), state="verified", handled_at=FRIDAY + 2 * HOUR)

    after = clocks_after(record, "dispatched", RULES, FRIDAY + 2 * HOUR + DAY)

    assert after.due_at == FRIDAY + DAY + 10 * HOUR
    assert after.alarm_at == FRIDAY + DAY + 8 * HOUR


@pytest.mark.parametrize("before", CLOSED_STATES)
def test_opened_again_it_has_all_its_time_again(before):
    """A month later: what the rules allowed counts from now, alarms begin anew, and somebody must accept it again."""
    record = incident(accept=("elapsed", 30), handle=("working", 3), state=before, accepted_at=FRIDAY, alarm_step=203)
    now = datetime(2026, 4, 10, 17, tzinfo=ZONE)

    reported = clocks_after(record, "reported", RULES, now)
    dispatched = clocks_after(record, "dispatched", RULES, now)

    assert reported.accept_due_at == now + timedelta(minutes=30)
    assert reported.due_at == dispatched.due_at == datetime(2026, 4, 15, 17, tzinfo=ZONE)
    assert (reported.alarm_at, reported.alarm_step) == (now + timedelta(minutes=24), 0)
    assert dispatched.accept_due_at == record.accept_due_at


def test_a_deadline_of_no_known_rule_stays():
    """Stored before amounts were: opened again its deadline is the old one, and no reminder comes before it."""
    record = replace(incident(state="archived"), due_at=FRIDAY)

    after = clocks_after(record, "dispatched", RULES, FRIDAY + DAY)

    assert (after.due_at, after.alarm_at) == (FRIDAY, FRIDAY)


def test_instants_of_any_zone_are_the_same_instant():
    """UTC, as the database gives them, and the zone of the calendar."""
    record = incident(handle=("working", 3))
    in_utc = replace(record, due_at=record.due_at.astimezone(UTC), reported_at=record.reported_at.astimezone(UTC))

    assert ring(in_utc, RULES, FRIDAY + 9 * DAY) == ring(record, RULES, FRIDAY + 9 * DAY)
