from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from gis_service.database.tables import level as level_table
from gis_service.domain.access import PUBLIC, Principal
from gis_service.domain.incident import STATES, NewEvent
from gis_service.domain.incident_count import CountFilter, CountQuestion, Tally, total_of
from gis_service.errors import ForbiddenError, NotFoundError, RuleBrokenError, TooLargeError
from gis_service.snapshots.holder import SnapshotHolder
from gis_service.use_cases import count_incidents as counting
from gis_service.use_cases.count_incidents import count_incidents
from tests.support.counted import CLOSED, NOON, REDRAWN, SECOND_DAY, One, add_categories, by_hand, chain_at, store

SHANGHAI = ZoneInfo("Asia/Shanghai")
CITY = Principal("city desk", "dispatcher", None)
HOUR = timedelta(hours=1)
NOTHING_HELD = SnapshotHolder(lambda: None, listen_url="", poll_s=1)

U1, U2, U3 = ("D", "D07", "D07A"), ("D", "D07", "D07B"), ("D", "D08", "D08A")


@pytest.fixture
def redrawn(ground, publish_edition):
    """The small ground, redrawn once."""
    publish_edition(2, SECOND_DAY, REDRAWN, CLOSED)
    return ground


@pytest.fixture
def both_held(redrawn):
    """Both editions in memory."""
    holder = SnapshotHolder(lambda: redrawn, listen_url="", poll_s=1, recent=1)
    holder.refresh()
    return holder


@pytest.fixture
def count(ground):
    """Count what is stored; words are those of a question or of its filter."""

    def act(*by: str, principal: Principal = CITY, zone: ZoneInfo = SHANGHAI, snapshots=NOTHING_HELD, **words):
        own = {name: words.pop(name) for name in ("level", "depth", "edition") if name in words}
        return count_incidents(CountQuestion(by, CountFilter(**words), **own), principal, snapshots, zone, ground)

    return act


def numbers(counts) -> dict:
    return {key: tally.count for key, tally in counts.rows}


def test_the_pilot_feed_adds_up(ground, count):
    """521 + 86 + 129 = 736 in one grid, 725 handled: 98.51 %; 11 open."""
    add_categories(ground, "order", "city", "social")
    mix = {"order": 521, "city": 86, "social": 129}
    ones = [One(category=name) for name, number in mix.items() for _ in range(number)]
    store(ground, [replace(one, state="archived" if serial >= 11 else "accepted") for serial, one in enumerate(ones)])

    counts = count("category")

    assert numbers(counts) == {("city",): 86, ("order",): 521, ("social",): 129}
    assert (counts.total.count, counts.total.handled, counts.total.open) == (736, 725, 11)
    assert counts.total.handled_rate == 0.9851
    assert numbers(count("grid")) == numbers(count("grid", edition=1)) == {("D07A",): 736}


def test_a_year_of_disputes_adds_up(ground, count):
    """720 + 540 + 280 + 260 = 1,800, of which 1,656 are handled: 92 %; by the first word it is one row."""
    mix = {"dispute.neighbour": 720, "dispute.property": 540, "dispute.labour": 280, "dispute.other": 260}
    add_categories(ground, "dispute.neighbour", "dispute.labour", "dispute.other", "dispute.property.fee")
    ones = [One(category=name, channel="resident") for name, number in mix.items() for _ in range(number)]
    ones[720] = replace(ones[720], category="dispute.property.fee")
    done = [replace(one, state="handled" if serial % 25 < 23 else "dispatched") for serial, one in enumerate(ones)]
    store(ground, done)

    assert numbers(count("category", depth=2)) == {(name,): number for name, number in mix.items()}
    assert numbers(count("category")) == numbers(count("category", depth=2)) | {
        ("dispute.property",): 539,
        ("dispute.property.fee",): 1,
    }
    ((key, tally),) = count("category", depth=1, category="dispute").rows
    assert (key, tally.count, tally.handled, tally.handled_rate) == (("dispute",), 1_800, 1_656, 0.92)
    assert tally.discovery_rate == 0


