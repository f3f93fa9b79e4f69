from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import shapely
import shapely.affinity
from sqlalchemy import text

from gis_service.database.prepared import Planning, prepare
from gis_service.database.tiles import planning_of, statement, tile_values
from gis_service.database.unit_of_work import UnitOfWork
from tests.support.tile_ground import (
    DRAWN,
    EDITION,
    draw,
    feature_id,
    features,
    grids,
    shapes_by_code,
    store_building,
    store_ground,
    tile_at,
    vertices,
)
from tiles.address import EXTENT, TileAddress
from tiles.encoding import TileFeature, encode_layer
from tiles.filters import TileFilters
from tiles.layers import LAYERS

NO_FILTERS = TileFilters()
U1 = ["D", "S1", "C1", "U1"]
U2 = ["D", "S1", "C1", "U2"]
LATER = datetime(2026, 3, 9, tzinfo=UTC)
WHOLE = tile_at(10, 102.73, 25.03)


@pytest.fixture
def ground(work: UnitOfWork) -> UnitOfWork:
    store_ground(work)
    return work


def draw_one_level(work: UnitOfWork, address: TileAddress, level: str):
    with work:
        return work.tiles.grids(LAYERS["grids"], address, edition=1, level=level, coarser=[], kind=None)


@pytest.mark.parametrize("zoom", sorted(DRAWN))
def test_grids_of_the_level_are_drawn_and_what_has_no_children_stands_in(ground: UnitOfWork, zoom: int):
    """At zoom 12 communities C1 and C2, street S2 without children, and K, whose parent is a district."""
    places = [(lon, lat) for lon in (102.701, 102.735, 102.75, 102.77) for lat in (25.001, 25.03, 25.07)]
    drawn = {code for place in places for code in shapes_by_code(draw(ground, tile_at(zoom, *place)))}
    assert drawn == DRAWN[zoom]


@pytest.mark.parametrize("zoom", [13, 14, 15, 16, 17, 18])
def test_a_tile_inside_the_ground_has_no_hole_and_no_overlap(ground: UnitOfWork, zoom: int):
    """The shares of a frame around the corner of M1, M2 and U2 add up to its area, and so does their union."""
    address = tile_at(zoom, 102.7195, 25.0199)
    drawn = shapes_by_code(draw(ground, address))
    west, south, east, north = address.bounds
    inside = [max(west, 102.7001), max(south, 25.0001), min(east, 102.7799), min(north, 25.0799)]
    frame = shapely.box(
        round(EXTENT * (inside[0] - west) / (east - west)),
        round(EXTENT * (north - inside[3]) / (north - south)),
        round(EXTENT * (inside[2] - west) / (east - west)),
        round(EXTENT * (north - inside[1]) / (north - south)),
    )
    shares = [shapely.intersection(one, frame) for one in drawn.values()]
    assert sum(one.area for one in shares) == pytest.approx(frame.area, abs=1e-6)
    assert shapely.union_all(shares).area == pytest.approx(frame.area, abs=1e-6)


@pytest.mark.parametrize("zoom", [14, 15, 16])
def test_neighbours_keep_the_vertices_of_their_common_edge(ground: UnitOfWork, zoom: int):
    """U1 and U2 meet along a wavy edge; each of its vertices inside the tile belongs to both."""
    drawn = shapes_by_code(draw(ground, tile_at(zoom, 102.7195, 25.0205)))
    edge = shapely.intersection(drawn["U1"], drawn["U2"])
    tile = shapely.box(1, 1, EXTENT - 1, EXTENT - 1)
    both = vertices(drawn["U1"]) | vertices(drawn["U2"])
    along = {one for one in both if shapely.intersects_xy(edge, *one) and shapely.intersects_xy(tile, *one)}
    assert len(along) > 15
    assert along <= vertices(drawn["U1"]) & vertices(drawn["U2"])


