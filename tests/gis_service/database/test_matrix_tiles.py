"""Tiles in degrees of CGCS2000 and in GCJ-02, of the small ground."""

from __future__ import annotations

import re
from importlib.resources import files

import numpy as np
import pytest
import shapely
import shapely.affinity
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text

from gis_service.database.held_tiles import finding
from gis_service.database.tiles import statement, tile_values
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import PUBLIC, Principal
from gis_service.use_cases.describe_tiles import read_tile_edition
from gis_service.use_cases.render_tile import permission_class, render_tile
from grid_boundaries.locate.shifts import gcj02_to_wgs84
from tests.support.tile_ground import (
    DRAWN,
    features,
    grids,
    shapes_by_code,
    store_building,
    store_ground,
    store_incident,
    tile_at,
    vertices,
)
from tiles.address import EXTENT, TileAddress
from tiles.encoding import TileFeature, encode_layer
from tiles.etag import TileKey
from tiles.filters import TileFilters
from tiles.matrix_sets import CGCS2000_QUAD, GCJ02_WEB_MERCATOR

ON_THE_EDGE = (102.7195, 25.0205)
"""Where the wavy edge of U1 and U2 runs."""

U1 = ["D", "S1", "C1", "U1"]


@pytest.fixture
def ground(work: UnitOfWork) -> UnitOfWork:
    store_ground(work)
    return work


def in_degrees(zoom: int, lon: float, lat: float) -> TileAddress:
    """The tile of CGCS2000 that holds a place."""
    return tile_at(zoom, lon, lat, CGCS2000_QUAD)


def in_gcj02(zoom: int, lon: float, lat: float) -> TileAddress:
    """The tile of a GCJ-02 map on which a place is shown."""
    return tile_at(zoom, lon, lat, GCJ02_WEB_MERCATOR)


def draw(work: UnitOfWork, address: TileAddress, layer: str = "grids", principal: Principal = PUBLIC) -> bytes:
    key = TileKey(1, (layer,), address, (), permission_class(principal), TileFilters())
    return render_tile(key, read_tile_edition(1, work), principal, work)


def placed(units: BaseGeometry, address: TileAddress) -> BaseGeometry:
    """A shape in tile units as degrees on the ground."""
    west, south, east, north = address.frame
    scaled = [(east - west) / EXTENT, 0, 0, (south - north) / EXTENT, west, north]
    shown = shapely.affinity.affine_transform(units, scaled)
    if address.matrix.is_geographic:
        return shown
    to_degrees = Transformer.from_crs(3857, 4326, always_xy=True)
    unshifted = gcj02_to_wgs84 if address.matrix.is_shifted else lambda lons, lats: (lons, lats)
    return shapely.transform(shown, lambda metres: np.column_stack(unshifted(*(to_degrees.transform(*metres.T)))))


@pytest.mark.parametrize(("address"), [in_degrees(13, *ON_THE_EDGE), in_gcj02(14, *ON_THE_EDGE)], ids=str)
def test_neighbours_keep_the_vertices_of_their_common_edge(ground: UnitOfWork, address: TileAddress):
    """U1 and U2 share no area and every vertex of the wavy edge inside the tile, as in Web Mercator."""
    drawn = shapes_by_code(draw(ground, address))
    edge = shapely.intersection(drawn["U1"], drawn["U2"])
    tile = shapely.box(1, 1, EXTENT - 1, EXTENT - 1)
    both = vertices(drawn["U1"]) | vertices(drawn["U2"])
    along = {one for one in both if shapely.intersects_xy(edge, *one) and shapely.intersects_xy(tile, *one)}
    assert edge.area == 0
    assert len(along) > 15
    assert along <= vertices(drawn["U1"]) & vertices(drawn["U2"])


@pytest.mark.parametrize("address", [in_degrees(12, *ON_THE_EDGE), in_gcj02(13, *ON_THE_EDGE)], ids=str)
def test_generalised_neighbours_keep_them_too(ground: UnitOfWork, address: TileAddress):
    """At the detail of zoom 13, where a band draws C1 and C2, no ground is lost and none is drawn twice."""
    drawn = list(shapes_by_code(draw(ground, address)).values())
    union = shapely.union_all(drawn)
    assert len(drawn) >= 3
    assert sum(one.area for one in drawn) == pytest.approx(union.area, abs=1e-6)
    assert not any(len(part.interiors) for part in shapely.get_parts(union))


@pytest.mark.parametrize("detail", sorted(DRAWN))
def test_a_tile_in_degrees_draws_what_is_drawn_where_mercator_is_as_fine(ground: UnitOfWork, detail: int):
    """Zoom 11 of CGCS2000 is as wide as zoom 12 of Web Mercator: communities, and what stands in."""
    places = [(lon, lat) for lon in (102.701, 102.735, 102.75, 102.77) for lat in (25.001, 25.03, 25.07)]
    drawn = {code for place in places for code in shapes_by_code(draw(ground, in_degrees(detail - 1, *place)))}
    assert drawn == DRAWN[detail]