# Places on the corners and edges of all grids, inside them, and outside.
PLACES = st.tuples(
    st.sampled_from([102.695, 102.70, 102.705, 102.71, 102.715, 102.72, 102.73, 102.74]),
    st.sampled_from([24.99, 25.0, 25.005, 25.01, 25.015, 25.02, 25.03, 25.04]),
)


@st.composite
def incidents(draw) -> One:
    """An incident by point, by where its reporter stood, or by a grid picked by hand; owned by edition 1."""
    how = draw(st.sampled_from(["point", "point", "point", "stood", "picked"]))
    place = draw(PLACES)
    state, channel = draw(st.sampled_from(STATES[:-1])), draw(st.sampled_from(["patrol", "resident", "device"]))
    if how == "picked":
        return One(None, None, draw(st.sampled_from([U1, U2, U3, U1[:2], U1[:1]])), state=state, channel=channel)
    chain = chain_at(1, *place)
    if how == "stood":
        return One(None, None, chain, state=state, channel=channel, stood_at=place)
    return One(*place, chain, state=state, channel=channel)


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ones=st.lists(incidents(), min_size=1, max_size=60))
def test_counts_add_up_at_every_level_before_and_after_a_redraw(redrawn, both_held, count, ones):
    """As counted by hand, by owner and by the ground of both editions; each level has the total of all others."""
    store(redrawn, ones)
    count = partial(count, snapshots=both_held)
    whole = sum(one.state not in {"merged", "cancelled"} for one in ones)

    for edition in (None, 1, 2):
        for level in (None, "unit_grid", "street", "district"):
            counts = count("grid", "channel", level=level, edition=edition)
            assert numbers(counts) == by_hand(ones, edition, level, lambda one: one.channel), (edition, level)
            assert counts.total.count == whole
        finest = count("grid", edition=edition)
        parents = Counter()
        for (code,), tally in finest.rows:
            parents[code and code[:3]] += tally.count
        assert parents == numbers_of_one(count("grid", level="street", edition=edition))
        for code in ("D07", "D07A"):
            inside = count("state", grid=code, edition=edition)
            expected = sum(number for (own,), number in numbers(finest).items() if own and own.startswith(code))
            assert inside.total.count == expected, (edition, code)


def numbers_of_one(counts) -> dict:
    return {code: tally.count for (code,), tally in counts.rows}


def test_an_edition_counts_each_incident_once_where_its_ground_was(redrawn, count):
    """Owned by D07A: one that edition 2 gave to another street, one in each half, a pick of a grid that is gone."""
    store(redrawn, [One(102.715, 25.005), One(102.705, 25.005), One(102.705, 25.015), One(None, None)])

    assert numbers(count("grid")) == {("D07A",): 4}
    assert numbers(count("grid", edition=1)) == {("D07A",): 4}
    assert numbers(count("grid", edition=2)) == {("D07",): 1, ("D07C",): 1, ("D07D",): 1, ("D08A",): 1}
    assert numbers(count("grid", edition=2, level="street")) == {("D07",): 3, ("D08",): 1}
    told = count("grid", edition=2).grids
    assert (told["D07C"].name, told["D07C"].level) == ("四网格", "unit_grid")


def test_an_edition_held_in_memory_counts_like_one_that_is_not(redrawn, both_held, count):
    """The same rows."""
    store(redrawn, [One(102.715, 25.005), One(102.705, 25.005)])

    assert [snapshot.edition for snapshot in both_held.held] == [1, 2]
    assert count("grid", edition=2, snapshots=both_held).rows == count("grid", edition=2).rows