def test_two_tiles_show_the_same_vertices_around_their_common_edge(ground: UnitOfWork):
    """The wavy edge of U1 crosses from one tile of zoom 16 into the next; 48 units to either side they agree."""
    upper = tile_at(16, 102.7195, 25.0205)
    lower = TileAddress(upper.z, upper.x, upper.y + 1)
    strip = shapely.box(0, EXTENT - 48, EXTENT, EXTENT + 48)
    in_upper = shapes_by_code(draw(ground, upper))["U1"]
    in_lower = shapely.affinity.translate(shapes_by_code(draw(ground, lower))["U1"], 0, EXTENT)
    found = [{one for one in vertices(u1) if shapely.intersects_xy(strip, *one)} for u1 in (in_upper, in_lower)]
    assert len(found[0]) >= 1
    assert found[0] == found[1]


def test_a_grid_that_lies_in_the_buffer_alone_is_in_the_tile(ground: UnitOfWork):
    """S1 ends 62 units west of the tile 18/205885/112220, inside its buffer of 64, and 124 west of its child."""
    assert set(shapes_by_code(draw_one_level(ground, TileAddress(18, 205885, 112220), "street"))) == {"S1", "S2"}
    assert set(shapes_by_code(draw_one_level(ground, TileAddress(19, 411770, 224440), "street"))) == {"S2"}


def test_an_edition_shows_its_own_grids(ground: UnitOfWork):
    """In edition 2 C1 has no children, so it is drawn at zoom 14 in place of U1 and U2; edition 3 is not there."""
    drawn = [set(shapes_by_code(draw(ground, tile_at(14, 102.719, 25.03), edition=number))) for number in (1, 2, 3)]
    assert [codes & {"U1", "U2", "C1"} for codes in drawn] == [{"U1", "U2"}, {"C1"}, {"C1"}]


def test_a_feature_has_the_id_and_the_fields_of_its_grid(ground: UnitOfWork):
    """U2 is a dedicated unit grid of C1 with 400 households; its id is that of its code."""
    (found,) = features(draw(ground, tile_at(15, 102.735, 25.01), kind="dedicated"), "grids")
    assert found["id"] == feature_id(ground, "U2") <= 2**53
    assert found["properties"] == {
        "code": "U2",
        "name": "网格U2",
        "level": "unit_grid",
        "parent": "C1",
        "kind": "dedicated",
        "households": 400,
    }


def test_the_parent_of_the_root_and_unknown_households_are_absent(ground: UnitOfWork):
    """A tile has no null: D has no parent, and its households are not known."""
    (found,) = features(draw(ground, tile_at(8, 102.73, 25.03)), "grids")
    assert set(found["properties"]) == {"code", "name", "level", "kind"}


def test_one_level_alone_leaves_the_others_out(ground: UnitOfWork):
    """Asked for communities alone, zoom 16 shows C1 and neither its children nor its neighbour S2."""
    assert set(shapes_by_code(draw_one_level(ground, tile_at(16, 102.7395, 25.01), "community"))) == {"C1"}


def test_low_zooms_find_ground_whose_box_would_cross_the_date_line(ground: UnitOfWork):
    """The tiles 0/0/0, 1/1/0 and 2/3/1 reach 180 degrees east, and show D all the same."""
    found = [
        shapes_by_code(draw(ground, tile_at(zoom, 102.73, 25.03), layer="grid_labels"), "grid_labels")
        for zoom in (0, 1, 2)
    ]
    assert [set(one) for one in found] == [{"D"}, {"D"}, {"D"}]


def test_a_label_is_one_point_inside_its_grid(ground: UnitOfWork):
    """Each grid of the tile has one point, inside its area, under the same id."""
    areas = shapes_by_code(draw(ground, tile_at(10, 102.73, 25.03)))
    labels = shapes_by_code(draw(ground, tile_at(10, 102.73, 25.03), layer="grid_labels"), "grid_labels")
    assert set(labels) == set(areas)
    assert all(areas[code].contains(point) for code, point in labels.items())


def test_an_empty_tile_has_no_bytes(ground: UnitOfWork):
    """South of the ground nothing is drawn."""
    assert draw(ground, tile_at(14, 102.73, 24.9)) == b""


