"""Plans drawn in memory: as their edition where they leave it alone, and what they do to it."""

from __future__ import annotations

import math

import pytest
import shapely
from shapely.geometry import shape
from sqlalchemy.orm import Session, sessionmaker

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import PUBLIC
from gis_service.domain.plan import Plan
from gis_service.domain.plan_operation import Operation
from gis_service.use_cases.change_plan import change_plan
from gis_service.use_cases.create_plan import create_plan
from gis_service.use_cases.describe_tiles import read_tile_edition
from gis_service.use_cases.draw_plan import (
    DrawnPlan,
    draw_changes,
    draw_findings,
    draw_grids,
    read_base,
    read_drawn_plan,
    read_plan_state,
)
from gis_service.use_cases.publish_plan import publish_plan
from gis_service.use_cases.render_tile import render_tile
from gis_service.use_cases.replace_grids import replace_grids
from grid_boundaries.partition import Grid
from tests.support.ground import FIRST_DAY, PLANNER, add_levels, publish_tree, tiny_tree
from tests.support.tile_ground import (
    assert_drawn_alike,
    features,
    grids,
    set_building_version,
    shapes_by_code,
    store_ground,
    tile_at,
)
from tiles.address import TileAddress
from tiles.encoding import hashed_id
from tiles.etag import TileKey
from tiles.filters import TileFilters
from tiles.layers import LAYERS

PLACE = (102.7195, 25.0205)
"""On the wavy edge, near the corner of U2, M1 and M2."""


@pytest.fixture
def ground(work: UnitOfWork) -> UnitOfWork:
    store_ground(work)
    return work


@pytest.fixture
def plan(ground: UnitOfWork) -> Plan:
    """An empty draft on edition 1."""
    return create_plan("重划", PLANNER, ground, base_edition=1)


def drawn_now(plan: Plan, work: UnitOfWork) -> DrawnPlan:
    return read_drawn_plan(plan.id, read_base(plan.base_edition, work), work)


def grid_tile(plan: Plan, work: UnitOfWork, address: TileAddress) -> bytes:
    drawn = drawn_now(plan, work)
    return draw_grids(drawn, drawn.view_at(address.z), work).encode("grids", address, LAYERS["grids"].buffer)


def stored_tile(number: int, work: UnitOfWork, address: TileAddress) -> bytes:
    key = TileKey(number, ("grids",), address, (), "public", TileFilters())
    return render_tile(key, read_tile_edition(number, work), PUBLIC, work)


def told(tile: bytes) -> dict[int, tuple[dict, shapely.Geometry]]:
    """Return the properties but the state, and the geometry in one spelling, by id."""
    found = {}
    for one in features(tile, "grids"):
        properties = {name: value for name, value in one["properties"].items() if name != "state"}
        found[one["id"]] = properties, shapely.normalize(shapely.simplify(shape(one["geometry"]), 0))
    return found


@pytest.mark.parametrize("zoom", [4, 7, 9, 10, 12, 13, 14, 16, 18])
def test_both_encoders_say_the_same_of_a_grid(plan: Plan, ground: UnitOfWork, zoom: int):
    """PostGIS of edition 1, mapbox-vector-tile of an empty plan on it: ids, fields and vertices, in bands and below.

    Where a slanting edge is cut, outside the tile, the two may round to neighbouring units.
    """
    address = tile_at(zoom, *PLACE)
    stored, drawn = told(stored_tile(1, ground, address)), told(grid_tile(plan, ground, address))
    assert stored.keys() == drawn.keys() != set()
    for number, (properties, geometry) in stored.items():
        assert drawn[number][0] == properties
        assert_drawn_alike(drawn[number][1], geometry)


def split_u2(plan: Plan, work: UnitOfWork) -> None:
    line = shapely.LineString([(102.71, 25.02105), (102.75, 25.02105)])
    change_plan(plan.id, Operation("split", {"code": "U2", "line": line, "new_codes": ["U3", "U4"]}), PLANNER, work)


def states(tile: bytes) -> dict[str, str]:
    return {one["properties"]["code"]: one["properties"]["state"] for one in features(tile, "grids")}


def test_a_split_is_drawn_with_what_was_there(plan: Plan, ground: UnitOfWork):
    """U2 becomes U3 and U4, whose ground was U2's; above, the tile is that of the edition."""
    split_u2(plan, ground)
    found = grid_tile(plan, ground, tile_at(14, *PLACE))
    assert {code: state for code, state in states(found).items() if state != "unchanged"} == {
        "U1": "refined",
        "U2": "removed",
        "U3": "added",
        "U4": "added",
    }
    ids = {one["properties"]["code"]: one["id"] for one in features(found, "grids")}
    assert ids["U3"] == hashed_id("grid", "U3") >= 2**52 > ids["U2"]
    changes = features(draw_changes(drawn_now(plan, ground)).encode("changes", tile_at(14, *PLACE), 64), "changes")
    assert {(one["properties"]["change"], one["properties"]["from"], one["properties"]["to"]) for one in changes} == {
        ("split", "U2", "U3"),
        ("split", "U2", "U4"),
    }
    assert sum(one["properties"]["area_m2"] for one in changes) == pytest.approx(8.93e6, rel=0.01)


