"""Whatever is written into an address or a query of tiles, archives and styles is refused, and breaks nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.routing import Route
from starlette.testclient import TestClient

from gis_service.api import ogc, ogc_tiles
from gis_service.api.archives import archive_routes
from gis_service.api.esri import esri_routes
from gis_service.api.matrix_tiles import matrix_set_routes, matrix_tile_routes
from gis_service.api.ogc_parameters import FIXED_PARAMETERS
from gis_service.api.plan_tiles import plan_tile_routes
from gis_service.api.styles import style_routes
from gis_service.api.tiles import tile_routes
from gis_service.domain.feature import COLLECTIONS
from gis_service.use_cases.create_plan import create_plan
from gis_service.use_cases.create_token import create_token
from tests.support.effort import EFFORT
from tests.support.ground import PLANNER
from tests.support.tile_ground import tile_at
from tiles.filters import PARAMETERS
from tiles.matrix_sets import WEB_MERCATOR

OGC_ROUTES = [
    route.path
    for route in (*ogc_tiles.ogc_tile_routes, *ogc.router.routes, *ogc_tiles.router.routes)
    if isinstance(route, Route)
]
ROUTES = [
    *(route.path for route in (*tile_routes, *plan_tile_routes, *archive_routes, *style_routes)),
    *(route.path for route in (*matrix_set_routes, *matrix_tile_routes, *esri_routes)),
    *OGC_ROUTES,
]
OF_LAYERS = [
    route for route in ROUTES if "{layers}" in route and "{plan_id}" not in route and "/resources/" not in route
]
AT_AN_INSTANT = [route for route in OF_LAYERS if "{edition}" in route]

INJECTED = ("' OR '1'='1", "1; DROP TABLE grid; --", "1) UNION SELECT code FROM grid --", "$1", ":level", "%s", "\\'")
ODD_NUMBERS = ("-1", "+1", "01", "1.0", "1e3", "0x10", "٣", "１", "²", "NaN", "9" * 10, "9" * 5000, str(2**63), "1_0")
ODD_WORDS = ("", " ", "\0", "a\0b", ".", "..", "../../etc/passwd", "\n", "\ud7ff", "🗺", "a" * 5000)
LEFT_OUT = ("", ".", "..")  # by clients, or with a slash at the end: what is left may be a good address
HUNDRED = ",".join(f"layer{number}" for number in range(100))
ODD = (*INJECTED, *ODD_NUMBERS, *ODD_WORDS, HUNDRED, "grids," * 100)


@pytest.fixture(scope="module")
def good(planted: TestClient, planted_work) -> Iterator[dict[str, str]]:
    """What makes each route answer: a value for each parameter, and a planner's header."""
    plan = create_plan("draft", PLANNER, planted_work)
    secret, _ = create_token(role="planner", scope=None, label="", lifetime=timedelta(hours=1), work=planted_work)
    planted.headers["Authorization"] = f"Bearer {secret}"
    inside = tile_at(14, 102.719, 25.03)
    yield {
        "edition": "1",
        "layers": "grids",
        "z": str(inside.z),
        "x": str(inside.x),
        "y": str(inside.y),
        "plan_id": str(plan.id),
        "theme": "light",
        "name": "planted.pmtiles",
        "matrix": WEB_MERCATOR.id,
        "tile_matrix_set": WEB_MERCATOR.id,
        "tile_matrix": str(inside.z),
        "tile_row": str(inside.y),
        "tile_col": str(inside.x),
        "collection": "grids",
        "collection_id": "grids",
        "feature_id": "K",
    }
    del planted.headers["Authorization"]


def fill(route: str, values: dict[str, str]) -> str:
    """Return the path of a route with these values, each as it must be written to be one part of a path."""
    for name, value in values.items():
        route = route.replace(f"{{{name}}}", quote(value, safe=","))
    return route


def is_refused(answer) -> bool:
    """Tell whether an answer is a refusal that says why."""
    return 400 <= answer.status_code < 500 and answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("route", [route for route in ROUTES if "{name}" not in route])
def test_the_good_values_are_good(planted: TestClient, good: dict[str, str], route: str):
    """Without this the tests below would prove nothing: each route but that of files answers them with 200."""
    assert planted.get(fill(route, good)).status_code == 200


@pytest.mark.parametrize("route", [route for route in ROUTES if "{" in route])
def test_one_odd_part_of_a_path_is_refused(planted: TestClient, good: dict[str, str], route: str):
    """SQL, signs, digits of other scripts, huge numbers, zero bytes, dots, a hundred layers: 4xx, and said so."""
    names = [name for name in good if f"{{{name}}}" in route]
    for name in names:
        for value in ODD:
            path = fill(route, good | {name: value})
            answer = planted.get(path)
            is_elsewhere = value in LEFT_OUT and answer.status_code == 200
            assert is_refused(answer) or is_elsewhere, (path, answer.status_code, answer.text)


@pytest.mark.parametrize("route", OF_LAYERS)
@pytest.mark.parametrize("parameter", sorted(PARAMETERS))
def test_an_odd_filter_is_refused(planted: TestClient, good: dict[str, str], route: str, parameter: str):
    """In every filter that a layer of the tile obeys; by name."""
    path = fill(route, good | {"layers": "grids,incidents"})
    for value in (*ODD, "street" * 20, "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+23:59"):
        answer = planted.get(path, params={parameter: value})
        assert is_refused(answer), (parameter, value, answer.status_code, answer.text)
        assert parameter in answer.json()["detail"]


