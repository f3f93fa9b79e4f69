from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gis_service.database.unit_of_work import UnitOfWork
from tests.support.tile_ground import (
    EDITION,
    draw,
    feature_id,
    features,
    publish,
    shapes_by_code,
    store_event,
    store_ground,
    store_incident,
    tile_at,
)
from tiles.filters import TileFilters
from tiles.layers import LAYERS

NO_FILTERS = TileFilters()
U1 = ["D", "S1", "C1", "U1"]
U2 = ["D", "S1", "C1", "U2"]
FIRST, SECOND, THIRD, LATER = (datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2, 3, 9))
WHOLE = tile_at(10, 102.73, 25.03)


@pytest.fixture
def ground(work: UnitOfWork) -> UnitOfWork:
    store_ground(work)
    return work


def counts(work: UnitOfWork, level: str = "unit_grid", filters: TileFilters = NO_FILTERS):
    band = next(one for one in EDITION.levels if one.code == level)
    with work:
        tile = work.tiles.incident_counts(
            LAYERS["incidents"],
            WHOLE,
            edition=1,
            level=level,
            coarser=EDITION.coarser_than(band),
            filters=filters,
        )
    return {one["properties"]["grid"]: one for one in features(tile, "incidents")}


def count(work: UnitOfWork, level: str = "unit_grid", filters: TileFilters = NO_FILTERS):
    found = counts(work, level, filters)
    return {code: one["properties"]["count"] for code, one in found.items()}


def incidents(
    work: UnitOfWork, scope: str | None, filters: TileFilters = NO_FILTERS, *, places_incidents: bool = False
):
    with work:
        tile = work.tiles.incidents(
            LAYERS["incidents"],
            tile_at(15, 102.71, 25.01),
            scope=scope,
            places_incidents=places_incidents,
            filters=filters,
        )
    return features(tile, "incidents")


def test_counts_are_in_fives_and_add_up(ground: UnitOfWork):
    """Seven incidents in U1, two in U2, none in K: 5 or 10, 0 or 5, 0; those above have their sum."""
    for number, chain in enumerate([*[U1] * 7, U2, U2]):
        store_incident(ground, number, chain)
    units = count(ground)
    assert units["U1"] in {5, 10}
    assert units["U2"] in {0, 5}
    assert units["K"] == 0
    assert count(ground, "community")["C1"] == units["U1"] + units["U2"]
    assert count(ground, "street") == {"S1": units["U1"] + units["U2"], "S2": 0, "K": 0}


def test_a_count_tells_nothing_of_a_single_incident(ground: UnitOfWork):
    """The feature is that of the grid and carries grid, level and count, and no more."""
    for number in range(5):
        store_incident(ground, number, U1, lon=102.7012, lat=25.0012)
    found = counts(ground)["U1"]
    label = shapes_by_code(draw(ground, WHOLE, layer="grid_labels"), "grid_labels")
    assert found["id"] == feature_id(ground, "U1")
    assert found["properties"] == {"grid": "U1", "level": "unit_grid", "count": 5}
    assert "U1" not in label


def test_merged_and_cancelled_incidents_are_not_counted(ground: UnitOfWork):
    """Of seven incidents one is merged and one cancelled: five are counted."""
    for number, state in enumerate([*["reported"] * 3, "accepted", "archived", "merged", "cancelled"]):
        store_incident(ground, number, U1, state=state)
    assert count(ground)["U1"] == 5


def test_counts_obey_the_category_and_whole_months(ground: UnitOfWork):
    """Five disputes about property, five of February and five of another kind; a moment of March is all of March."""
    march, february = datetime(2026, 3, 20, tzinfo=UTC), datetime(2026, 2, 20, tzinfo=UTC)
    for number in range(15):
        name = "disputed" if number >= 10 else "dispute.property"
        at = february if number < 5 else march
        store_incident(ground, number, U1, of_category=name, occurred_at=at, reported_at=LATER)
    assert count(ground, filters=TileFilters(category="dispute"))["U1"] == 10
    assert count(ground, filters=TileFilters(category="dispute", since=SECOND, until=THIRD))["U1"] == 5
    assert count(ground, filters=TileFilters(since=SECOND))["U1"] == 10
    assert count(ground, filters=TileFilters(states=("handled",)))["U1"] == 15


def test_filters_narrow_incidents(ground: UnitOfWork):
    """The category dispute takes dispute.property and not disputed; since is included, until is not.

    All were reported days later: what counts is when they happened.
    """
    first, second = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
    for number, (name, at, state) in enumerate(
        [
            ("dispute", first, "reported"),
            ("dispute.property", first, "reported"),
            ("dispute", first, "handled"),
            ("disputed", first, "reported"),
            ("dispute", second, "reported"),
        ]
    ):
        store_incident(ground, number, U1, of_category=name, occurred_at=at, reported_at=LATER, state=state)
    narrow = TileFilters(category="dispute", since=first, until=second)
    assert len(incidents(ground, None, narrow)) == 3
    assert len(incidents(ground, None, TileFilters(states=("handled",)))) == 1


