import random
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
import shapely

from gis_service.domain.access import Principal
from gis_service.domain.alarms import USUAL, ClockRules
from gis_service.domain.clocks import ring
from gis_service.domain.incident import IncidentEvent, IncidentRecord
from gis_service.domain.incident_moves import moves_open_to, next_handler
from gis_service.domain.move_request import MoveRequest
from gis_service.domain.work_calendar import WorkCalendar
from gis_service.errors import ClashError, ForbiddenError, NotFoundError, PreconditionFailedError, RuleBrokenError
from gis_service.use_cases.move_incident import RetryKey, move_incident
from gis_service.use_cases.read_incidents import read_events, read_incident
from grid_boundaries.partition import Grid
from tests.support.desk import FIRST_DAY
from tests.support.reports import REPORTED_AT, report

DESK = Principal("desk", "dispatcher")
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def clock():
    """Each look at it is a minute later."""
    minutes = count(1)
    return lambda: REPORTED_AT + timedelta(minutes=next(minutes))


@pytest.fixture
def move(ground, clock):
    """Move an incident; returns it as it is then."""

    def act(incident_id: UUID, to: str, by: Principal = DESK, expected=None, retry=None, **said) -> IncidentRecord:
        request = MoveRequest(to, **said)
        return move_incident(
            incident_id, request, principal=by, clock=clock, zone=ZONE, work=ground, expected=expected, retry=retry
        ).incident

    return act


@pytest.fixture
def brought(ground, move):
    """Report an incident and bring it to a state of the six steps; returns its id."""

    def act(state: str, **values) -> UUID:
        one = report(ground, **values).id
        steps = ("reported", "accepted", "dispatched", "handled", "verified", "archived")
        for step in steps[1 : steps.index(state) + 1]:
            move(one, step)
        return one

    return act


def last_event(ground, one: UUID) -> IncidentEvent:
    return read_events(one, DESK, ground)[-1]


def last_reason(record: IncidentRecord, step: str) -> Mapping[str, Any]:
    return [entry for entry in record.explain if entry["step"] == step][-1]


def test_the_six_steps_leave_their_trace(ground, move):
    """Six moves, a minute each: when it was accepted and handled, how content, and who did what when."""
    one = report(ground).id
    worker = Principal("worker 7", "worker", "D07A")

    accepted = move(one, "accepted", by=worker)
    move(one, "dispatched")
    handled = move(one, "handled", by=worker, note="tile removed")
    move(one, "verified")
    move(one, "archived")
    done = move(one, "evaluated", satisfaction=5)

    minute = timedelta(minutes=1)
    assert (accepted.accepted_at, accepted.handled_at) == (REPORTED_AT + minute, None)
    assert (handled.accepted_at, handled.handled_at) == (REPORTED_AT + minute, REPORTED_AT + 3 * minute)
    assert (done.state, done.satisfaction, done.version) == ("evaluated", 5, 7)
    told = [
        (event.kind, event.actor, event.from_state, event.to_state, event.at)
        for event in read_events(one, DESK, ground)
    ]
    assert told[1:4] == [
        ("accepted", "worker 7", "reported", "accepted", REPORTED_AT + minute),
        ("dispatched", "desk", "accepted", "dispatched", REPORTED_AT + 2 * minute),
        ("handled", "worker 7", "dispatched", "handled", REPORTED_AT + 3 * minute),
    ]
    assert read_events(one, DESK, ground)[3].facts == {"note": "tile removed"}


@pytest.mark.parametrize("state", ["handled", "verified"])
def test_a_failed_check_goes_back_to_the_department(ground, brought, move, state):
    """The handling clock runs again, and the reason is on record."""
    one = brought(state)

    back = move(one, "dispatched", reason="still loose")

    assert (back.state, back.department, back.handled_at) == ("dispatched", "emergency", None)
    assert back.accepted_at is not None
    event = last_event(ground, one)
    assert (event.kind, event.reason) == ("sent_back", "still loose")
    assert datetime.fromisoformat(event.facts["due_at"]) == back.due_at
    assert event.facts.keys() == {"due_at", "due_at_before"}


