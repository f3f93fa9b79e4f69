from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from shapely.geometry import box, shape

from gis_service.database.unit_of_work import UnitOfWork
from tests.gis_service.database.test_tile_clusters import scattered
from tests.support.tile_ground import features, store_event, store_ground, store_incident, tile_at
from tiles.address import EXTENT, MAX_ZOOM, TileAddress
from tiles.filters import TileFilters
from tiles.layers import LAYERS, choose_cell_zoom

LAYER = LAYERS["hotspots"]
NO_FILTERS = TileFilters()
U1 = ["D", "S1", "C1", "U1"]
U2 = ["D", "S1", "C1", "U2"]
HOME = (102.7123, 25.0123)


@pytest.fixture
def ground(work: UnitOfWork) -> UnitOfWork:
    store_ground(work)
    return work


def draw(
    work: UnitOfWork,
    address: TileAddress,
    *,
    scope: str | None = None,
    filters: TileFilters = NO_FILTERS,
    places_incidents: bool = False,
) -> list[dict]:
    with work:
        tile = work.tiles.hotspots(LAYER, address, scope=scope, places_incidents=places_incidents, filters=filters)
    return features(tile, "hotspots")


def cell_of(zoom: int, lon: float, lat: float) -> str:
    """The cell of a place, by another way than the statement's: the tile of its zoom."""
    address = tile_at(choose_cell_zoom(zoom), min(lon, 179.99999), lat)
    return f"{address.z}/{address.x}/{address.y}"


def test_cells_are_the_same_for_two_zooms_and_shrink_to_the_finest():
    """A thirty-second of a tile at even zooms, a sixteenth at odd ones, never finer than zoom 19."""
    assert [choose_cell_zoom(zoom) for zoom in (0, 1, 2, 3, 12, 13, 14, 15, 16, 22)] == [
        5, 5, 7, 7, 17, 17, 19, 19, 19, 19,
    ]  # fmt: skip


def test_at_every_zoom_the_counts_add_up_to_the_incidents(ground: UnitOfWork):
    """65 incidents: in the tiles of each zoom each cell has its number, and the same in every tile that shows it."""
    places = scattered()
    for serial, (lon, lat) in enumerate(places):
        store_incident(ground, serial, U1, lon=lon, lat=lat)
    for zoom in range(0, MAX_ZOOM + 1, 3):
        told: dict[int, tuple[str, int]] = {}
        for address in {tile_at(zoom, min(lon, 179.9999), lat) for lon, lat in places}:
            for one in draw(ground, address):
                cell = (one["properties"]["cell"], one["properties"]["count"])
                assert told.setdefault(one["id"], cell) == cell
        expected = Counter(cell_of(zoom, lon, lat) for lon, lat in places)
        assert dict(told.values()) == expected
        assert sum(number for _, number in told.values()) == len(places)


def test_a_cell_is_the_square_of_its_tile(ground: UnitOfWork):
    """At zoom 14, 4096 units a tile, a cell of zoom 19 is 128 units wide and stands where its number says."""
    store_incident(ground, 1, U1, lon=HOME[0], lat=HOME[1])
    address = tile_at(14, *HOME)
    (one,) = draw(ground, address)
    zoom, x, y = map(int, one["properties"]["cell"].split("/"))
    west, north = (x - address.x * 32) * 128, (y - address.y * 32) * 128
    assert zoom == 19
    assert shape(one["geometry"]).equals(box(west, north, west + 128, north + 128))
    assert one["id"] == 4**19 + y * 2**19 + x
    assert 0 <= west < EXTENT


def test_a_cell_counts_by_severity_and_what_is_open(ground: UnitOfWork):
    """Of six at one place two are merged or cancelled, and of four one is archived and one evaluated."""
    for serial, state in enumerate(["reported", "archived", "handled", "evaluated", "merged", "cancelled"]):
        severity = ("major", "larger", "larger")[serial] if serial < 3 else "general"
        store_incident(ground, serial, U1, lon=HOME[0], lat=HOME[1], state=state, severity=severity)
    (one,) = draw(ground, tile_at(13, *HOME))
    assert one["properties"] == {
        "cell": cell_of(13, *HOME), "count": 4, "open": 2, "larger": 2, "major": 1,
    }  # fmt: skip


def test_hot_spots_obey_scope_and_filters_as_incidents_do(ground: UnitOfWork):
    """Of two in U1, one in U2 and one of nobody at one place; by scope, state, category, time, and as they were."""
    days = [datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2, 3, 4)]
    for serial, (chain, state) in enumerate([(U1, "reported"), (U1, "handled"), (U2, "reported"), ([], "unlocated")]):
        store_incident(ground, serial, chain, lon=HOME[0], lat=HOME[1], state=state, occurred_at=days[serial])
    store_event(ground, 0, days[3], "archived")
    address = tile_at(12, *HOME)

    def number(**words) -> int:
        return sum(one["properties"]["count"] for one in draw(ground, address, **words))

    assert (number(), number(scope="U1"), number(scope="K")) == (4, 2, 0)
    assert (number(scope="D"), number(scope="D", places_incidents=True)) == (3, 4)
    assert number(filters=TileFilters(states=("handled",))) == 1
    assert number(filters=TileFilters(category="dispute")) == 0
    assert number(filters=TileFilters(since=days[1], until=days[3])) == 2
    assert number(filters=TileFilters(as_of=days[3])) == 1