@pytest.mark.parametrize(
    ("zone", "hour", "weekday", "day", "month"),
    [
        ("Asia/Shanghai", 0, 1, "2026-03-02", "2026-03"),
        ("Asia/Kathmandu", 21, 7, "2026-03-01", "2026-03"),
        ("America/New_York", 11, 7, "2026-03-01", "2026-03"),
        ("Pacific/Pago_Pago", 5, 7, "2026-03-01", "2026-03"),
    ],
)
def test_hours_and_days_are_those_of_the_place(ground, count, zone, hour, weekday, day, month):
    """16:00 UTC of a Sunday is midnight of Monday in Shanghai and 21:45 of Sunday in Kathmandu."""
    store(ground, [One(occurred_at=datetime(2026, 3, 1, 16, 0, tzinfo=UTC))])

    counts = count("hour", "weekday", "day", "month", zone=ZoneInfo(zone))

    assert [key for key, _ in counts.rows] == [(hour, weekday, day, month)]


def test_what_is_on_time_is_counted_by_hand(ground, count):
    """On time: a minute early, and on the instant; late: a second after, and one that was handled once more after it.

    That is known by its events alone.  Overdue: accepted, its deadline passed; neither: one not due yet, one without
    a deadline, one handled nobody knows when.  2 of 5 decided ones are on time.
    """
    past, future = NOON - HOUR, datetime.now(UTC) + HOUR
    by_event = One(state="handled", due_at=past)
    store(
        ground,
        [
            One(state="verified", due_at=past, handled_at=past - HOUR / 60),
            One(state="handled", due_at=past, handled_at=past),
            by_event,
            One(state="evaluated", due_at=past, handled_at=past + HOUR / 3600),
            One(state="accepted", due_at=past),
            One(state="dispatched", due_at=future),
            One(state="archived", handled_at=past),
            One(state="archived", due_at=past),
        ],
    )
    with ground:
        events = [
            NewEvent(by_event.id, past + step, kind, "tests", None, state)
            for step, kind, state in [
                (-2 * HOUR, "handled", "handled"),
                (-HOUR, "failed", "dispatched"),
                (HOUR, "handled", "handled"),
            ]
        ]
        ground.incidents.add([], events)
        ground.commit()

    total = count("grid").total

    assert total == Tally(
        count=8, open=5, handled=6, handled_on_time=2, handled_late=2, overdue=1, discovered=8, rated=0, satisfied=0
    )
    assert total.closed == 3
    assert (total.on_time_rate, total.satisfaction_rate) == (0.4, None)


def test_rates_of_nothing_are_none(ground, count):
    """No incident, no row, no rate."""
    store(ground, [])
    counts = count("category")
    total = counts.total

    assert counts.rows == []
    assert total == Tally() == total_of([])
    assert {total.handled_rate, total.discovery_rate, total.on_time_rate, total.satisfaction_rate} == {None}


def test_discovery_and_satisfaction_are_shares(ground, count):
    """Patrol and device found 2 of 5; of the marks 5, 4, 3 and 1 two are good."""
    channels = ("patrol", "device", "resident", "hotline", "department")
    marks = (5, 4, 3, 1, None)
    store(
        ground,
        [One(channel=name, satisfaction=mark, state="evaluated") for name, mark in zip(channels, marks, strict=True)],
    )
    total = count("grid").total

    assert (total.discovered, total.discovery_rate) == (2, 0.4)
    assert (total.rated, total.satisfied, total.satisfaction_rate) == (4, 2, 0.5)


def test_merged_and_cancelled_count_where_they_are_asked_for(ground, count):
    """Of four, one is merged and one cancelled: two count, and those two when their states are named."""
    store(ground, [One(), One(), One(state="merged"), One(state="cancelled", chain=())])

    assert numbers(count("state")) == {("reported",): 2}
    asked = count("state", states=("merged", "cancelled"))
    assert (numbers(asked), asked.total.open) == ({("cancelled",): 1, ("merged",): 1}, 0)


def test_filters_narrow_what_is_counted(ground, count):
    """One of each; since is included, until is not; what has no department is last."""
    store(
        ground,
        [
            One(department="justice", category="dispute.property", occurred_at=NOON),
            One(department="housing", category="dispute", occurred_at=NOON + HOUR, channel="hotline"),
            One(severity="major", occurred_at=NOON + 2 * HOUR),
        ],
    )
    assert [key for key, _ in count("department").rows] == [("housing",), ("justice",), (None,)]
    assert numbers(count("severity", category="dispute")) == {("general",): 2}
    assert count("hour", since=NOON, until=NOON + HOUR).total.count == 1
    assert count("hour", department="housing").total.count == count("hour", channels=("hotline",)).total.count == 1


