from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import shapely
import shapely.affinity
from sqlalchemy import text

from gis_service.database.tiles import statement
from gis_service.database.unit_of_work import UnitOfWork
from tests.support.tile_ground import (
    DRAWN,
    EDITION,
    feature_id,
    features,
    grids,
    publish,
    set_building_version,
    shapes_by_code,
    store_building,
    store_ground,
    store_incident,
    tile_at,
    vertices,
)
from tiles.address import EXTENT, TileAddress
from tiles.encoding import TileFeature, encode_layer
from tiles.filters import TileFilters
from tiles.layers import LAYERS, choose_level

NO_FILTERS = TileFilters()
U1 = ["D", "S1", "C1", "U1"]
U2 = ["D", "S1", "C1", "U2"]
LATER = datetime(2026, 3, 9, tzinfo=UTC)
WHOLE = tile_at(10, 102.73, 25.03)


@pytest.fixture
def ground(work: UnitOfWork) -> UnitOfWork:
    store_ground(work)
    return work


def draw(work: UnitOfWork, address: TileAddress, *, layer: str = "grids", edition: int = 1, kind: str | None = None):
    level = choose_level(EDITION.present_levels(), address.z)
    with work:
        return work.tiles.grids(
            LAYERS[layer],
            address,
            edition=edition,
            level=level.code,
            coarser=EDITION.coarser_than(level),
            kind=kind,
        )


def draw_one_level(work: UnitOfWork, address: TileAddress, level: str):
    with work:
        return work.tiles.grids(LAYERS["grids"], address, edition=1, level=level, coarser=[], kind=None)


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
    return {code: (one["properties"].get("count"), one["properties"]["hidden"]) for code, one in found.items()}


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


def test_small_counts_are_withheld_and_others_add_up(ground: UnitOfWork):
    """Three incidents in U1, two in U2, none in K: 3, hidden, 0; their community and street count all five."""
    for number, chain in enumerate([U1, U1, U1, U2, U2]):
        store_incident(ground, number, chain)
    units = count(ground)
    assert (units["U1"], units["U2"], units["K"]) == ((3, False), (None, True), (0, False))
    assert count(ground, "community")["C1"] == (5, False)
    assert count(ground, "street") == {"S1": (5, False), "S2": (0, False), "K": (0, False)}


def test_a_count_tells_nothing_of_a_single_incident(ground: UnitOfWork):
    """The feature is that of the grid and carries grid, level, count and hidden, and no more."""
    for number in range(3):
        store_incident(ground, number, U1, lon=102.7012, lat=25.0012)
    found = counts(ground)["U1"]
    label = shapes_by_code(draw(ground, WHOLE, layer="grid_labels"), "grid_labels")
    assert found["id"] == feature_id(ground, "U1")
    assert found["properties"] == {"grid": "U1", "level": "unit_grid", "count": 3, "hidden": False}
    assert "U1" not in label


def test_merged_and_cancelled_incidents_are_not_counted(ground: UnitOfWork):
    """Of five incidents one is merged and one cancelled: three are counted."""
    for number, state in enumerate(["reported", "accepted", "archived", "merged", "cancelled"]):
        store_incident(ground, number, U1, state=state)
    assert count(ground)["U1"] == (3, False)


def test_filters_narrow_counts_and_incidents_alike(ground: UnitOfWork):
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
    assert count(ground, filters=narrow)["U1"] == (3, False)
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
    """D ends with edition 3, in which there is nothing; the version of incidents moves, so no old tile stays."""
    store_incident(ground, 1, [], state="unlocated")
    with ground:
        before = ground.tiles.version_of_incidents()
        publish(ground, 3, added=[], closed=("D", "S1", "S2", "K", "C1", "C2"))
        ground.commit()
    with ground:
        after = ground.tiles.version_of_incidents()
    assert incidents(ground, "D", places_incidents=True) == []
    assert before != after


def test_states_that_are_never_drawn_draw_nothing(ground: UnitOfWork):
    """Asked for merged and cancelled alone: no incident, and a count of none."""
    for number, state in enumerate(["merged", "cancelled", "handled"]):
        store_incident(ground, number, U1, state=state)
    wanted = TileFilters(states=("cancelled", "merged"))
    assert incidents(ground, None, wanted) == []
    assert count(ground, filters=wanted)["U1"] == (0, False)


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


def test_the_version_of_incidents_moves_with_an_event_that_comes_late(ground: UnitOfWork):
    """An event with id 10 is committed after one with id 11: the greatest id stays, the version does not."""
    store_incident(ground, 1, U1)
    seen = []
    with ground:
        seen.append(ground.tiles.version_of_incidents())
        for number in (11, 10):
            ground._session.execute(
                text(
                    "INSERT INTO incident_event (id, incident_id, kind, actor, to_state) OVERRIDING SYSTEM VALUE"
                    " SELECT :id, id, 'reported', 'tests', 'reported' FROM incident"
                ),
                {"id": number},
            )
            seen.append(ground.tiles.version_of_incidents())
    assert seen == ["0.0.2", "11.1.2", "11.2.2"]


def test_the_version_of_buildings_is_their_row(ground: UnitOfWork):
    """Without a row it is 0, with one what the row says."""
    with ground:
        before = ground.tiles.version_of_buildings()
    set_building_version(ground, 7)
    with ground:
        assert (before, ground.tiles.version_of_buildings()) == ("0", "7")


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
        ("tile_incident_counts", "incident_chain_ix", "chain && $"),
        ("tile_buildings", "building_point_ix", f"point && {BOX}"),
        ("tile_incidents", "incident_point_ix", f"point && {BOX}"),
    ],
)
def test_a_statement_finds_its_rows_by_the_index_with_a_constant_box(
    ground: UnitOfWork, name: str, index: str, condition: str
):
    """Among 4000 of each, the tile's box is an index condition; so are the chains of the counted grids."""
    values = {
        "z": 16, "x": 51450, "y": 28090, "buffer": 64, "edition": 1, "layer_name": "grids", "as_points": False,
        "level": "unit_grid", "coarser": ["street", "community"], "kind": None, "small_count": 3, "scope": "D",
        "places_incidents": True, "category": None, "states": None, "since": None, "until": None,
    }  # fmt: skip
    with ground:
        for written in FILL:
            ground._session.execute(text(written))
        plan = "\n".join(ground._session.scalars(text("EXPLAIN " + statement(name).text), values))
    scan = re.search(rf"Index (?:Only )?Scan (?:using|on) {index}.*\n\s*Index Cond: \((.*)\)", plan)
    assert scan is not None, plan
    assert scan[1].startswith(condition), plan


# Squares of 100 m, and a building and an incident in each.
FILL = (
    "INSERT INTO grid_code (code) SELECT 'F' || n FROM generate_series(1, 4000) AS n",
    """
    INSERT INTO grid (code, editions, level, parent, name, area_m2, label_point, shape)
    SELECT 'F' || n, '[1,)', 'unit_grid', 'C2', '', 1, ST_Centroid(square), ST_Multi(square)
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