@pytest.mark.parametrize("zoom", [10, 12, 14])
def test_a_plan_shows_what_its_publication_will(work: UnitOfWork, open_session: sessionmaker[Session], zoom: int):
    """The border of two communities becomes a wave of 60 vertices; published, the grids are those the plan showed."""
    add_levels(open_session)
    publish_tree(work, tiny_tree(), FIRST_DAY)
    plan = create_plan("重划", PLANNER, work)
    wave = [(102.71 + 0.0005 * math.sin(step / 4), 25.01 + step / 6000) for step in range(61)]
    wave[0], wave[-1] = (102.71, 25.01), (102.71, 25.02)
    between = ["530103001001001", "530103001002001"]
    move = Operation("move-edge", {"between": between, "line": shapely.LineString(wave)})
    change_plan(plan.id, move, PLANNER, work)
    address = tile_at(zoom, 102.71, 25.015)
    shown = grid_tile(plan, work, address)
    edition = publish_plan(plan.id, PLANNER, work, note="")
    published = shapes_by_code(stored_tile(edition.number, work, address))
    drawn = shapes_by_code(shown)
    assert published.keys() == drawn.keys()
    assert all(drawn[code].equals(published[code]) for code in drawn)
    assert {state for code, state in states(shown).items() if code in {*between, "530103001001"}} == (
        {"moved"} if zoom > 10 else set()
    )


def test_a_finding_too_small_for_a_tile_is_a_point(plan: Plan, ground: UnitOfWork):
    """K is pulled 0.2 m away from S2: the strip is an area at zoom 22 and a point at zoom 12."""
    k = next(one for one in grids() if one.code == "K")
    moved = Grid("K", shapely.box(102.760002, 25.00, 102.78, 25.08), k.level, k.parent, k.name)
    replace_grids(plan.id, [moved], PLANNER, ground)
    drawing = draw_findings(drawn_now(plan, ground), ground)
    gap = next(one for one in drawing.features if one.properties["rule"] == "uncovered-parent")
    place = gap.mark.coords[0]
    by_zoom = {
        zoom: [
            one
            for one in features(drawing.encode("findings", tile_at(zoom, *place), 128), "findings")
            if one["id"] == gap.id
        ]
        for zoom in (12, 22)
    }
    assert [one["geometry"]["type"] for one in by_zoom[12]] == ["Point"]
    assert "Polygon" in by_zoom[22][0]["geometry"]["type"]
    properties = by_zoom[12][0]["properties"]
    assert set(properties) == {"finding", "rule", "severity", "class", "grids", "message", "message_zh"}
    assert (properties["severity"], "K" in properties["grids"].split(",")) == ("error", True)
    assert gap.id == hashed_id("finding", properties["finding"])


def test_a_draft_with_a_bow_tie_is_drawn_as_it_is(plan: Plan, ground: UnitOfWork):
    """Its other grids are drawn too, without generalising, and the tie takes no part in the changes."""
    k = next(one for one in grids() if one.code == "K")
    tie = shapely.Polygon([(102.76, 25.00), (102.78, 25.08), (102.78, 25.00), (102.76, 25.08)])
    replace_grids(plan.id, [Grid("K", tie, k.level, k.parent, k.name)], PLANNER, ground)
    found = shapes_by_code(grid_tile(plan, ground, tile_at(10, *PLACE)))
    assert found["K"].geom_type == "MultiPolygon"
    assert {"S1", "S2"} <= found.keys()
    assert draw_changes(drawn_now(plan, ground)).features == []


def test_overlapping_grids_are_generalised_all_the_same(plan: Plan, ground: UnitOfWork):
    """S2 is drawn over half of K: both are there at zoom 10, and what S2 gained was nobody's at its level."""
    s2 = next(one for one in grids() if one.code == "S2")
    wide = shapely.box(102.74, 25.00, 102.77, 25.08)
    replace_grids(plan.id, [Grid("S2", wide, s2.level, s2.parent, s2.name)], PLANNER, ground)
    assert {"S1", "S2", "K"} <= shapes_by_code(grid_tile(plan, ground, tile_at(10, *PLACE))).keys()
    (change,) = draw_changes(drawn_now(plan, ground)).features
    assert (change.properties["change"], change.properties["from"], change.properties["to"]) == ("added", None, "S2")


def test_the_first_plan_of_all_is_drawn(work: UnitOfWork, open_session: sessionmaker[Session]):
    """Without a base a plan that draws nothing is as wide as the world; then everything is added, within its box."""
    add_levels(open_session)
    plan = create_plan("first", PLANNER, work)
    empty = drawn_now(plan, work)
    assert (plan.base_edition, empty.bounds[0]) == (None, -180)
    assert draw_grids(empty, empty.view_at(10), work).features == []
    replace_grids(plan.id, tiny_tree(), PLANNER, work)
    assert states(grid_tile(plan, work, tile_at(13, 102.705, 25.005))) == dict.fromkeys(
        ("530103001001", "530103001002"), "added"
    )
    assert drawn_now(plan, work).bounds == pytest.approx((102.70, 25.00, 102.72, 25.02))


def test_buildings_and_targets_belong_to_the_state_of_findings_alone(plan: Plan, ground: UnitOfWork):
    """A building more may be a finding more; it moves no grid."""
    before = [read_plan_state(plan.id, ground, with_surroundings=both).words for both in (True, False)]
    set_building_version(ground, 7)
    after = [read_plan_state(plan.id, ground, with_surroundings=both).words for both in (True, False)]
    assert (before[0] == after[0], before[1] == after[1]) == (False, True)