def test_not_mine_goes_to_the_next_until_nobody_is_left(ground, brought, move):
    """A dispute in D07B: housing by the rule of the grid, justice by the general one, then nobody."""
    one = brought("dispatched", where="D07B", category="dispute")

    first = move(one, "returned", reason="private matter")
    move(one, "dispatched")
    second = move(one, "returned", reason="not ours either")

    assert (first.department, first.declined) == ("justice", ("housing",))
    assert last_reason(first, "dispatch")["rule"] == "dispute"
    assert (second.department, second.declined) == (None, ("housing", "justice"))
    assert "a dispatcher must choose" in last_reason(second, "dispatch")["detail"]
    assert last_event(ground, one).facts == {"declined": "justice", "department": None, "assisting": []}
    with pytest.raises(RuleBrokenError, match="/department: is needed"):
        move(one, "dispatched")
    chosen = move(one, "dispatched", department="housing")
    assert (chosen.department, chosen.declined) == ("housing", ("justice",))
    assert "chose department housing" in last_reason(chosen, "dispatch")["detail"]


def test_who_assists_is_asked_when_no_other_leads(brought, move):
    """A hazard: emergency leads, housing assists and leads next, alone."""
    back = move(brought("accepted"), "returned", reason="a matter of the house")

    assert (back.department, back.assisting, back.declined) == ("housing", (), ("emergency",))


def test_only_a_department_that_is_known_is_named(brought, move):
    """422 with a pointer."""
    with pytest.raises(RuleBrokenError) as refusal:
        move(brought("accepted"), "dispatched", department="police")

    assert (refusal.value.code, refusal.value.faults[0].pointer) == ("unknown-department", "/department")


def test_a_hand_over_changes_owner_chain_and_edition(ground, move, publish_edition):
    """To the grid that edition 2 has made of the north of D08; the rules of the new ground choose who acts."""
    publish_edition(
        2,
        FIRST_DAY + timedelta(days=1),
        [Grid("D08B", shapely.box(102.72, 25.02, 102.74, 25.04), "unit_grid", "D08")],
    )
    one = report(ground, where="D07B", category="dispute").id

    given = move(one, "reported", to_grid="D08B", reason="lies across the road")

    assert (given.state, given.owner, given.edition) == ("reported", "D08B", 2)
    assert [link.code for link in given.chain] == ["D", "D08", "D08B"]
    assert given.department == "justice"
    assert "from D07B to D08B in edition 2" in last_reason(given, "owner")["detail"]
    event = last_event(ground, one)
    assert (event.kind, event.from_grid, event.to_grid) == ("handed_over", "D07B", "D08B")
    assert read_incident(one, Principal("w", "worker", "D08"), ground).id == one
    with pytest.raises(NotFoundError):
        read_incident(one, Principal("w", "worker", "D07"), ground)


def test_a_department_at_work_keeps_the_incident_through_a_hand_over(brought, move):
    """Housing was sent for D07B; in D07A the rule would say justice."""
    one = brought("dispatched", where="D07B", category="dispute")

    assert move(one, "dispatched", to_grid="D07A").department == "housing"


def test_a_hand_over_places_what_had_no_owner(ground, move):
    """Unlocated becomes reported, located by a hand that pointed at a grid, with the department of that grid."""
    one = report(ground, where="nowhere", category="dispute")
    assert (one.department, one.fact("owner", "nearest")["code"]) == ("justice", "D07B")

    placed = move(one.id, "reported", to_grid="D07B")

    assert (placed.state, placed.owner, placed.located_by) == ("reported", "D07B", "grid")
    assert placed.department == "housing"
    assert placed.fact("owner", "nearest") is None
    assert (last_event(ground, one.id).from_grid, last_event(ground, one.id).to_grid) == (None, "D07B")


@pytest.mark.parametrize("code", ["D99", "", "D07'"])
def test_only_a_grid_of_the_edition_in_force_takes_over(brought, move, code):
    """422 with a pointer."""
    with pytest.raises(RuleBrokenError) as refusal:
        move(brought("accepted"), "accepted", to_grid=code)

    assert (refusal.value.code, refusal.value.faults[0].pointer) == ("unknown-grid", "/to_grid")


