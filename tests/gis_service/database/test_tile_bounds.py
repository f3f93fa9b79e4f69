from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from gis_service.database.unit_of_work import UnitOfWork
from tests.support.tile_ground import features, store_building, store_ground, store_incident, tile_at
from tiles.filters import TileFilters
from tiles.layers import LAYERS

U1 = ["D", "S1", "C1", "U1"]
HERE = (102.71, 25.01)
ADDRESS = tile_at(15, *HERE)


@pytest.fixture
def ground(work: UnitOfWork) -> UnitOfWork:
    store_ground(work)
    return work


@pytest.mark.parametrize(
    ("bound", "shown", "dropped"),
    [(1, ["B3"], 4), (3, ["B2", "B3", "B4"], 2), (4, ["B1", "B2", "B3", "B4"], 1), (5, None, 0), (None, None, 0)],
)
def test_of_too_many_buildings_those_with_most_households_stay(
    ground: UnitOfWork, bound: int | None, shown: list[str] | None, dropped: int
):
    """B1 to B5 with 10, 20, 30, 20 and 0 households; of equals the one registered first; all where there is room."""
    for number, households in enumerate([10, 20, 30, 20, 0], start=1):
        store_building(ground, f"B{number}", *HERE, "U1", households=households)
    with ground:
        tile = ground.tiles.buildings(replace(LAYERS["buildings"], most_features=bound), ADDRESS, edition=1)
        told = dict(ground.tiles.dropped)
    codes = [one["properties"]["code"] for one in features(tile, "buildings")]
    assert codes == (shown or ["B1", "B2", "B3", "B4", "B5"])
    assert told == ({"buildings": dropped} if dropped else {})


def test_of_too_many_incidents_the_gravest_then_open_then_newest_stay(ground: UnitOfWork):
    """Six of which each is less important than the one before: with room for n the first n are shown."""
    early, late = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
    for serial, (severity, state, at) in enumerate(
        [
            ("major", "archived", early),
            ("larger", "reported", early),
            ("larger", "evaluated", late),
            ("general", "handled", late),
            ("general", "reported", early),
            ("general", "archived", late),
        ]
    ):
        store_incident(ground, serial, U1, severity=severity, state=state, occurred_at=at)
    found = []
    for bound in range(1, 7):
        with ground:
            layer = replace(LAYERS["incidents"], most_features=bound)
            tile = ground.tiles.incidents(layer, ADDRESS, scope=None, places_incidents=False, filters=TileFilters())
            serials = [UUID(one["properties"]["incident"]).int for one in features(tile, "incidents")]
            found.append((serials, ground.tiles.dropped.get("incidents", 0)))
    assert found == [(list(range(bound)), 6 - bound) for bound in range(1, 7)]


def test_what_is_outside_the_tile_is_not_counted_as_left_out(ground: UnitOfWork):
    """Of three buildings two are in the tile and one beyond its buffer: of a bound of one, one is left out."""
    for number, lon in enumerate([HERE[0], HERE[0], HERE[0] + 0.05]):
        store_building(ground, f"B{number}", lon, HERE[1], "U1")
    with ground:
        ground.tiles.buildings(replace(LAYERS["buildings"], most_features=1), ADDRESS, edition=1)
        assert ground.tiles.dropped == {"buildings": 1}
