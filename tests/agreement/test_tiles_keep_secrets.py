"""What the public sees of incidents in any tile, and whether what a worker remembers stays with whom it is for."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import httpx2
import mapbox_vector_tile
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from gis_service.api.tile_cache import TileCache
from gis_service.domain.access import PUBLIC, Principal
from gis_service.use_cases.describe_tiles import read_tile_edition
from gis_service.use_cases.render_tile import permission_class, render_tile
from tests.support.effort import EFFORT
from tests.support.planted_things import OPEN_INDICATOR, TELEPHONE
from tests.support.planted_tiles import CALLERS, SECRET_CATEGORY, SECRET_PLACE, layers_shown, tiles_to
from tests.support.tile_ground import BOUNDS, features, tile_at
from tiles.address import EXTENT, MAX_ZOOM, TileAddress
from tiles.etag import TileKey
from tiles.filters import TileFilters
from tiles.layers import LAYERS

QUERIES = (
    "",
    f"?category={SECRET_CATEGORY}",
    "?state=dispatched",
    "?since=2026-03-04T05:06:07Z&until=2026-03-04T05:06:08Z",
    "?level=micro_grid&kind=standard",
)
RESTRICTED = {
    "incident",
    "category",
    "severity",
    "state",
    "owner",
    "description",
    "occurred_at",
    "reported_by",
    "due_at",
}
WRITTEN = (b"5ec4e7", TELEPHONE.encode(), SECRET_CATEGORY.encode(), b"dispatched", b"major", b"hotline")
SEALED = (b"important_", b"core_")  # what the names of indicators, resources and devices begin with
SEEN_FROM = 15
"""From this zoom on a tile unit is less than half a metre: a place that is told is told exactly."""


def looked_at() -> list[TileAddress]:
    """All tiles to zoom 13, and to the deepest those that could show the secret's place."""
    around = shapely.Point(SECRET_PLACE)
    return tiles_to(13, shapely.box(*BOUNDS)) + [one for one in tiles_to(MAX_ZOOM, around, 256) if one.z > 13]


def metres_from_secret(address: TileAddress, place: list[float]) -> float:
    """How far from the secret's place a place in tile units is."""
    west, _, east, north = address.bounds_3857
    unit_m = (east - west) / EXTENT
    lon, lat = SECRET_PLACE
    x_m = 6378137 * math.radians(lon)
    y_m = 6378137 * math.asinh(math.tan(math.radians(lat)))
    return math.hypot(west + place[0] * unit_m - x_m, north - place[1] * unit_m - y_m)


def fields_of_all(name: str) -> set[str]:
    """The fields of a layer that everyone may see, here."""
    return set(LAYERS[name].fields_for(exact=False)) | ({OPEN_INDICATOR} if name == "indicators" else set())


def public_tile(client: TestClient, headers: dict[str, str], names: str, address: TileAddress, query: str) -> bytes:
    answer = client.get(f"/tiles/1/{names}/{address}.mvt{query}", headers=headers)
    assert answer.status_code in {200, 204}, (address, query, answer.text)
    return answer.content


@pytest.mark.parametrize("query", QUERIES)
def test_no_tile_of_the_public_tells_an_incident(planted: TestClient, query: str):
    """Every layer, zoom 0 to 22: no word of it, no restricted field, no point where it is, no exact count.

    Nor is any word there of what is measured or stored for others.
    """
    names = ",".join(layer.name for layer in layers_shown(planted, {}))
    counted = 0
    for address in looked_at():
        tile = public_tile(planted, {}, names, address, query)
        assert [word for word in (*WRITTEN, *SEALED) if word in tile] == [], (address, query)
        decoded: dict[str, Any] = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True})
        for name, layer in decoded.items():
            told = {key for one in layer["features"] for key in one["properties"]}
            assert told <= fields_of_all(name), (address, name)
            if LAYERS[name].geometry == "point" and address.z >= SEEN_FROM:
                places = [one["geometry"]["coordinates"] for one in layer["features"]]
                assert all(metres_from_secret(address, place) > 5 for place in places), (address, name)
        for one in decoded.get("incidents", {"features": []})["features"]:
            properties = one["properties"]
            assert RESTRICTED.isdisjoint(properties)
            assert properties["count"] % 5 == 0
            counted += 1
    assert counted > 0


