from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from gis_service.api.tile_cache import TileCache
from gis_service.app import create_app
from gis_service.settings import Settings
from gis_service.use_cases import render_tile
from tiles.layers import LAYERS

SLOWLY = {"content-length": "0"}
"""A header that usual requests do not have: the application behind answers."""

TILE = "/tiles/1/grids/12/3216/1753.mvt"
PLACES = ["12/3216/1753", "13/6433/3507", "9/402/219", "0/0/0"]
ODD_PLACES = ["12/-1/1753", "12/3216/1753.mvt", "12/03216/1753", "12/0/0", "23/1/1", "12/４/1", "12/3216"]
PATHS = st.builds(
    "/tiles/{}/{}/{}.mvt{}".format,
    st.sampled_from(["1", "current", "%31", "01", "2", "-1", "1.0", "99999999999"]),
    st.sampled_from(["grids", "grids,grid_labels", "incidents", "buildings", "grid%73", "grids,grids", "", "sea"]),
    st.sampled_from(PLACES * 3 + ODD_PLACES),
    st.sampled_from(["", "", "", "", "/", "?", "?level=street", "?x=1", ".mvt"]),
)
USUAL_PATHS = st.builds(
    "/tiles/{}/{}/{}.mvt".format,
    st.sampled_from(["1", "current"]),
    st.sampled_from(["grids", "grids,incidents", "buildings"]),
    st.sampled_from(PLACES),
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "accept-encoding": st.sampled_from(
            [
                "br",
                "gzip",
                "gzip, deflate, br",
                "gzip;q=1, br;q=0.5",
                "identity",
                "",
                "x-gzip",
                "*",
                "br;q=2",
                "é".encode(),
            ]
        ),
        "if-none-match": st.sampled_from(["*", '"x"', 'W/"x", {}', "{}", "W/{}", "{}x", '"a" {}', "", "*, {}"]),
        "origin": st.sampled_from(["http://map.example", "null", ""]),
        "cookie": st.just("a=b"),
        "authorization": st.sampled_from(["Bearer", "Basic x", "Bearer  {token}", "bearer {token}", "Bearer wrong"]),
        "x-request-id": st.sampled_from(["abc", "a b"]),
    },
)


@pytest.fixture
def nobody_behind(demo_client, monkeypatch):
    """Call it, and only what is in front of the application answers."""
    return lambda: monkeypatch.setattr(demo_client.app._front._app._app, "_app", None)


def same(quick, slow) -> None:
    assert (quick.status_code, quick.content) == (slow.status_code, slow.content)
    headers = [{**answer.headers, "x-request-id": ""} for answer in (quick, slow)]
    assert headers[0] == headers[1]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(USUAL_PATHS | PATHS, HEADERS, st.sampled_from(["GET", "GET", "GET", "HEAD", "POST", "OPTIONS"]))
@example("/tiles/1/grids,buildings/13/6433/3507.mvt", {"authorization": "Bearer {token}"}, "GET")
@example(TILE, {"if-none-match": "{}", "origin": "http://map.example"}, "HEAD")
@example("/tiles/1/buildings/13/0/0.mvt", {}, "GET")
def test_the_quick_answer_is_the_answer(demo_client, demo_tokens, path, headers, method):
    """Any request, usual or odd, is answered with the same status, headers and bytes as behind all layers.

    It is asked twice in front: what the second gets is mostly remembered.
    """
    kept = {"accept-encoding": ""} | headers
    tag = demo_client.get(path, headers={**kept, **SLOWLY, "if-none-match": ""}).headers.get("etag", '"none"')
    for name in {"if-none-match", "authorization"} & set(kept):
        kept[name] = kept[name].replace("{token}", demo_tokens["router"]).replace("{}", tag)
    slow = demo_client.request(method, path, headers={**kept, **SLOWLY})
    for _ in range(2):
        same(demo_client.request(method, path, headers=kept), slow)