def test_a_scope_shows_its_own_incidents_one_by_one(ground: UnitOfWork):
    """One incident each in U1 and U2: scope U1 shows one, C1 both, K none, no scope all."""
    store_incident(ground, 1, U1)
    store_incident(ground, 2, U2)
    found = {
        scope: {one["properties"]["owner"] for one in incidents(ground, scope)} for scope in ("U1", "C1", "K", None)
    }
    assert found == {"U1": {"U1"}, "C1": {"U1", "U2"}, "K": set(), None: {"U1", "U2"}}


@pytest.mark.parametrize(
    ("scope", "places_incidents", "is_seen"),
    [(None, False, True), ("D", True, True), ("D", False, False), ("C1", True, False), ("X", True, False)],
)
def test_an_incident_without_an_owner_is_for_who_finds_one(
    ground: UnitOfWork, scope: str | None, *, places_incidents: bool, is_seen: bool
):
    """Without a scope, or with the root D as scope and a role that places; C1 is no root and X is no grid."""
    store_incident(ground, 1, [], state="unlocated")
    assert bool(incidents(ground, scope, places_incidents=places_incidents)) is is_seen


def test_an_incident_without_an_owner_is_not_for_a_root_that_is_gone(ground: UnitOfWork):
    """D ends with edition 3, in which there is nothing; their version has the edition, so no old tile stays."""
    store_incident(ground, 1, [], state="unlocated")
    with ground:
        before = ground.tile_changes.read(0).edition
        publish(ground, 3, added=[], closed=("D", "S1", "S2", "K", "C1", "C2"))
        ground.commit()
    with ground:
        after = ground.tile_changes.read(0).edition
    assert incidents(ground, "D", places_incidents=True) == []
    assert before != after


def test_states_that_are_never_drawn_draw_nothing(ground: UnitOfWork):
    """Asked for merged and cancelled alone: no incident."""
    for number, state in enumerate(["merged", "cancelled", "handled"]):
        store_incident(ground, number, U1, state=state)
    wanted = TileFilters(states=("cancelled", "merged"))
    assert incidents(ground, None, wanted) == []


@pytest.mark.parametrize(
    ("as_of", "state"), [(LATER, None), (THIRD, "handled"), (SECOND, "reported"), (FIRST, None), (None, "archived")]
)
def test_incidents_are_as_they_were(ground: UnitOfWork, as_of: datetime | None, state: str | None):
    """Five reported on the second, handled on the third, cancelled on the ninth, and archived now.

    One by one, in a cluster, and counted; a state that is asked for is the state of then.
    """
    for number in range(5):
        store_incident(ground, number, U1, state="archived")
        for at, reached in ((SECOND, "reported"), (THIRD, "handled"), (LATER, "cancelled")):
            store_event(ground, number, at, reached)
    filters = TileFilters(as_of=as_of)
    states = [one["properties"]["state"] for one in incidents(ground, None, filters)]
    with ground:
        tile = ground.tiles.incident_clusters(
            LAYERS["incidents"], WHOLE, scope="U1", places_incidents=False, filters=filters
        )
    clusters = [one["properties"]["count"] for one in features(tile, "incidents")]
    number = 0 if state is None else 5
    assert (states, clusters, count(ground, filters=filters)["U1"]) == ([state] * number, [5][:number], number)
    if state is not None:
        assert len(incidents(ground, None, TileFilters(as_of=as_of, states=(state,)))) == 5
        assert incidents(ground, None, TileFilters(as_of=as_of, states=("verified",))) == []


def test_an_incident_alone_in_its_cell_has_the_state_of_then(ground: UnitOfWork):
    """Reported on the second, archived now."""
    store_incident(ground, 1, U1, state="archived")
    store_event(ground, 1, SECOND, "reported")
    with ground:
        tile = ground.tiles.incident_clusters(
            LAYERS["incidents"], WHOLE, scope=None, places_incidents=False, filters=TileFilters(as_of=LATER)
        )
    assert [one["properties"]["state"] for one in features(tile, "incidents")] == ["reported"]


def test_a_single_incident_tells_no_words(ground: UnitOfWork):
    """Id, category, severity, state and owner: neither description nor reporter."""
    store_incident(ground, 1, U1)
    (found,) = incidents(ground, "D")
    assert found["properties"] == {
        "incident": "00000000-0000-0000-0000-000000000001",
        "category": "hazard",
        "severity": "general",
        "state": "reported",
        "owner": "U1",
    }


def test_merged_and_cancelled_incidents_are_not_drawn(ground: UnitOfWork):
    """Of three incidents one is merged and one cancelled."""
    for number, state in enumerate(["merged", "cancelled", "handled"]):
        store_incident(ground, number, U1, state=state)
    assert [one["properties"]["state"] for one in incidents(ground, None)] == ["handled"]