def test_the_eastern_half_of_the_world_shows_the_district(ground: UnitOfWork):
    """At zoom 0 the tile 0/1/0 reaches 180 degrees east; D is its label."""
    tile = draw(ground, TileAddress(0, 1, 0, CGCS2000_QUAD), "grid_labels")
    assert set(shapes_by_code(tile, "grid_labels")) == {"D"}
    assert draw(ground, TileAddress(0, 0, 0, CGCS2000_QUAD), "grid_labels") == b""


def test_degrees_are_taken_as_they_stand(ground: UnitOfWork):
    """Within half a unit and rounding of where the stored coordinates lie; the encoder in memory agrees to a unit."""
    address = in_degrees(14, *ON_THE_EDGE)
    drawn = shapes_by_code(draw(ground, address))
    stored = {one.code: one.shape for one in grids()}
    made = shapes_by_code(
        encode_layer("grids", [TileFeature(1, stored[code], {"code": code}) for code in drawn], address)
    )
    unit = 180 / 2**14 / EXTENT
    frame = shapely.box(*address.frame)
    assert set(drawn) == set(made) == {"U1", "U2"}
    for code, shape in drawn.items():
        assert shapely.hausdorff_distance(shape, made[code]) <= 1
        inside = [one for one in shapely.get_coordinates(stored[code]) if frame.contains(shapely.Point(one))]
        found = placed(shape, address)
        assert max(found.boundary.distance(shapely.Point(one)) for one in inside) <= 0.75 * unit


@pytest.mark.parametrize("zoom", [12, 15])
def test_a_gcj02_tile_shifted_back_is_the_plain_tile(ground: UnitOfWork, zoom: int):
    """Same grids, ids and fields; each border in both tiles within a unit and a half of the other."""
    address = in_gcj02(zoom, *ON_THE_EDGE)
    shifted, plain = draw(ground, address), draw(ground, tile_at(zoom, *ON_THE_EDGE))
    told = [
        {one["properties"]["code"]: (one["id"], one["properties"]) for one in features(tile, "grids")}
        for tile in (shifted, plain)
    ]
    common = set(told[0]) & set(told[1])
    assert len(common) >= 2
    assert {code: told[0][code] for code in common} == {code: told[1][code] for code in common}
    mine = {code: placed(shape, address) for code, shape in shapes_by_code(shifted).items()}
    theirs = {code: placed(shape, tile_at(zoom, *ON_THE_EDGE)) for code, shape in shapes_by_code(plain).items()}
    unit = 360 / 2**zoom / EXTENT
    # Ground that both tiles hold, away from where their buffers are cut.
    near = shapely.Point(ON_THE_EDGE).buffer(360 / 2**zoom / 16)
    for code in common:
        here, there = mine[code].boundary.intersection(near), theirs[code].boundary.intersection(near)
        assert here.is_empty == there.is_empty
        for one, other in ((here, theirs[code]), (there, mine[code])):
            away = [other.boundary.distance(shapely.Point(place)) for place in shapely.get_coordinates(one)]
            assert max(away, default=0) <= 1.5 * unit


def test_two_gcj02_tiles_show_the_same_vertices_around_their_common_edge(ground: UnitOfWork):
    """The wavy edge of U1 crosses from one tile of zoom 15 into the next; 48 units to either side they agree."""
    upper = in_gcj02(15, *ON_THE_EDGE)
    lower = TileAddress(upper.z, upper.x, upper.y + 1, upper.matrix)
    strip = shapely.box(-48, EXTENT - 48, EXTENT + 48, EXTENT + 48)
    in_upper = shapes_by_code(draw(ground, upper))["U1"]
    in_lower = shapely.affinity.translate(shapes_by_code(draw(ground, lower))["U1"], 0, EXTENT)
    found = [{one for one in vertices(u1) if shapely.intersects_xy(strip, *one)} for u1 in (in_upper, in_lower)]
    assert len(found[0]) >= 1
    assert found[0] == found[1]


def test_outside_china_nothing_is_shifted(ground: UnitOfWork):
    """A building in Paris lies on the same unit of the same tile."""
    store_building(ground, "B1", 2.35, 48.85, None)
    plain = tile_at(15, 2.35, 48.85)
    tiles = [
        draw(ground, TileAddress(15, plain.x, plain.y, one), "buildings")
        for one in (plain.matrix, GCJ02_WEB_MERCATOR)
    ]
    found = [features(tile, "buildings") for tile in tiles]
    assert found[0] == found[1] != []


def test_a_building_is_shown_where_amap_has_it(ground: UnitOfWork):
    """Shifted back it lies within a unit of where it is, with the plain tile's fields; its own place is empty."""
    store_building(ground, "B1", 102.71, 25.01, "U1")
    address, plain = in_gcj02(17, 102.71, 25.01), tile_at(17, 102.71, 25.01)
    (found,), (told,) = (features(draw(ground, one, "buildings"), "buildings") for one in (address, plain))
    assert (found["id"], found["properties"]) == (told["id"], told["properties"])
    place = placed(shapely.geometry.shape(found["geometry"]), address)
    assert place.distance(shapely.Point(102.71, 25.01)) <= 360 / 2**17 / EXTENT
    assert draw(ground, TileAddress(17, plain.x, plain.y, GCJ02_WEB_MERCATOR), "buildings") == b""


