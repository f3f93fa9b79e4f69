from __future__ import annotations

import math
import random
from collections import Counter
from itertools import pairwise

import pytest

from gis_service.database.unit_of_work import UnitOfWork
from tests.support.tile_ground import features, store_ground, store_incident, tile_at
from tiles.address import EXTENT, TileAddress
from tiles.filters import TileFilters
from tiles.layers import LAYERS, SINGLE_ZOOM

CELLS = 8
FIRST_ID = 1 << 52
LAYER = LAYERS["incidents"]
NO_FILTERS = TileFilters()
U1 = ["D", "S1", "C1", "U1"]
U2 = ["D", "S1", "C1", "U2"]
HOME = (102.7123, 25.0123)


@pytest.fixture
def ground(work: UnitOfWork) -> UnitOfWork:
    store_ground(work)
    return work


def draw(
    work: UnitOfWork, address: TileAddress, *, scope: str | None = None, filters: TileFilters = NO_FILTERS
) -> list[dict]:
    with work:
        render = work.tiles.incidents if address.z >= SINGLE_ZOOM else work.tiles.incident_clusters
        tile = render(LAYER, address, scope=scope, places_incidents=False, filters=filters)
    return features(tile, "incidents")


def number(feature: dict) -> int:
    return feature["properties"].get("count", 1)


def is_inside(feature: dict) -> bool:
    x, y = feature["geometry"]["coordinates"]
    return 0 <= x < EXTENT and 0 <= y < EXTENT


def cell_of(zoom: int, lon: float, lat: float) -> tuple[int, int]:
    """The cell of a place, by another way than the statement's: the tile three zooms further down."""
    address = tile_at(zoom + 3, min(lon, 179.9999), lat)
    return address.x, address.y


def scattered() -> list[tuple[float, float]]:
    """Places around the ground: some together, some far apart, some on edges of tiles, some in one place."""
    chance = random.Random(7)
    near = [(chance.gauss(102.74, 0.002), chance.gauss(25.04, 0.002)) for _ in range(30)]
    wide = [(chance.uniform(102.0, 103.5), chance.uniform(24.5, 25.5)) for _ in range(20)]
    edges = [(360 * math.floor((102.7 + 180) / 360 * (1 << zoom)) / (1 << zoom) - 180, 25.0) for zoom in range(6, 17)]
    return [*near, *wide, *edges, HOME, HOME, (-71.0, -33.0), (180.0, 0.0)]


