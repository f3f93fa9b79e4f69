from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import shapely
from sqlalchemy import text, update

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.tables import incident
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.alarms import USUAL
from gis_service.domain.incident import Point
from gis_service.errors import ClashError, NotFoundError
from gis_service.use_cases.hand_over_incidents import hand_over_incidents
from gis_service.use_cases.keep_clocks import ring_alarms
from gis_service.use_cases.list_hand_overs import list_hand_overs
from gis_service.use_cases.read_incidents import read_events, read_incident
from grid_boundaries.partition import Grid
from tests.support.counted import CLOSED, NOON, REDRAWN, SECOND_DAY, One, store
from tests.support.desk import prepare, publish

SHANGHAI = ZoneInfo("Asia/Shanghai")
CITY = Principal("city desk", "dispatcher", None)
U3 = ("D", "D08", "D08A")

# All owned by D07A in edition 1.  Edition 2 gives the first to the street D08 and splits the ground of the others;
# the fourth lies on the new edge of D07 and D08, the last was picked by hand.
LOST, SOUTH, NORTH, EDGE = (102.715, 25.005), (102.705, 25.005), (102.705, 25.015), (102.71, 25.005)


@pytest.fixture
def redrawn(ground, publish_edition):
    """The small ground, redrawn once."""
    publish_edition(2, SECOND_DAY, REDRAWN, CLOSED)
    return ground


def listed(work, principal=CITY, edition=2):
    found = list_hand_overs(edition, principal, work)
    return {one.incident.id: (one.incident.owner, one.proposed) for one in found.hand_overs}


def test_what_a_redraw_moved_is_listed_with_its_new_owner(redrawn):
    """Six: lost to another street, in either half, on the new edge, by hand, and where a reporter stood.

    Not listed: what is closed, what nobody owned, what D08A keeps, and what has its new owner already.
    """
    moved = [One(*LOST), One(*SOUTH), One(*NORTH), One(*EDGE), One(None, None), One(None, None, stood_at=LOST)]
    left = [
        One(*LOST, state="archived"),
        One(*LOST, state="merged"),
        One(102.9, 25.9, chain=()),
        One(102.73, 25.01, U3),
        One(*LOST, chain=U3),
    ]
    store(redrawn, [*moved, *left])

    owners = ["D08A", "D07C", "D07D", "D07C", "D07", "D08A"]
    assert listed(redrawn) == {one.id: ("D07A", owner) for one, owner in zip(moved, owners, strict=True)}
    found = {one.incident.id: one.incident for one in list_hand_overs(2, CITY, redrawn).hand_overs}
    assert found[moved[0].id].point == Point(*LOST)
    assert found[moved[5].id].point is None
    assert listed(redrawn, edition=1) == {}
    assert set(listed(redrawn, Principal("a", "dispatcher", "D07"))) == {one.id for one in moved}
    assert listed(redrawn, Principal("a", "dispatcher", "D08")) == {}


def test_all_are_handed_over_in_one_act_and_none_waits_then(redrawn):
    """Owner, chain, edition, version and an event each; state and department stay; a second time nothing happens."""
    ones = [One(*LOST, state="dispatched", department="housing", handler="D07"), One(*SOUTH, handler="D07")]
    store(redrawn, [*ones, One(*LOST, state="archived")])

    act = hand_over_incidents(2, None, "redraw of spring", CITY, redrawn, zone=SHANGHAI)

    assert {(one.id, one.version, one.from_code, one.to_code) for one in act.done} == {
        (ones[0].id, 2, "D07A", "D08A"),
        (ones[1].id, 2, "D07A", "D07C"),
    }
    record = read_incident(ones[0].id, CITY, redrawn)
    assert (record.state, record.department, record.version, record.edition) == ("dispatched", "housing", 2, 2)
    assert [link.code for link in record.chain] == ["D", "D08", "D08A"]
    assert [read_incident(one.id, CITY, redrawn).handler for one in ones] == [None, "D07"]
    (event,) = read_events(ones[0].id, CITY, redrawn)
    assert (event.kind, event.actor, event.reason) == ("handed_over", "city desk", "redraw of spring")
    assert (event.from_state, event.to_state) == ("dispatched", "dispatched")
    assert (event.from_grid, event.to_grid) == ("D07A", "D08A")
    assert event.facts == {"edition": 2, "redraw": 2, "chain": ["D", "D08", "D08A"]}
    assert [one.facts.get("handler") for one in read_events(ones[1].id, CITY, redrawn)] == ["D07"]
    assert [record.explain[-1]["step"], record.first_receiver] == ["owner", {"kind": "grid", "code": "D08A"}]
    assert listed(redrawn) == {}
    again = hand_over_incidents(2, None, "", CITY, redrawn, zone=SHANGHAI)
    assert again.done == again.nobodys == ()
    assert len(read_events(ones[0].id, CITY, redrawn)) == 1


def test_what_rings_after_a_hand_over_tells_the_new_grids(redrawn):
    """Overdue and rung twice in D07A: the third alarm tells the root above D08A.

    What nobody was ever told of, a record of the past, goes on ringing none.
    """
    overdue, silent = [One(*LOST, state="accepted", due_at=NOON) for _ in range(2)]
    store(redrawn, [overdue, silent])
    rung = {"alarm_at": None, "alarm_step": 2}
    with redrawn:
        redrawn._session.execute(update(incident).where(incident.c.id == overdue.id).values(rung))
        redrawn.commit()

    hand_over_incidents(2, None, "", CITY, redrawn, zone=SHANGHAI)

    assert ring_alarms(zone=SHANGHAI, alarms=USUAL, now=datetime.now(UTC), work=redrawn) == {"alerted": 1}
    assert [(one.kind, one.to_grid) for one in read_events(overdue.id, CITY, redrawn)] == [
        ("handed_over", "D08A"),
        ("alerted", "D"),
    ]