@pytest.mark.parametrize("route", AT_AN_INSTANT)
def test_an_odd_instant_is_refused(planted: TestClient, good: dict[str, str], route: str):
    """As the one at which an edition is in force, and of an edition that the address names, however good it is."""
    path = fill(route, good | {"edition": "current"})
    assert planted.get(path, params={"at": "2026-03-01T00:00:00Z"}).status_code == 200
    for value in (*ODD, "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"):
        answer = planted.get(path, params={"at": value})
        assert is_refused(answer), (value, answer.status_code, answer.text)
        assert "at" in answer.json()["detail"]
    assert is_refused(planted.get(fill(route, good), params={"at": "2026-03-01T00:00:00Z"}))
    assert is_refused(planted.get(path, params={"at": "2025-03-01T00:00:00Z"}))


@pytest.mark.parametrize("collection", sorted(COLLECTIONS))
def test_what_features_are_asked_for_breaks_nothing(planted: TestClient, good: dict[str, str], collection: str):
    """A property that is odd: refused, or a value that no feature has; SQL finds nothing."""
    path = f"/ogc/collections/{collection}/items"
    assert planted.get(path).json()["numberMatched"] > 0
    for one in COLLECTIONS[collection].properties:
        for value in (*INJECTED[:3], "-1", "NaN", "9" * 5000, "\0", "a" * 5000):
            answer = planted.get(path, params={one.name: value})
            if answer.status_code == 200 and one.kind != "instant":
                assert answer.json()["numberMatched"] == 0, (one.name, value)
            else:
                assert is_refused(answer), (one.name, value, answer.status_code, answer.text)


@pytest.mark.parametrize("parameter", ["f", *FIXED_PARAMETERS])
def test_an_odd_parameter_of_features_is_refused(planted: TestClient, good: dict[str, str], parameter: str):
    """As a filter is; but a limit is cut to what is given at once."""
    for value in ODD:
        answer = planted.get("/ogc/collections/grids/items", params={parameter: value})
        is_limit = parameter == "limit" and answer.status_code == 200 and value.strip("0123456789") == ""
        assert is_refused(answer) or is_limit, (parameter, value, answer.status_code, answer.text)


@pytest.mark.parametrize("parameter", ["lang", "edition"])
def test_an_odd_parameter_of_a_style_is_refused(planted: TestClient, good: dict[str, str], parameter: str):
    """As a filter is."""
    for value in ODD:
        answer = planted.get("/styles/light.json", params={parameter: value})
        assert is_refused(answer), (parameter, value, answer.status_code)


def test_what_no_route_reads_changes_nothing(planted: TestClient, good: dict[str, str]):
    """A query of 60 kB, of a thousand parameters, or with half a character: the tile is as without it."""
    path = fill(ROUTES[0], good)
    expected = planted.get(path)
    for query in ("q=" + "a" * 60_000, "&".join(f"p{n}={n}" for n in range(1000)), "q=%FF%00&%FE", "&&==&", "?"):
        answer = planted.get(f"{path}?{query}")
        assert (answer.status_code, answer.content) == (200, expected.content), query


NUMBERS = st.one_of(st.integers(-(2**70), 2**70).map(str), st.sampled_from(ODD))
WORDS = [
    "layers",
    "edition",
    "theme",
    "name",
    "matrix",
    "tile_matrix_set",
    "collection",
    "collection_id",
    "feature_id",
]
TEXTS = st.one_of(st.text(max_size=20), st.sampled_from(ODD), st.sampled_from(["grids", "1", "current", "light"]))


@settings(max_examples=150 * EFFORT, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(ROUTES),
    st.dictionaries(
        st.sampled_from(["z", "x", "y", "plan_id", "edition", "tile_matrix", "tile_row", "tile_col"]),
        NUMBERS,
        max_size=3,
    ),
    st.dictionaries(st.sampled_from(WORDS), TEXTS, max_size=2),
    st.lists(
        st.tuples(st.sampled_from([*sorted(PARAMETERS), "at", "lang", "edition", "f", *FIXED_PARAMETERS]), TEXTS),
        max_size=3,
    ),
    st.dictionaries(
        st.sampled_from(["range", "if-range", "if-none-match", "accept-encoding", "authorization", "x-request-id"]),
        st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=20),
        max_size=2,
    ),
)
@example(ROUTES[0], {"z": "22", "x": str(2**22 - 1), "y": str(2**22 - 1)}, {}, [], {})
@example(ROUTES[0], {"z": "0", "x": "0", "y": "0"}, {}, [], {"range": "bytes=0-"})
def test_nothing_that_is_asked_is_our_fault(
    planted: TestClient,
    good: dict[str, str],
    route: str,
    numbers: dict[str, str],
    words: dict[str, str],
    query: list[tuple[str, str]],
    headers: dict[str, str],
):
    """Any mixture: an answer below 500, and every refusal a problem."""
    answer = planted.get(
        fill(route, good | numbers | words),
        params=query,
        headers={name: value.encode("latin-1") for name, value in headers.items()},
    )
    assert answer.status_code < 500
    assert answer.status_code < 400 or answer.headers["content-type"] == "application/problem+json"