def test_at_every_zoom_the_counts_add_up_to_the_incidents(ground: UnitOfWork):
    """65 incidents: in the tiles of each zoom, buffers aside, each stands once; a cluster has as many as its cell.

    What a tile has in its buffer is what the tile next to it has, with the same id and count at the same place.
    """
    places = scattered()
    for serial, (lon, lat) in enumerate(places):
        store_incident(ground, serial, U1, lon=lon, lat=lat)
    for zoom in range(SINGLE_ZOOM):
        cells = Counter(cell_of(zoom, lon, lat) for lon, lat in places)
        seen, found = {}, Counter()
        for address in {tile_at(zoom, min(lon, 179.9999), lat) for lon, lat in places}:
            for one in draw(ground, address):
                x, y = one["geometry"]["coordinates"]
                told = (address.x * EXTENT + x, address.y * EXTENT + y, number(one))
                assert seen.setdefault(one["id"], told) == told
                if is_inside(one):
                    cell = (address.x * CELLS + x * CELLS // EXTENT, address.y * CELLS + y * CELLS // EXTENT)
                    found[cell] += number(one)
        assert found == cells


def test_a_cluster_tells_the_zoom_at_which_it_is_several(ground: UnitOfWork):
    """At each zoom before it is one feature with the same number, at that zoom there are several."""
    for serial, (lon, lat) in enumerate([HOME, (HOME[0] + 0.0008, HOME[1]), (HOME[0] + 0.0009, HOME[1])]):
        store_incident(ground, serial, U1, lon=lon, lat=lat)
    zoom, told = 5, []
    while zoom < SINGLE_ZOOM:
        (cluster,) = [one for one in draw(ground, tile_at(zoom, *HOME)) if number(one) == 3]
        told.append(cluster["properties"]["expands_at"])
        zoom += 1
        if zoom == told[0]:
            break
    parts = draw(ground, tile_at(zoom, *HOME))
    assert set(told) == {zoom}
    assert len(parts) > 1
    assert sum(map(number, parts)) == 3


def test_incidents_in_one_place_are_a_cluster_until_they_are_drawn_one_by_one(ground: UnitOfWork):
    """Two at one place: a cluster of 2 up to zoom 14, which says 15; at zoom 15 two incidents."""
    for serial in range(2):
        store_incident(ground, serial, U1, lon=HOME[0], lat=HOME[1])
    clusters = [draw(ground, tile_at(zoom, *HOME)) for zoom in range(SINGLE_ZOOM)]
    assert [[one["properties"]["count"] for one in found] for found in clusters] == [[2]] * SINGLE_ZOOM
    assert {one["properties"]["expands_at"] for (one,) in clusters} == {SINGLE_ZOOM}
    assert [number(one) for one in draw(ground, tile_at(SINGLE_ZOOM, *HOME))] == [1, 1]


def test_one_incident_in_a_cell_is_that_incident(ground: UnitOfWork):
    """With its own id and fields, at every zoom."""
    store_incident(ground, 1, U1, lon=HOME[0], lat=HOME[1])
    (single,) = draw(ground, tile_at(SINGLE_ZOOM, *HOME))
    drawn = [draw(ground, tile_at(zoom, *HOME)) for zoom in range(SINGLE_ZOOM)]
    assert [(one["id"], one["properties"]) for (one,) in drawn] == [(single["id"], single["properties"])] * len(drawn)


def test_no_cluster_has_the_id_of_another_nor_of_an_incident(ground: UnitOfWork):
    """At fifteen zooms fifteen ids, all from 2^52 on and below 2^53; incidents count up from 1."""
    for serial in range(2):
        store_incident(ground, serial, U1, lon=179.9999, lat=-85.0511)
    ids = [draw(ground, tile_at(zoom, 179.9999, -85.0511))[0]["id"] for zoom in range(SINGLE_ZOOM)]
    assert all(FIRST_ID < one < other < 2 * FIRST_ID for one, other in pairwise(ids))
    assert {one["id"] < FIRST_ID for one in draw(ground, tile_at(SINGLE_ZOOM, 179.9999, -85.0511))} == {True}


def test_a_cluster_counts_by_severity_and_what_is_open(ground: UnitOfWork):
    """Of four, one is archived and one evaluated; merged and cancelled ones do not count at all."""
    for serial, state in enumerate(["reported", "archived", "handled", "evaluated", "merged", "cancelled"]):
        severity = ("major", "larger", "larger")[serial] if serial < 3 else "general"
        store_incident(ground, serial, U1, lon=HOME[0], lat=HOME[1], state=state, severity=severity)
    (cluster,) = draw(ground, tile_at(10, *HOME))
    assert cluster["properties"] == {"count": 4, "expands_at": SINGLE_ZOOM, "open": 2, "larger": 2, "major": 1}


def test_clusters_obey_scope_and_filters(ground: UnitOfWork):
    """Of two in U1 and one in U2 at one place: scope U1 shows a cluster of 2, a state the single incident in it."""
    for serial, (chain, state) in enumerate([(U1, "reported"), (U1, "handled"), (U2, "reported")]):
        store_incident(ground, serial, chain, lon=HOME[0], lat=HOME[1], state=state)
    address = tile_at(12, *HOME)
    handled = draw(ground, address, filters=TileFilters(states=("handled",)))
    assert [number(one) for one in draw(ground, address)] == [3]
    assert [number(one) for one in draw(ground, address, scope="U1")] == [2]
    assert [one["properties"]["state"] for one in handled] == ["handled"]
    assert draw(ground, address, filters=TileFilters(category="dispute")) == []
    assert draw(ground, address, scope="K") == []
