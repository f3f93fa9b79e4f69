import re
from itertools import product
from pathlib import Path
from uuid import UUID

import pytest

from gis_service.domain.access import ROLES, Principal
from gis_service.domain.incident import STATES
from gis_service.domain.incident_moves import MOVES, moves_open_to, next_handler
from gis_service.domain.move_request import MoveRequest, choose_move
from gis_service.errors import ClashError, ForbiddenError, RuleBrokenError
from tests.support.reports import DISTRICT, STREET, record

DISPATCHER = Principal("desk", "dispatcher")

# Written out by hand from docs/incidents.md and not from the code: one letter for each pair of states.
#   w  workers and dispatchers       d  dispatchers      s  dispatchers, needs satisfaction    g  needs to_grid
#   W  as w, needs a reason          D  as d, needs a reason          i  needs into            .  not allowed
# A dot on the diagonal is what is left of a hand-over that names no grid.
TABLE = """
              reported accepted dispatched handled verified archived evaluated returned merged cancelled unlocated
reported         .        w         .         .       .        .         .        .       i        D         .
accepted         .        .         d         .       .        .         .        W       i        D         .
dispatched       .        .         .         w       .        .         .        W       i        D         .
handled          .        .         D         .       d        .         .        .       .        .         .
verified         .        .         D         .       .        d         .        .       .        .         .
archived         D        D         .         .       .        .         s        .       .        .         .
evaluated        D        D         .         .       .        .         .        .       .        .         .
returned         .        .         d         .       .        .         .        .       i        D         .
merged           D        .         .         .       .        .         .        .       .        .         .
cancelled        D        D         .         .       .        .         .        .       .        .         .
unlocated        g        .         .         .       .        .         .        .       i        D         .
"""
WITHOUT_OWNER = {("merged", "unlocated"): "D", ("cancelled", "unlocated"): "D"}
NEEDS = {
    "w": (),
    "d": (),
    "W": ("reason",),
    "D": ("reason",),
    "s": ("satisfaction",),
    "g": ("to_grid",),
    "i": ("into",),
}
GIVEN = {"reason": "since", "satisfaction": 4, "to_grid": "D07B", "into": UUID(int=8), "handler": "D07C"}


def cells() -> dict[tuple[str, str], str]:
    heads, *rows = (line.split() for line in TABLE.strip().splitlines())
    return {(row[0], to): letter for row in rows for to, letter in zip(heads, row[1:], strict=True)}


def incident(state: str, **values):
    return record(state, **({"chain": ()} if state == "unlocated" else {}) | values)


def request(to: str, *names: str) -> MoveRequest:
    return MoveRequest(to, **{name: GIVEN[name] for name in names})


def test_the_table_of_this_test_is_whole():
    """11 by 11 pairs."""
    assert sorted(cells()) == sorted(product(STATES, STATES))


@pytest.mark.parametrize(("start", "to", "letter"), [(*pair, letter) for pair, letter in cells().items()])
def test_every_pair_of_states(start, to, letter):
    """A pair of the table goes through with what it needs, for each role that may; any other is a 409."""
    if letter == ".":
        with pytest.raises(ClashError) as refusal:
            choose_move(incident(start), request(to), DISPATCHER)
        assert refusal.value.code == "move-not-allowed"
        return
    asked = request(to, *NEEDS[letter])
    may = {"dispatcher", "admin"} | ({"worker"} if letter in "wW" else set())
    for role in ROLES:
        if role in may:
            move = choose_move(incident(start), asked, Principal("p", role))
            assert (move.from_state, move.to_state) == (start, to)
        else:
            with pytest.raises(ForbiddenError):
                choose_move(incident(start), asked, Principal("p", role))