@pytest.mark.parametrize("address", [in_degrees(13, 102.71, 25.02), in_gcj02(14, 102.71, 25.02)], ids=str)
def test_the_public_gets_no_more_than_in_web_mercator(ground: UnitOfWork, address: TileAddress):
    """Counts by grid, in fives."""
    for number in range(5):
        store_incident(ground, number, U1, lon=102.7101, lat=25.0201)
    plain = tile_at(14, 102.71, 25.02)
    told = [
        {
            one["properties"]["grid"]: one["properties"]
            for one in features(draw(ground, tile, "incidents"), "incidents")
        }
        for tile in (address, plain)
    ]
    assert told[0]["U1"] == told[1]["U1"] == {"grid": "U1", "level": "unit_grid", "count": 5}


@pytest.mark.parametrize("address", [in_degrees(14, 102.7101, 25.0201), in_gcj02(15, 102.7101, 25.0201)], ids=str)
def test_within_a_scope_incidents_are_drawn_one_by_one(ground: UnitOfWork, address: TileAddress):
    """Both, where they are."""
    for number in range(2):
        store_incident(ground, number, U1, lon=102.7101, lat=25.0201)
    router = Principal(name="router", role="router", scope="U1")
    exact = features(draw(ground, address, "incidents", router), "incidents")
    assert [one["properties"]["owner"] for one in exact] == ["U1", "U1"]
    (place, _) = (placed(shapely.geometry.shape(one["geometry"]), address) for one in exact)
    assert place.distance(shapely.Point(102.7101, 25.0201)) <= 360 / 2**15 / EXTENT


@pytest.mark.parametrize("address", [in_degrees(13, 102.71, 25.02), in_gcj02(14, 102.71, 25.02)], ids=str)
def test_clusters_are_those_of_web_mercator(ground: UnitOfWork, address: TileAddress):
    """The same cells, ids and counts; the point of two incidents is between them."""
    for number, lon in enumerate((102.7101, 102.7103, 102.705)):
        store_incident(ground, number, U1, lon=lon, lat=25.0201)
    router = Principal(name="router", role="router", scope="U1")
    drawn, plain = (
        {one["id"]: one for one in features(draw(ground, tile, "incidents", router), "incidents")}
        for tile in (address, tile_at(14, 102.71, 25.02))
    )
    assert {key: one["properties"] for key, one in drawn.items()} == {
        key: one["properties"] for key, one in plain.items()
    }
    assert sorted(one["properties"].get("count", 1) for one in drawn.values()) == [1, 2]
    (cluster,) = (one for one in drawn.values() if "count" in one["properties"])
    place = placed(shapely.geometry.shape(cluster["geometry"]), address)
    assert place.distance(shapely.Point(102.7102, 25.0201)) <= 1.5 * 360 / 2**14 / EXTENT


@pytest.mark.parametrize("name", ["tile_grids", "tile_buildings", "tile_incidents", "tile_incident_counts"])
def test_the_box_is_a_constant_for_degrees_and_for_shifted_rows(ground: UnitOfWork, name: str):
    """Both statements compare a stored column with a polygon that was computed before the plan was made."""
    values = {
        "edition": 1, "layer_name": "grids", "as_points": False, "level": "unit_grid", "coarser": [], "kind": None,
        "scope": "D", "band": 4, "among": None, "places_incidents": True, "category": None,
        "states": None, "since": None, "until": None, "as_of": None, "most_features": 20_000,
    }  # fmt: skip
    written = statement(name).text
    for one, address in (
        (written, in_degrees(15, *ON_THE_EDGE)),
        (finding(written).text, in_gcj02(16, *ON_THE_EDGE)),
    ):
        with ground:
            ground._session.execute(text("SET LOCAL enable_seqscan = off"))
            plan = "\n".join(ground._session.scalars(text(f"EXPLAIN {one}"), values | tile_values(address, 64)))
        assert re.search(r"\b(shape|point) && '01030000", plan), plan


def test_every_layer_can_be_drawn_in_every_set():
    """Each statement of a tile has the line that parts it, takes its frame as numbers, and names no system itself."""
    names = [one.name for one in files("gis_service.database").joinpath("sql").iterdir() if one.name[:5] == "tile_"]
    assert len(names) >= 4
    for name in names:
        written = statement(name.removesuffix(".sql")).text
        assert "found AS" in finding(written).text, name
        assert "CAST(:srid AS int)" in written or name == "tile_incident_clusters.sql", name
        assert "3857" not in written, name


def test_a_statement_without_the_line_that_parts_it_is_refused():
    """Nobody shall find out by an empty map."""
    with pytest.raises(ValueError, match=r"'-- Encoding\.' behind the rows"):
        finding("SELECT 1")
