from __future__ import annotations

import pytest

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import PUBLIC, ROLES, Principal
from gis_service.use_cases.render_tile import permission_class, read_data_version, render_tile, visible_layers
from tests.support.tile_ground import (
    EDITION,
    features,
    set_building_version,
    shapes_by_code,
    store_building,
    store_ground,
    store_incident,
    tile_at,
)
from tests.support.tile_things import store_things
from tiles.etag import TileKey
from tiles.filters import TileFilters

ALL = ("grids", "grid_labels", "buildings", "incidents")


def render(work: UnitOfWork, zoom: int, principal: Principal = PUBLIC, filters: TileFilters | None = None) -> bytes:
    address = tile_at(zoom, 102.7099, 25.0101)
    key = TileKey(1, ALL, address, (), permission_class(principal), filters or TileFilters())
    return render_tile(key, EDITION, principal, work)


@pytest.fixture
def ground(work: UnitOfWork) -> UnitOfWork:
    store_ground(work)
    store_building(work, "B1", 102.7099, 25.0101, "U1")
    for number in range(3):
        store_incident(work, number, ["D", "S1", "C1", "U1"], lon=102.7099, lat=25.0101)
    return work


def test_a_tile_holds_every_layer_that_has_features_at_its_zoom(ground: UnitOfWork):
    """Buildings begin at zoom 13; the public sees three incidents of S1 as one count of five at zoom 10."""
    low, high = render(ground, 10), render(ground, 13)
    assert [bool(features(low, layer)) for layer in ALL] == [True, True, False, True]
    assert bool(features(high, "buildings"))
    counted = {one["properties"]["grid"]: one["properties"]["count"] for one in features(low, "incidents")}
    assert counted == {"S1": 5, "S2": 0, "K": 0}


@pytest.mark.parametrize("role", ROLES)
def test_every_role_sees_the_incidents_of_its_scope_one_by_one(ground: UnitOfWork, role: str):
    """Three in U1 for who works there, none for who works in K."""
    found = [
        len(features(render(ground, 15, Principal("a", role, scope)), "incidents")) for scope in ("U1", "K", None)
    ]
    assert found == [3, 0, 3]


def test_from_afar_incidents_of_a_scope_are_clusters(ground: UnitOfWork):
    """The three at one place are one cluster up to zoom 14, and the public's counts are what they were."""
    (cluster,) = features(render(ground, 14, Principal("a", "router", "U1")), "incidents")
    assert cluster["properties"] == {"count": 3, "expands_at": 15, "open": 3, "larger": 0, "major": 0}
    assert features(render(ground, 14, Principal("a", "router", "K")), "incidents") == []


def test_a_dispatcher_of_the_root_sees_what_has_no_owner(ground: UnitOfWork):
    """One incident without an owner besides the three in U1: four for dispatcher and admin of D, three for others."""
    store_incident(ground, 9, [], lon=102.7099, lat=25.0101, state="unlocated")
    found = {role: len(features(render(ground, 15, Principal("a", role, "D")), "incidents")) for role in ROLES}
    assert found == dict.fromkeys(ROLES, 3) | {"dispatcher": 4, "admin": 4}


def test_a_level_asked_for_is_drawn_alone(ground: UnitOfWork):
    """At zoom 10, where streets are drawn, unit grids: and no street stands in."""
    tile = render(ground, 10, filters=TileFilters(level="unit_grid"))
    assert set(shapes_by_code(tile)) == set(shapes_by_code(tile, "grid_labels")) == {"U1", "U2"}


def test_callers_who_see_the_same_share_a_class():
    """Two routers of one scope do; role, scope and no scope at all tell apart, and nobody's name is in it."""
    callers = [
        PUBLIC,
        Principal("ann", "router", "U1"),
        Principal("bob", "router", "U1"),
        Principal("ann", "router", "U2"),
        Principal("ann", "router", None),
        Principal("ann", "worker", "U1"),
    ]
    classes = [permission_class(one) for one in callers]
    assert len(set(classes)) == 5
    assert classes[1] == classes[2]
    assert "ann" not in "".join(classes)


def test_each_layer_that_moves_has_its_version(ground: UnitOfWork):
    """Buildings: 5, as their row says; incidents: none, as of edition 2; then what was changed."""
    set_building_version(ground, 5)
    assert read_data_version("buildings", ground).startswith("5.")
    assert read_data_version("incidents", ground).startswith("0.2.")


def test_the_version_of_indicators_moves_with_all_that_is_counted_there(ground: UnitOfWork):
    """Their own tables, buildings, incidents: as they were, 5 and edition 2; other layers have their own alone."""
    set_building_version(ground, 5)
    own, buildings, incidents = read_data_version("indicators", ground).split("/")
    assert (buildings[:2], incidents[:4]) == ("5.", "0.2.")
    store_things(ground)
    assert int(read_data_version("indicators", ground).split("/")[0]) > int(own)
    assert read_data_version("hotspots", ground) == read_data_version("incidents", ground)
    assert all(int(read_data_version(layer, ground)) > 0 for layer in ("resources", "devices", "tracks"))


def test_roles_that_see_other_layers_or_classes_of_data_are_of_other_classes():
    """Whatever the scope, what is visible is a matter of the class; three roles know of tracks."""
    callers = [PUBLIC, *(Principal("a", role, scope) for role in ROLES for scope in (None, "U1"))]
    seen = {}
    for one in callers:
        sight = (one.data_classes, frozenset(visible_layers(one)), one.scope)
        assert seen.setdefault(permission_class(one), sight) == sight
    assert {one.role for one in callers if "tracks" in visible_layers(one)} == {"dispatcher", "auditor", "admin"}
    assert {one.role for one in callers if "hotspots" in visible_layers(one)} == set(ROLES)