@pytest.mark.parametrize(("start", "to"), [pair for pair, letter in cells().items() if letter == "."])
def test_a_refused_move_names_those_that_are_allowed(start, to):
    """All pairs of the table with the same beginning, and the hand-over where the incident is open."""
    with pytest.raises(ClashError) as refusal:
        choose_move(incident(start), request(to), DISPATCHER)

    expected = {(end, NEEDS[letter]) for (begin, end), letter in cells().items() if begin == start and letter != "."}
    if start in {"reported", "accepted", "dispatched", "returned", "handled", "verified"}:
        expected.add((start, ("to_grid",)))
    assert {(one["to"], tuple(one["needs"])) for one in refusal.value.members["allowed"]} == expected
    for end, _ in expected:
        assert end in refusal.value.detail


@pytest.mark.parametrize(
    ("start", "to", "need"),
    [(*pair, need) for pair, letter in cells().items() if letter != "." for need in NEEDS[letter]],
)
def test_what_a_move_needs_is_named(start, to, need):
    """422 with a pointer."""
    with pytest.raises(RuleBrokenError) as refusal:
        choose_move(incident(start), request(to), DISPATCHER)

    assert [fault.pointer for fault in refusal.value.faults] == [f"/{need}"]


@pytest.mark.parametrize("start", ["accepted", "returned"])
def test_a_department_must_be_named_where_none_is_known(start):
    """No rule matched, or every department has declined."""
    with pytest.raises(RuleBrokenError) as refusal:
        choose_move(incident(start, department=None), request("dispatched"), DISPATCHER)

    assert [fault.pointer for fault in refusal.value.faults] == ["/department"]
    named = MoveRequest("dispatched", department="housing")
    assert choose_move(incident(start, department=None), named, DISPATCHER).kind == "dispatched"


@pytest.mark.parametrize("name", ["satisfaction", "to_grid", "into", "handler"])
def test_what_means_nothing_to_a_move_is_refused(name):
    """Nothing that a caller says is passed over in silence."""
    with pytest.raises(RuleBrokenError) as refusal:
        choose_move(incident("reported"), request("accepted", name), DISPATCHER)

    assert [fault.pointer for fault in refusal.value.faults] == [f"/{name}"]


@pytest.mark.parametrize("start", STATES)
def test_an_open_incident_with_an_owner_can_be_handed_over(start):
    """Closed ones keep their owner; one without is placed by becoming reported."""
    asked = request(start, "to_grid")
    if start in {"archived", "evaluated", "merged", "cancelled", "unlocated"}:
        with pytest.raises(ClashError):
            choose_move(incident(start), asked, DISPATCHER)
    else:
        assert choose_move(incident(start), asked, DISPATCHER).kind == "handed_over"


@pytest.mark.parametrize("start", ["merged", "cancelled"])
def test_what_never_had_an_owner_is_unlocated_again(start):
    """And not reported, which takes an owner."""
    asked = request("unlocated", "reason")

    assert choose_move(incident(start, chain=()), asked, DISPATCHER).to_state == "unlocated"
    with pytest.raises(ClashError):
        choose_move(incident(start, chain=()), request("reported", "reason"), DISPATCHER)
    with pytest.raises(ClashError):
        choose_move(incident(start), asked, DISPATCHER)


def test_no_two_rows_say_the_same():
    """A pair and a kind stand in one row."""
    rows = [(move.from_state, move.to_state, move.kind) for move in MOVES]

    assert len(set(rows)) == len(rows)


def test_the_manual_has_every_move():
    """The table of docs/incidents.md: states, event, who and what is needed of each row."""
    manual = (Path(__file__).resolve().parents[3] / "docs" / "incidents.md").read_text("utf-8")
    told = set()
    for line in manual.splitlines():
        cells_of_line = [re.findall("`([a-z_]+)`", cell) for cell in line.split("|")]
        if len(cells_of_line) == 8 and cells_of_line[1] and cells_of_line[1][0] in STATES:
            _, begins, ends, kinds, _, needs, _, _ = cells_of_line
            who = tuple(re.findall("worker|dispatcher", line.split("|")[4]))
            needs = tuple(name for name in needs if name != "department")
            told |= {(begin, *(ends or [begin]), kind, who, needs) for begin in begins for kind in kinds}

    assert told == {(move.from_state, move.to_state, move.kind, move.roles, move.needs) for move in MOVES}