def test_what_nobody_was_sent_to_goes_to_the_department_of_the_new_ground(redrawn):
    """Not yet dispatched, the rules choose; dispatched, the department at work keeps it, and D08A is to see to it."""
    waiting, sent = One(*LOST, department="housing"), One(*LOST, department="housing", state="dispatched")
    store(redrawn, [waiting, sent])

    hand_over_incidents(2, None, "", CITY, redrawn, zone=SHANGHAI)

    alone = [read_incident(one.id, CITY, redrawn) for one in (waiting, sent)]
    assert [one.department for one in alone] == ["emergency", "housing"]
    assert [[entry["step"] for entry in one.explain] for one in alone] == [["owner", "dispatch"], ["owner"]]
    assert [one.first_receiver for one in alone] == [{"kind": "grid", "code": "D08A"}] * 2


def test_some_are_handed_over_and_what_does_not_wait_is_named(redrawn):
    """Of three one is asked for, and one that is closed, and one that there is not."""
    wanted, other, closed, unknown = One(*LOST), One(*SOUTH), One(*LOST, state="archived"), uuid4()
    store(redrawn, [wanted, other, closed])

    act = hand_over_incidents(2, {wanted.id, closed.id, unknown}, "", CITY, redrawn, zone=SHANGHAI)

    assert [one.id for one in act.done] == [wanted.id]
    assert set(act.not_waiting) == {closed.id, unknown}
    assert set(listed(redrawn)) == {other.id}


def test_what_is_nobodys_ground_keeps_its_owner(ground, publish_edition):
    """Edition 2 ends at 102.71: what lies beyond is told and not handed over."""
    small = [
        Grid(one.code, one.shape & shapely.box(102, 25, 102.71, 26), one.level, one.parent) for one in REDRAWN[:5]
    ]
    west = [one for one in small if not one.shape.is_empty and one.code != "D08"]
    district = Grid("D", shapely.box(102.70, 25.00, 102.71, 25.04), "district", None)
    publish_edition(2, SECOND_DAY, [district, *west], ("D", *CLOSED))
    beyond = One(*LOST)
    store(ground, [beyond])

    act = hand_over_incidents(2, None, "", CITY, ground, zone=SHANGHAI)

    assert (act.done, act.nobodys) == ((), (beyond.id,))
    assert listed(ground) == {beyond.id: ("D07A", None)}


def test_a_later_edition_proposes_for_an_earlier_redraw(redrawn, publish_edition):
    """Edition 3 renames D08A as D08B: what edition 2 moved goes to D08B, and not to a grid that is gone."""
    store(redrawn, [One(*LOST)])
    heir = Grid("D08B", shapely.box(102.71, 25.00, 102.74, 25.02), "unit_grid", "D08")
    publish_edition(3, SECOND_DAY + timedelta(days=1), [heir], ("D08A",))

    act = hand_over_incidents(2, None, "", CITY, redrawn, zone=SHANGHAI)

    assert (act.edition, act.proposed_in, [one.to_code for one in act.done]) == (2, 3, ["D08B"])


def test_an_edition_to_come_lists_and_does_not_hand_over(ground, publish_edition):
    """In force tomorrow: what will move is told, and the act is a clash that names the instant."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    publish_edition(2, tomorrow, REDRAWN, CLOSED)
    store(ground, [One(*LOST)])

    assert list(listed(ground).values()) == [("D07A", "D08A")]
    with pytest.raises(ClashError) as refused:
        hand_over_incidents(2, None, "", CITY, ground, zone=SHANGHAI)
    assert refused.value.code == "edition-to-come"
    assert refused.value.members == {"effective_from": tomorrow.isoformat()}
    with pytest.raises(NotFoundError, match="no edition 3"):
        hand_over_incidents(3, None, "", CITY, ground, zone=SHANGHAI)


def test_two_who_hand_over_at_once_and_one_who_moves_by_hand(own_database):
    """Twenty wait; two hand over all while a third has moved one and holds it: each gets one version more."""
    engine = make_engine(own_database, pool_size=6, statement_timeout_ms=30_000)
    sessions = make_session_factory(engine)
    work = UnitOfWork(sessions)
    prepare(work)
    publish(work, 2, SECOND_DAY, REDRAWN, CLOSED)
    ones = [One(*LOST) for _ in range(20)]
    store(work, ones)
    by_hand = sessions()
    by_hand.execute(
        text("UPDATE incident SET owner = 'D08A', chain = '{D,D08,D08A}', version = version + 1 WHERE id = :id"),
        {"id": str(ones[7].id)},
    )
    with ThreadPoolExecutor(2) as pool:
        acts = [
            pool.submit(hand_over_incidents, 2, None, "", CITY, UnitOfWork(sessions), zone=SHANGHAI) for _ in range(2)
        ]
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watching:
            while not watching.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                pass
        by_hand.commit()
        by_hand.close()
        done = [one.id for act in acts for one in act.result().done]
    assert sorted(done) == sorted(one.id for one in ones if one is not ones[7])
    assert {read_incident(one.id, CITY, work).version for one in ones} == {2}
    assert listed(work) == {}
    engine.dispose()