def test_a_retired_grid_takes_nothing_over(brought, move, publish_edition):
    """Edition 2 closes D08A."""
    one = brought("accepted")
    publish_edition(2, FIRST_DAY + timedelta(days=1), [], ["D08A"])

    with pytest.raises(RuleBrokenError, match="it is not in edition 2"):
        move(one, "accepted", to_grid="D08A")


def test_the_owner_takes_over_nothing_from_itself(brought, move):
    """409; the same grid under another parent is another chain."""
    with pytest.raises(ClashError) as refusal:
        move(brought("accepted"), "accepted", to_grid="D07A")

    assert refusal.value.code == "same-owner"


def test_nobody_hands_over_to_ground_outside_their_scope(ground, brought, move):
    """The dispatcher of D07 may within D07; to D08 only the district's."""
    one = brought("accepted")
    street = Principal("street desk", "dispatcher", "D07")

    with pytest.raises(ForbiddenError) as refusal:
        move(one, "accepted", by=street, to_grid="D08A")
    assert refusal.value.code == "outside-scope"
    assert move(one, "accepted", by=street, to_grid="D07B").owner == "D07B"
    assert move(one, "accepted", by=Principal("d", "dispatcher", "D"), to_grid="D08A").owner == "D08A"


def test_mediation_changes_hands_and_not_the_owner(ground, brought, move):
    """Up to the street, from where the grid's worker cannot take it; and back."""
    one = brought("accepted", category="dispute")
    worker = Principal("worker 7", "worker", "D07A")

    up = move(one, "accepted", by=worker, handler="D07", reason="they do not agree")

    assert (up.handler, up.owner, up.state) == ("D07", "D07A", "accepted")
    event = last_event(ground, one)
    assert (event.kind, event.facts) == ("escalated", {"from_handler": "D07A", "handler": "D07"})
    with pytest.raises(ForbiddenError, match="in the hands of D07"):
        move(one, "accepted", by=worker, handler="D07A")
    down = move(one, "accepted", by=Principal("street", "worker", "D07"), handler="D07A")
    assert (down.handler, last_event(ground, one).kind) == (None, "handed_down")


def test_a_hand_over_ends_mediation(brought, move):
    """The new owner begins with its own hands."""
    one = brought("accepted", category="dispute")
    move(one, "accepted", handler="D07")

    assert move(one, "accepted", to_grid="D08A").handler is None


def test_duplicates_are_merged_and_split_again(ground, brought, move):
    """Both tell of it; the one that stays is otherwise as it was."""
    first, second = brought("accepted"), report(ground).id

    merged = move(second, "merged", into=first)

    assert (merged.state, merged.merged_into) == ("merged", first)
    assert last_event(ground, second).facts == {"into": str(first)}
    kept = read_incident(first, DESK, ground)
    assert (kept.state, kept.version) == ("accepted", 3)
    event = last_event(ground, first)
    assert (event.kind, event.from_state, event.to_state) == ("absorbed", "accepted", "accepted")
    assert event.facts == {"incident": str(second)}

    apart = move(second, "reported", reason="another flat")

    assert (apart.state, apart.merged_into) == ("reported", None)
    assert (last_event(ground, first).kind, last_event(ground, first).facts) == (
        "released",
        {"incident": str(second)},
    )


def test_merging_makes_no_ring(ground, move):
    """A into b, then b into a, and b into c, c into a: what is merged takes nothing in."""
    a, b, c = (report(ground).id for _ in range(3))
    move(a, "merged", into=b)

    with pytest.raises(ClashError) as refusal:
        move(b, "merged", into=a)
    assert refusal.value.code == "target-closed"
    move(b, "merged", into=c)
    with pytest.raises(ClashError):
        move(c, "merged", into=a)
    with pytest.raises(ClashError):
        move(c, "merged", into=b)


def test_an_incident_is_merged_into_another_that_one_sees(ground, move):
    """Itself, one that is not there and one of D08 for the desk of D07 are all 422."""
    one, hidden = report(ground).id, report(ground, where="D08A").id
    street = Principal("street desk", "dispatcher", "D07")

    for into in (one, uuid4(), hidden):
        with pytest.raises(RuleBrokenError) as refusal:
            move(one, "merged", by=street, into=into)
        assert (refusal.value.code, refusal.value.faults[0].pointer) == ("unknown-incident", "/into")