@pytest.mark.parametrize("path", [TILE, TILE.replace("/1/", "/current/"), TILE.replace("grids", "incidents")])
@pytest.mark.parametrize("more", [{}, {"origin": "http://map.example"}, {"authorization": "Bearer {}"}])
def test_a_tile_answered_before_never_reaches_the_application(demo_client, demo_tokens, nobody_behind, path, more):
    """Nobody stands behind, and yet there are the tile, its head, and a 304 for its tag."""
    more = {name: value.format(demo_tokens["router"]) for name, value in more.items()}
    # A token is known, and a data version read, when the first request has been answered; then it is remembered.
    before = [demo_client.get(path, headers=more) for _ in range(2)][1]
    nobody_behind()
    answer = demo_client.get(path, headers=more)
    assert (answer.status_code, answer.content) == (before.status_code, before.content)
    assert demo_client.head(path, headers=more).headers["etag"] == before.headers["etag"]
    known = demo_client.get(path, headers={**more, "If-None-Match": before.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")


def test_current_follows_the_edition_at_once(demo_client):
    """The path is the same and the edition another: nothing of the one before is given."""
    path = TILE.replace("/1/", "/current/")
    assert demo_client.get(path).headers["x-edition"] == "1"
    state = demo_client.app_state
    held = state["snapshots"]
    try:
        state["snapshots"] = SimpleNamespace(current=SimpleNamespace(edition=2))
        assert demo_client.get(path).json()["code"] == "no-edition"
        state["snapshots"] = SimpleNamespace(current=None)
        assert demo_client.get(path).status_code == 404
    finally:
        state["snapshots"] = held
    assert demo_client.get(path).headers["x-edition"] == "1"


def test_what_moves_is_asked_for_again_when_it_has_moved(demo_client, monkeypatch):
    """Incidents of which more is known give another tag, and the one before is no longer given."""
    path = TILE.replace("grids", "incidents")
    before = [demo_client.get(path) for _ in range(2)][1].headers["etag"]
    versions = demo_client.app_state["tile_cache"].known_fact(("changes",), math.inf)
    monkeypatch.setattr(versions._layers["incidents"], "whole", 1)
    after = demo_client.get(path, headers={"If-None-Match": before})
    assert (after.status_code, after.headers["etag"] == before) == (200, False)


def test_the_quick_answer_tells_what_the_tile_lacks(demo_database, monkeypatch):
    """Room for a hundred buildings of a tile of the demo: how many more there are comes with the remembered tile."""
    layers = {**LAYERS, "buildings": replace(LAYERS["buildings"], most_features=100)}
    monkeypatch.setattr(render_tile, "LAYERS", layers)
    app = create_app(Settings(database_url=demo_database))
    with TestClient(app) as client:
        path = TILE.replace("grids/12/3216/1753", "buildings/13/6433/3507")
        answers = [client.get(path) for _ in range(2)]
        monkeypatch.setattr(app._front._app._app, "_app", None)
        answers.append(client.get(path))
        known = client.get(path, headers={"If-None-Match": answers[0].headers["etag"]})
    told = [answer.headers["x-truncated"] for answer in answers]
    assert told[0].startswith("buildings=")
    assert told == [told[0]] * 3
    assert (known.status_code, "x-truncated" in known.headers) == (304, False)


def test_a_tile_that_has_given_way_is_rendered_again(demo_client, monkeypatch):
    """The head of the answer is remembered, the body no longer."""
    before = demo_client.get(TILE)
    monkeypatch.setitem(demo_client.app_state, "tile_cache", TileCache(0))
    same(demo_client.get(TILE), before)


def test_origins_that_may_call_are_told_from_the_others(demo_database):
    """One listed, one not, and none, each asked twice and in turn: every answer is that of the application."""
    ours, other = {"origin": "http://ours.example"}, {"origin": "http://other.example"}
    app = create_app(Settings(database_url=demo_database, cors_origins=("http://ours.example",)))
    with TestClient(app) as client:
        for more in (ours, other, {}) * 2:
            same(client.get(TILE, headers=more), client.get(TILE, headers={**more, **SLOWLY}))
        assert client.get(TILE, headers=ours).headers["access-control-allow-origin"] == "http://ours.example"


def test_tiles_are_counted_by_layers_and_zoom(demo_client):
    """One rendered or remembered, one remembered, one by its tag; bytes as sent; the requests among all others."""
    path = "/tiles/1/grid_labels,grids/11/1608/876.mvt"
    labels = 'layers="grid_labels,grids",zoom="11"'

    def figure(name: str) -> float:
        lines = demo_client.get("/metrics").text.splitlines()
        return next((float(line.removeprefix(name)) for line in lines if line.startswith(name)), 0.0)

    first = demo_client.get(path, headers={"accept-encoding": ""})
    names = [
        f'gis_tile_answers_total{{layers="grid_labels,grids",source="{one}",zoom="11"}} '
        for one in ("memory", "tag", "database")
    ]
    names += [f"gis_tile_bytes_total{{{labels}}} "]
    names += ['gis_http_requests_total{method="GET",route="/tiles/{edition}/{layers}/{z}/{x}/{y}.mvt",status="200"} ']
    before = [figure(name) for name in names]
    assert demo_client.get(path, headers={"accept-encoding": ""}).content == first.content
    demo_client.get(path, headers={"accept-encoding": "", "if-none-match": first.headers["etag"]})
    after = [figure(name) for name in names]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 0, len(first.content), 1]
    assert figure(f"gis_tile_sql_seconds_total{{{labels}}} ") > 0
    assert figure("gis_tile_cache_bytes ") > len(first.content)