def test_buildings_tell_their_owner_in_the_edition(ground: UnitOfWork):
    """The first is owned by U1 in edition 1 and by nobody in edition 2; the second was never owned."""
    store_building(ground, "B1", 102.710, 25.010, "U1")
    store_building(ground, "B2", 102.711, 25.010, None)
    address = tile_at(15, 102.7101, 25.01)
    with ground:
        tiles = [ground.tiles.buildings(LAYERS["buildings"], address, edition=number) for number in (1, 2)]
    found = [{one["properties"]["code"]: one["properties"] for one in features(tile, "buildings")} for tile in tiles]
    assert found[0]["B1"] == {"code": "B1", "name": "", "use": "home", "storeys": 6, "households": 24, "grid": "U1"}
    assert "grid" not in found[0]["B2"]
    assert "grid" not in found[1]["B1"]


def test_the_levels_of_an_edition_are_those_of_its_grids(ground: UnitOfWork):
    """Edition 2 has lost its unit grids and micro-grids."""
    with ground:
        found = [ground.tiles.levels_in(number) for number in (1, 2)]
    assert found == [set(EDITION.present), {"district", "street", "community"}]


BOX = "'01030000"  # a polygon as it is written: the box was computed before the plan was made


@pytest.mark.parametrize(
    ("name", "index", "condition"),
    [
        ("tile_grids", "grid_shape_ix", f"shape && {BOX}"),
        ("tile_incident_counts", "grid_shape_ix", f"shape && {BOX}"),
        ("tile_incident_counts", "incident_other_chain_idx", "chain && $"),
        ("tile_buildings", "building_point_ix", f"point && {BOX}"),
        ("tile_incidents", "incident_other_point_idx", f"point && {BOX}"),
        ("tile_incident_clusters", "incident_other_point_idx", f"point && {BOX}"),
    ],
)
def test_a_statement_finds_its_rows_by_the_index_with_a_constant_box(
    ground: UnitOfWork, name: str, index: str, condition: str
):
    """Among 4000 of each, the tile's box is an index condition; so are the chains of the counted grids."""
    values = {
        **tile_values(TileAddress(16, 51450, 28090), 64), "edition": 1, "layer_name": "grids", "as_points": False,
        "level": "unit_grid", "coarser": ["street", "community"], "kind": None, "scope": "D",
        "band": 4, "among": None, "places_incidents": True, "category": None, "states": None, "since": None,
        "until": None, "single_zoom": 17, "detail": 16, "x": 51450, "y": 28090,
        "most_features": 20_000, "as_of": None,
    }  # fmt: skip
    with ground:
        for written in FILL:
            ground._session.execute(text(written))
        plan = "\n".join(ground._session.scalars(text("EXPLAIN " + statement(name).text), values))
    scan = re.search(rf"Index (?:Only )?Scan (?:using|on) {index}.*\n\s*Index Cond: \((.*)\)", plan)
    assert scan is not None, plan
    assert scan[1].startswith(condition), plan


# What leads to the rows of a plan that is made without knowing a value, and how often.
ONE_PLAN = {
    "tile_grids": {"grid_shape_ix": 2, "grid_parent_ix": 2},
    "tile_indicators": {
        "grid_shape_ix": 2,
        "grid_parent_ix": 4,
        "building_owner_grid_ix": 1,
        "incident_other_chain_idx": 1,
    },
    "tile_incident_counts": {"grid_shape_ix": 2, "grid_parent_ix": 2, "incident_other_chain_idx": 1},
    "tile_buildings": {"building_point_ix": 1},
    "tile_incidents": {"incident_other_point_idx": 1},
    "tile_resources": {"resource_point_ix": 1},
    "tile_devices": {"device_point_ix": 1},
}