def dispute(handler: str | None = None, state: str = "accepted", **values):
    return record(state, category="dispute.property", handler=handler, **values)


def test_mediation_goes_up_to_the_street_and_back():
    """Grid, community, street: the district is above the last tier."""
    tiers = [None, "D07C", "D07"]

    assert [next_handler(dispute(handler), "escalated") for handler in tiers] == ["D07C", "D07", None]
    assert [next_handler(dispute(handler), "handed_down") for handler in tiers] == [None, "D07C2", "D07C"]


@pytest.mark.parametrize(
    "one",
    [
        record("accepted"),
        dispute(state="reported"),
        dispute(state="handled"),
        dispute(chain=(DISTRICT,)),
        dispute(chain=(DISTRICT, STREET)),
    ],
    ids=["no dispute", "not accepted", "handled", "owned by the district", "owned by the street"],
)
def test_nothing_else_is_mediated(one):
    """409, and no move of the kind is offered."""
    with pytest.raises(ClashError):
        choose_move(one, MoveRequest(one.state, handler="D07C"), DISPATCHER)
    assert not {"escalated", "handed_down"} & {move.kind for move in moves_open_to(one, DISPATCHER)}


def test_a_tier_is_not_passed_over():
    """From the grid straight to the street: 409, naming the community."""
    with pytest.raises(ClashError) as refusal:
        choose_move(dispute(), MoveRequest("accepted", handler="D07"), DISPATCHER)

    assert (refusal.value.code, refusal.value.members) == ("not-next-in-chain", {"handlers": ["D07C"]})


@pytest.mark.parametrize(("handler", "kind"), [("D07", "escalated"), ("D07C2", "handed_down")])
def test_the_tier_that_is_named_tells_the_way(handler, kind):
    """From the community up or down."""
    assert choose_move(dispute("D07C"), MoveRequest("accepted", handler=handler), DISPATCHER).kind == kind


def test_one_cannot_hand_over_and_escalate_at_once():
    """422 naming the handler."""
    with pytest.raises(RuleBrokenError, match="/handler"):
        choose_move(dispute(), MoveRequest("accepted", handler="D07C", to_grid="D07B"), DISPATCHER)


@pytest.mark.parametrize(("scope", "may"), [("D07C2", False), ("D07C", True), ("D07", True), (None, True)])
def test_workers_take_nothing_from_a_tier_above(scope, may):
    """In the hands of the community the grid's worker still handles it, and changes hands no more; its desk does."""
    one = dispute("D07C", state="dispatched")
    worker, desk = Principal("w", "worker", scope), Principal("d", "dispatcher", scope)
    down = MoveRequest("dispatched", handler="D07C2")

    assert ("handed_down" in {move.kind for move in moves_open_to(one, worker)}) == may
    if may:
        assert choose_move(one, down, worker).kind == "handed_down"
    else:
        with pytest.raises(ForbiddenError) as refusal:
            choose_move(one, down, worker)
        assert refusal.value.code == "in-other-hands"
    assert choose_move(one, MoveRequest("handled"), worker).kind == "handled"
    assert choose_move(one, down, desk).kind == "handed_down"


def test_who_only_reported_it_does_not_move_it():
    """Seen, but not in scope."""
    one = incident("reported", in_charge=False)

    with pytest.raises(ForbiddenError) as refusal:
        choose_move(one, MoveRequest("accepted"), Principal("w", "worker", "D08"))
    assert refusal.value.code == "outside-scope"
    assert not list(moves_open_to(one, Principal("w", "worker", "D08")))


@pytest.mark.parametrize("role", ["router", "planner", "auditor", "public"])
def test_other_roles_are_offered_nothing(role):
    """They report, draw and read."""
    assert not [move for state in STATES for move in moves_open_to(incident(state), Principal("p", role))]