def test_reopening_begins_again(ground, brought, move):
    """The clocks run, nobody is content yet; the events keep what was."""
    one = brought("archived")
    move(one, "evaluated", satisfaction=2)

    again = move(one, "reported", reason="it came back")

    assert (again.state, again.satisfaction, again.accepted_at, again.handled_at) == ("reported", None, None, None)
    assert last_event(ground, one).reason == "it came back"
    assert [event.facts for event in read_events(one, DESK, ground)][-2] == {"satisfaction": 2}


def test_reopening_may_accept_at_once(brought, move):
    """The accept clock stands from then on, the handling clock runs."""
    again = move(brought("archived"), "accepted", reason="it came back")

    assert (again.accepted_at, again.handled_at) == (REPORTED_AT + timedelta(minutes=6), None)


def test_what_was_cancelled_without_an_owner_is_unlocated_again(ground, move):
    """It can then be placed."""
    one = report(ground, where="nowhere").id
    move(one, "cancelled", reason="a prank")

    assert move(one, "unlocated", reason="no prank").state == "unlocated"
    assert move(one, "reported", to_grid="D07A").owner == "D07A"


def test_what_one_may_not_see_is_not_there(brought, move):
    """404 for the worker of another street, and for an id of nothing."""
    with pytest.raises(NotFoundError):
        move(brought("reported"), "accepted", by=Principal("w", "worker", "D08"))
    with pytest.raises(NotFoundError):
        move(uuid4(), "accepted")


def test_who_reported_it_sees_it_and_moves_nothing(ground, move):
    """A worker of D08 reported it in D07A; an unlocated one is for who can place it."""
    stranger = Principal("worker of D08", "worker", "D08")

    with pytest.raises(ForbiddenError):
        move(report(ground, by=stranger).id, "accepted", by=stranger)
    street = Principal("street desk", "dispatcher", "D08")
    with pytest.raises(ForbiddenError):
        move(report(ground, where="nowhere", by=street).id, "reported", by=street, to_grid="D08A")


def test_a_version_that_has_passed_moves_nothing(ground, brought, move):
    """412 with the version that it has; the right one goes through."""
    one = brought("accepted")

    with pytest.raises(PreconditionFailedError) as refusal:
        move(one, "dispatched", expected={1})
    assert (refusal.value.code, refusal.value.members) == ("stale", {"version": 2})
    assert move(one, "dispatched", expected={2}).version == 3


def test_a_retry_makes_the_move_once(ground, brought, move):
    """The key finds the first answer, even when the state has gone on; another request under it is refused."""
    one = brought("accepted")
    key = RetryKey("k", b"dispatched")

    move(one, "dispatched", retry=key)
    move(one, "handled")
    again = move(one, "dispatched", retry=key)

    assert (again.state, again.version) == ("handled", 4)
    with pytest.raises(RuleBrokenError) as refusal:
        move(one, "verified", retry=RetryKey("k", b"verified"))
    assert refusal.value.code == "idempotency-key-reused"
    assert move(one, "verified", by=Principal("other", "dispatcher"), retry=key).state == "verified"


def test_a_refused_move_does_not_use_up_its_key(ground, brought, move):
    """The caller mends the request and sends it again."""
    one = brought("reported")

    with pytest.raises(ClashError):
        move(one, "handled", retry=RetryKey("k", b"handled"))
    assert move(one, "accepted", retry=RetryKey("k", b"accepted")).state == "accepted"


FOLDED = (
    "version", "state", "owner", "edition", "department", "assisting", "declined", "handler", "merged_into",
    "satisfaction", "accepted_at", "handled_at",
)  # fmt: skip
AGAIN = {"satisfaction": None, "handler": None, "handled_at": None}
TELLS = {
    "accepted": lambda _, event: {"accepted_at": event.at},
    "dispatched": lambda now, event: {
        "declined": tuple(code for code in now["declined"] if code != event.facts["department"])
    },
    "handled": lambda _, event: {"handled_at": event.at},
    "sent_back": lambda _now, _event: {"handled_at": None},
    "returned": lambda now, event: {
        "declined": now["declined"] + ((event.facts["declined"],) if event.facts["declined"] else ())
    },
    "evaluated": lambda _, event: {"satisfaction": event.facts["satisfaction"]},
    "handed_over": lambda _, event: {
        "owner": event.to_grid,
        "handler": event.facts.get("handler"),
        "declined": (),
    },
    "escalated": lambda _, event: {"handler": event.facts["handler"]},
    "handed_down": lambda now, event: {
        "handler": None if event.facts["handler"] == now["owner"] else event.facts["handler"]
    },
    "merged": lambda _, event: {"merged_into": UUID(event.facts["into"])},
    "split": lambda now, event: {
        "merged_into": None,
        "handler": None,
        "accepted_at": None if event.to_state == "reported" else now["accepted_at"],
    },
    "reopened": lambda _, event: AGAIN | {"accepted_at": event.at if event.to_state == "accepted" else None},
}