@pytest.mark.parametrize("name", ONE_PLAN)
def test_what_is_planned_once_is_found_by_the_index_whatever_the_values(ground: UnitOfWork, name: str):
    """Among 4000 of each, at zoom 16: no index but these leads to a table, and no edition is read as a whole."""
    assert planning_of(name, 16) == Planning.ONCE
    told = prepare(name, statement(name))
    values = {
        **tile_values(TileAddress(16, 51450, 28090), 64), "edition": 1, "layer_name": "grids", "as_points": False,
        "level": "unit_grid", "coarser": ["street", "community"], "countable": ["unit_grid"], "counts_exactly": False,
        "small_count": 3,
        "kind": None, "band": 4, "among": None, "scope": "D", "data_classes": ["general"], "places_incidents": True,
        "category": None, "states": None, "since": None, "until": None, "as_of": None, "most_features": 20_000,
    }  # fmt: skip
    with ground:
        for written in FILL:
            ground._session.execute(text(written))
        connection = ground._session.connection()
        for written in (*FILL_THINGS, told.prepare):
            connection.exec_driver_sql(written, execution_options={"no_parameters": True})
        explain = told.call(Planning.ONCE).replace("EXECUTE", "EXPLAIN EXECUTE")
        plan = "\n".join(connection.exec_driver_sql(explain, values).scalars())
        connection.exec_driver_sql(f"DEALLOCATE {told.name}")
    assert "drawn_grids" not in plan, "the function is not put into the statement"
    assert {index: len(re.findall(rf"Scan (?:using|on) {index}\b", plan)) for index in ONE_PLAN[name]} == ONE_PLAN[
        name
    ], plan
    assert not re.search(r"Seq Scan on (building|building_owner|incident_other|resource|device) ", plan), plan
    assert not re.search(r"Index Cond: \(editions @> ", plan), plan


FILL_THINGS = (
    # Ten of a parent, as trees have them.
    "UPDATE grid SET parent = 'F' || (CAST(substr(code, 2) AS int) / 10 + 1) WHERE code LIKE 'F%'",
    "INSERT INTO resource_kind (code, name, name_en) VALUES ('tent', '', '')",
    "INSERT INTO device_kind (code, name, name_en) VALUES ('bin', '', '')",
    """
    INSERT INTO resource (code, name, kind, quantity, unit, point, data_class)
    SELECT code, '', 'tent', 1, '', label_point, 'general' FROM grid WHERE code LIKE 'F%'
    """,
    """
    INSERT INTO device (code, name, kind, point, data_class)
    SELECT code, '', 'bin', label_point, 'general' FROM grid WHERE code LIKE 'F%'
    """,
    """
    INSERT INTO building_owner (building_code, editions, grid_code)
    SELECT code, '[1,)', code FROM grid WHERE code LIKE 'F%'
    """,
    "ANALYZE grid, grid_code, resource, device, building_owner",
)


# Squares of 100 m, and a building and an incident in each.
FILL = (
    "INSERT INTO grid_code (code) SELECT 'F' || n FROM generate_series(1, 4000) AS n",
    """
    INSERT INTO grid (code, editions, level, parent, name, area_m2, digest, label_point, shape)
    SELECT 'F' || n, '[1,)', 'unit_grid', 'C2', '', 1, '', ST_Centroid(square), ST_Multi(square)
    FROM generate_series(1, 4000) AS n,
        ST_MakeEnvelope(102 + n % 60 / 1e3, 25 + n / 60 / 1e3, 102.001 + n % 60 / 1e3, 25.001 + n / 60 / 1e3, 4326)
            AS square
    """,
    """
    INSERT INTO building (code, name, address, use, point)
    SELECT code, '', '', '', label_point FROM grid WHERE code LIKE 'F%'
    """,
    """
    INSERT INTO incident (id, state, category, severity, channel, description, point, occurred_at, reported_by, owner,
        chain, located_by, explain)
    SELECT gen_random_uuid(), 'reported', 'hazard', 'general', 'patrol', '', label_point, now(), '', code,
        ARRAY['D', code], 'coordinate', '{}'
    FROM grid WHERE code LIKE 'F%'
    """,
    "ANALYZE grid, building, incident",
)


def test_postgis_and_the_encoder_in_memory_draw_the_same(ground: UnitOfWork):
    """Every grid of a tile at zoom 15, within one tile unit."""
    address = tile_at(15, 102.7195, 25.0205)
    stored = shapes_by_code(draw(ground, address))
    drawn = [TileFeature(1, one.shape, {"code": one.code}) for one in grids() if one.code in stored]
    made = shapes_by_code(encode_layer("grids", drawn, address))
    assert set(made) == set(stored) == {"U1", "U2"}
    assert all(shapely.hausdorff_distance(made[code], stored[code]) <= 1 for code in stored)


def test_bytes_are_the_same_each_time(ground: UnitOfWork):
    """Two renderings of one key are equal, so that one ETag names one sequence of bytes."""
    assert draw(ground, WHOLE) == draw(ground, WHOLE)
