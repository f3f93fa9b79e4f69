"""Every layer in every matrix set against Web Mercator: the same features, the same truncation, the same sums."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.device import Device, DeviceKind
from gis_service.domain.indicator import IndicatorValue
from gis_service.domain.resource import Resource, ResourceKind
from gis_service.domain.staff import StaffMember
from gis_service.use_cases import render_tile
from gis_service.use_cases.describe_tiles import read_tile_edition
from gis_service.use_cases.render_tile import RenderedTile, permission_class, render_and_count
from tests.support.tile_ground import features, grids, store_building, store_ground, store_incident, tile_at
from tests.support.tile_things import DAY, INDICATORS, SEEN_AT, walk
from tiles.address import EXTENT, TileAddress
from tiles.etag import TileKey
from tiles.filters import TileFilters
from tiles.layers import LAYERS, SINGLE_ZOOM
from tiles.matrix_sets import CGCS2000_QUAD, GCJ02_WEB_MERCATOR, MATRIX_SETS, TileMatrixSet

ADMIN = Principal(name="admin", role="admin")
U1 = ["D", "S1", "C1", "U1"]
HERE = (102.7105, 25.0135)
"""A few hundred metres from the edges of tiles of zoom 15, in every set."""

DETAILS = {
    "grids": 10,
    "grid_labels": 10,
    "buildings": 15,
    "incidents": 15,
    "hotspots": 15,
    "indicators": 10,
    "resources": 15,
    "devices": 15,
    "tracks": 15,
}
"""Where one tile of each set holds all that there is of a layer around HERE."""


@pytest.fixture
def ground(work: UnitOfWork) -> UnitOfWork:
    """The tree with an indicator, and around one place a track and ten of each kind of point."""
    store_ground(work)
    lon, lat = HERE
    with work:
        work.indicators.add_many(INDICATORS[2:3])
        work.indicators.add_values(
            IndicatorValue(INDICATORS[2].code, grid.code, DAY, DAY + timedelta(1), place, "tests")
            for place, grid in enumerate(grids())
        )
        work.resources.add_kinds([ResourceKind("tent", "帐篷", "Tents")])
        work.devices.add_kinds([DeviceKind("bin", "桶", "Bins")])
        for number in range(1, 11):
            near = lon + number / 50_000, lat
            work.resources.add_many([Resource(f"R{number}", "", "tent", number % 4, "", *near, "core", DAY)])
            work.devices.add_many([Device(f"V{number}", "", "bin", *near, "core", SEEN_AT)])
        work.staff.add_many([StaffMember("U1", "worker", "U1", DAY)])
        work.positions.add_many(walk(work.staff.list_ids()[0], lon, lat, minutes=5))
        work.commit()
    for number in range(1, 11):
        near = lon + number / 50_000, lat
        store_building(work, f"B{number}", *near, "U1", households=number % 4)
        store_incident(work, number, U1, lon=near[0], lat=lat, severity=("general", "larger", "major")[number % 3])
    return work


def draw(work: UnitOfWork, name: str, address: TileAddress) -> RenderedTile:
    key = TileKey(1, (name,), address, (), permission_class(ADMIN), TileFilters())
    return render_and_count(key, read_tile_edition(1, work), ADMIN, work)


def told(tile: RenderedTile, name: str) -> dict[int, dict]:
    return {one["id"]: one["properties"] for one in features(tile.body, name)}


def in_sets(name: str) -> list[TileAddress]:
    return [tile_at(DETAILS[name] - one.finer_by, *HERE, one) for one in MATRIX_SETS.values()]


@pytest.mark.parametrize("name", sorted(LAYERS))
def test_a_layer_has_the_same_features_in_every_set(ground: UnitOfWork, name: str):
    """With the same ids and fields; ten points and more, and all grids that are drawn."""
    plain, *others = (told(draw(ground, name, address), name) for address in in_sets(name))
    assert len(plain) >= (1 if name in {"tracks", "hotspots"} else 3 if LAYERS[name].most_features is None else 10)
    assert others == [plain, plain]


@pytest.mark.parametrize("name", sorted(name for name in LAYERS if LAYERS[name].most_features is not None))
def test_too_many_features_are_cut_alike_in_every_set(ground: UnitOfWork, monkeypatch: pytest.MonkeyPatch, name: str):
    """Four stay, the same ones, and as many are told to be left out."""
    whole = len(told(draw(ground, name, in_sets(name)[0]), name))
    monkeypatch.setattr(render_tile, "LAYERS", {**LAYERS, name: replace(LAYERS[name], most_features=4)})
    tiles = [draw(ground, name, address) for address in in_sets(name)]
    plain, *others = (told(tile, name) for tile in tiles)
    assert len(plain) == 4
    assert others == [plain, plain]
    assert [tile.dropped for tile in tiles] == [{name: whole - 4}] * 3


def scattered() -> list[tuple[float, float]]:
    """Places over a few kilometres: crowded ones, pairs, lone ones, and one where no map is shifted."""
    spiral = [(102.70 + step * step / 40_000, 25.0 + (step * 7 % 31) / 900) for step in range(31)]
    return [*spiral, HERE, HERE, (2.35, 48.85)]


def around(zoom: int, matrix: TileMatrixSet) -> set[TileAddress]:
    """The tiles of a zoom that hold a place, and their neighbours: a cluster is where its middle is."""
    found = set()
    for place in scattered():
        one = tile_at(zoom, *place, matrix)
        for across in (-1, 0, 1):
            for down in (-1, 0, 1):
                x, y = one.x + across, one.y + down
                if 0 <= x < matrix.columns << zoom and 0 <= y < matrix.rows << zoom:
                    found.add(TileAddress(zoom, x, y, matrix))
    return found


@pytest.mark.parametrize("matrix", [CGCS2000_QUAD, GCJ02_WEB_MERCATOR], ids=lambda one: one.id)
def test_at_every_zoom_clusters_add_up_to_the_incidents(work: UnitOfWork, matrix: TileMatrixSet):
    """34 incidents; tile by tile, buffers aside, each counts once, and no id is there twice."""
    store_ground(work)
    for serial, (lon, lat) in enumerate(scattered()):
        store_incident(work, serial, U1, lon=lon, lat=lat)
    for zoom in range(SINGLE_ZOOM - matrix.finer_by):
        ids: Counter[int] = Counter()
        number = 0
        for address in around(zoom, matrix):
            for one in features(draw(work, "incidents", address).body, "incidents"):
                if all(0 <= axis < EXTENT for axis in one["geometry"]["coordinates"]):
                    ids[one["id"]] += 1
                    number += one["properties"].get("count", 1)
        assert (zoom, number, set(ids.values())) == (zoom, len(scattered()), {1})