def test_each_caller_counts_what_they_see(ground, count):
    """Three incidents and one without an owner: by the street, by who reported, by the root's dispatcher."""
    store(ground, [One(), One(chain=U3), One(chain=U3, reported_by="ann"), One(102.9, 25.9, chain=())])

    assert numbers(count("grid")) == {("D07A",): 1, ("D08A",): 2, (None,): 1}
    assert numbers(count("grid", principal=Principal("bob", "worker", "D07"))) == {("D07A",): 1}
    assert numbers(count("grid", principal=Principal("ann", "worker", "D07"))) == {("D07A",): 1, ("D08A",): 1}
    assert count("grid", principal=Principal("bob", "dispatcher", "D")).total.count == 4
    assert count("grid", principal=Principal("bob", "worker", "D")).total.count == 3
    assert count("grid", principal=Principal("bob", "worker", "D08"), edition=1).total.count == 2


def test_the_public_is_told_counts_in_fives(ground, count):
    """Five in D07A, ten in D08A, three without an owner: of what is a multiple of five nothing is added or taken."""
    store(
        ground,
        [
            *(One() for _ in range(5)),
            *(One(chain=U3) for _ in range(10)),
            *(One(102.9, 25.9, chain=()) for _ in range(3)),
        ],
    )

    assert numbers(count("grid", principal=PUBLIC)) == {("D07A",): 5, ("D08A",): 10}
    assert numbers(count("grid", principal=PUBLIC, level="district")) == {("D",): 15}


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (("category",), {}),
        (("grid", "hour"), {}),
        (("grid",), {"department": "justice"}),
        (("grid",), {"channels": ("resident",)}),
        (("grid",), {"states": ("reported",)}),
        (("grid",), {"edition": 1}),
    ],
)
def test_the_public_may_not_count_by_what_tells_of_persons(count, by, words):
    """The refusal names what is restricted, whatever is stored."""
    with pytest.raises(ForbiddenError) as refused:
        count(*by, principal=PUBLIC, **words)
    assert refused.value.code == "restricted-dimension"


def test_the_public_does_not_count_below_unit_grids(redrawn, count):
    """A micro-grid may be one staircase: refused, and without a level rolled up."""
    with redrawn:
        finest = insert(level_table).values(
            code="micro_grid", rank=5, name="微网格", name_en="", min_zoom=0, max_zoom=22
        )
        redrawn._session.execute(finest)
        redrawn.commit()
    store(redrawn, [One() for _ in range(5)])

    with pytest.raises(ForbiddenError):
        count("grid", principal=PUBLIC, level="micro_grid")
    assert numbers(count("grid", principal=PUBLIC)) == {("D07A",): 5}


def test_too_many_rows_are_refused(ground, count, monkeypatch):
    """Two rows where one is the most."""
    store(ground, [One(), One(chain=U3)])
    monkeypatch.setattr(counting, "MOST_ROWS", 1)

    assert count("state").total.count == 2
    with pytest.raises(TooLargeError, match="more than 1 rows") as refused:
        count("grid")
    assert refused.value.code == "too-many-rows"


def test_what_is_not_there_is_named(count):
    """A category, a level and an edition."""
    with pytest.raises(RuleBrokenError, match="category is one of dispute, hazard, sanitation"):
        count("grid", category="weather")
    with pytest.raises(RuleBrokenError, match="the levels are district, street, unit_grid"):
        count("grid", level="ward")
    with pytest.raises(NotFoundError, match="there is no edition 7"):
        count("grid", edition=7)


def test_three_statements_count(ground, count, count_queries):
    """Levels, sums and the names of the grids: three, however many incidents."""
    store(ground, [One() for _ in range(50)])
    with count_queries() as statements:
        count("grid", "hour")
    assert len(statements) == 3