def fold(begun: IncidentRecord, events: Iterable[IncidentEvent]) -> dict[str, Any]:
    """Return what an incident must be after its events, by what they say alone."""
    now = {name: getattr(begun, name) for name in FOLDED} | {"chain": [link.code for link in begun.chain]}
    for event in events:
        assert event.from_state == now["state"]
        assert event.kind != "handed_over" or event.from_grid == now["owner"]
        rerouted = {name: event.facts[name] for name in ("department", "edition", "chain") if name in event.facts}
        assisting = tuple(event.facts.get("assisting", now["assisting"]))
        tell = TELLS.get(event.kind, lambda _now, _event: {})
        now |= tell(now, event) | rerouted | {"assisting": assisting}
        now |= {"version": now["version"] + 1, "state": event.to_state}
    return now


@pytest.mark.parametrize("seed", range(2))
def test_an_incident_is_the_fold_of_its_events(ground, move, seed):
    """Random walks of 40 moves of five incidents, which are merged with one another and split again."""
    chance = random.Random(seed)
    begun = [
        report(ground, where, category)
        for where, category in [
            ("D07A", "dispute"),
            ("D07B", "dispute"),
            ("D08A", "hazard"),
            ("nowhere", "hazard"),
            ("D07A", "sanitation"),
        ]
    ]
    made: set[str] = set()
    for _ in range(40):
        one = read_incident(chance.choice(begun).id, DESK, ground)
        way = chance.choice(list(moves_open_to(one, DESK)))
        said = {
            "reason": "since",
            "department": chance.choice(["housing", "justice", "emergency"]),
            "satisfaction": chance.randint(1, 5),
            "to_grid": chance.choice(["D07A", "D07B", "D08A", "D08"]),
            "into": chance.choice(begun).id,
            "handler": next_handler(one, way.kind),
        }
        try:
            move(one.id, way.to_state, **{name: said[name] for name in way.needs})
        except (ClashError, RuleBrokenError):
            continue  # into itself or a closed one, or to the owner of now
        made.add(way.kind)

    assert len(made) > 8
    for first in begun:
        record = read_incident(first.id, DESK, ground)
        events = read_events(first.id, DESK, ground)
        row = {name: getattr(record, name) for name in FOLDED} | {"chain": [link.code for link in record.chain]}
        assert fold(first, events[1:]) == row
        assert record.version == len(events)
        assert [event.at for event in events] == sorted(event.at for event in events)


def test_moves_stop_and_start_the_clocks(ground, move):
    """Handled: nothing rings; a failed check: it rings again, later by the time it stood handled."""
    incident = report(ground).id
    accepted = move(incident, "accepted")
    assert accepted.alarm_at is not None
    move(incident, "dispatched")
    handled = move(incident, "handled")
    assert (handled.alarm_at, handled.handled_at) == (None, REPORTED_AT + timedelta(minutes=3))
    failed = move(incident, "dispatched", reason="the crates are back")
    assert failed.due_at - handled.due_at == timedelta(minutes=1)
    assert failed.alarm_at is not None


def test_after_a_hand_over_the_alarms_tell_the_new_owner(ground, move):
    """What is late is told up the chain of after the move."""
    incident = report(ground).id
    move(incident, "accepted")
    moved = move(incident, "accepted", to_grid="D08A", reason="theirs")
    alarms, _ = ring(moved, ClockRules(WorkCalendar(ZONE), USUAL), moved.due_at + timedelta(days=30))
    assert [alarm.to_grid for alarm in alarms] == ["D08", "D"]