def test_the_secret_is_there_to_be_found(planted: TestClient, callers: dict[str, dict[str, str]]):
    """The router of K gets it at every zoom, with its words and its place: the test above looks where it is."""
    for zoom in range(MAX_ZOOM + 1):
        address = tile_at(zoom, *SECRET_PLACE)
        tile = public_tile(planted, callers["router of K"], "incidents", address, "")
        assert b"5ec4e75e" in tile, zoom
        if zoom >= SEEN_FROM:
            (one,) = features(tile, "incidents")
            assert metres_from_secret(address, one["geometry"]["coordinates"]) < 5


def test_tilejson_tells_the_public_no_restricted_field(planted: TestClient):
    """What is described is what is shown."""
    for layer in layers_shown(planted, {}):
        (described,) = planted.get(f"/tiles/1/{layer.name}.json").json()["vector_layers"]
        assert set(described["fields"]) == fields_of_all(layer.name)
        assert layer.name != "incidents" or RESTRICTED.isdisjoint(described["fields"])


@dataclass
class Truth:
    """What each caller may see of each tile, rendered without anything remembered."""

    work: Any
    known: dict[tuple[str, str, TileAddress], bytes] = field(default_factory=dict, repr=False)

    def of(self, caller: str, name: str, address: TileAddress) -> bytes:
        key = caller, name, address
        if key not in self.known:
            who = CALLERS[caller]
            principal = PUBLIC if who is None else Principal(name="", role=who[0], scope=who[1])
            edition = read_tile_edition(1, self.work)
            tile = TileKey(1, (name,), address, (), permission_class(principal), TileFilters())
            self.known[key] = render_tile(tile, edition, principal, self.work)
        return self.known[key]


PLACES = [tile_at(10, 102.73, 25.03), tile_at(14, *SECRET_PLACE)]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(sorted(CALLERS)),
        st.sampled_from(["incidents", "grids", "indicators", "resources"]),
        st.sampled_from(PLACES),
        st.sampled_from(["", *sorted(CALLERS)]),
        st.sampled_from(["go on", "go on", "go on", "forget bodies", "as usual"]),
    ),
    min_size=2,
    max_size=12,
)


@pytest.fixture(scope="module")
def truth(planted_work, callers) -> Truth:
    return Truth(planted_work)


@settings(max_examples=30 * EFFORT, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_callers_who_take_turns_never_get_what_is_another_s(
    planted: TestClient, callers: dict[str, dict[str, str]], truth: Truth, steps: list[tuple]
):
    """Through memory, disk and the quick path, with one's own tag or another's: each gets what the database tells.

    A 304 comes only when the tag shown is that of what one would get.
    """
    tags: dict[tuple[str, str, TileAddress], str] = {}
    for caller, name, address, tag_of, how in steps:
        if how == "forget bodies":
            planted.app_state["tile_cache"] = TileCache(1_000_000)
        headers = callers[caller] | {"accept-encoding": ""}
        if how == "as usual":
            headers["content-length"] = "0"  # the quick path leaves such a request to the application behind
        shown = tags.get((tag_of, name, address))
        if shown is not None:
            headers["if-none-match"] = shown
        answer: httpx2.Response = planted.get(f"/tiles/1/{name}/{address}.mvt", headers=headers)
        expected = truth.of(caller, name, address)
        if answer.status_code == 304:
            assert shown == answer.headers["etag"]
            assert truth.of(tag_of, name, address) == expected
        else:
            assert (answer.status_code, answer.content) == (200 if expected else 204, expected)
        assert answer.headers["cache-control"].startswith("public" if caller == "public" else "private")
        known = tags.setdefault((caller, name, address), answer.headers["etag"])
        assert known == answer.headers["etag"]
    for (one, name, address), tag in tags.items():
        for other in CALLERS:
            assert other == one or tags.get((other, name, address)) != tag
