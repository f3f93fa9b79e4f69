from __future__ import annotations

from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

AROUND = (102.6, 24.9, 103.1, 25.6)
SLOWLY = {"content-length": "0"}
"""A header that usual requests do not have: the application behind answers."""

ODD = st.one_of(
    st.sampled_from(
        ["0102.73", "+102.73", "%31%30%32.73", "1.0273e2", "102.", ".5", "-0", "-0.0", "", "102,73", "-"]
    ),
    st.sampled_from(["nan", "inf", "1e999", "180.0000001", "999", "90.5", "１０２.７３", "102.73%20", "0" * 40]),
    st.text(max_size=5).map(quote),
)
WRITTEN = st.sampled_from([repr, "{:.9f}".format, "{:.7f}".format, "{:.12f}".format, "{:.2f}".format, "{:e}".format])
LONS = st.builds(lambda degrees, write: write(degrees), st.floats(AROUND[0], AROUND[2]), WRITTEN)
LATS = st.builds(lambda degrees, write: write(degrees), st.floats(AROUND[1], AROUND[3]), WRITTEN)
POINTS = st.tuples(st.tuples(st.just("lon"), LONS | ODD), st.tuples(st.just("lat"), LATS | ODD)).map(list)
PAIRS = st.lists(
    st.tuples(st.sampled_from(["lon", "lat", "Lon", "crs", "at", "lo%6E", "x"]), LONS | LATS | ODD), max_size=4
)


def test_the_usual_question_never_reaches_the_application(demo_client, monkeypatch):
    """Nobody stands behind, and yet there is an answer."""
    monkeypatch.setattr(demo_client.app._front._app, "_app", None)
    answer = demo_client.get("/v1/locate?lon=102.73&lat=25.05")
    assert answer.json()["chain"][0]["code"] == "530103"


def compared(client, url: str):
    quick, slow = client.get(url), client.get(url, headers=SLOWLY)
    assert (quick.status_code, quick.content) == (slow.status_code, slow.content)
    headers = [{**answer.headers, "x-request-id": ""} for answer in (quick, slow)]
    assert headers[0] == headers[1]
    return quick


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(POINTS | PAIRS, st.sampled_from(["", "", "", "&", "#", "&&"]))
@example([("lon", "102.73"), ("lat", "25.05"), ("lon", "102.73")], "")
@example([("lat", "25.05"), ("lon", "102.73")], "")
@example([("lon", "102.73"), ("lat", "25.05"), ("min_edition", "1")], "")
def test_the_quick_answer_is_the_answer(demo_client, parameters, end):
    """Any query, usual or odd, is answered with the same status, headers and bytes as behind all layers."""
    compared(demo_client, "/v1/locate?" + "&".join(f"{name}={value}" for name, value in parameters) + end)


def test_corners_and_edges_are_answered_alike(demo_client):
    """Each tenth corner of a grid and the place half-way to the next one."""
    shape = demo_client.get("/v1/grids/530103002003001").json()["geometry"]
    ring = shape["coordinates"][0] if shape["type"] == "Polygon" else shape["coordinates"][0][0]
    found = set()
    for (lon, lat), (next_lon, next_lat) in list(pairwise(ring))[::10]:
        for asked in ((lon, lat), ((lon + next_lon) / 2, (lat + next_lat) / 2)):
            found.add(compared(demo_client, f"/v1/locate?lon={asked[0]:.12f}&lat={asked[1]:.12f}").json()["match"])
    assert {"edge", "inside"} <= found


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "DELETE"])
def test_other_methods_are_answered_as_ever(demo_client, method):
    """HEAD as GET without a body, the others refused."""
    answer = demo_client.request(method, "/v1/locate?lon=102.73&lat=25.05")
    assert answer.status_code == (200 if method == "HEAD" else 405)
    assert (answer.content == b"") is (method == "HEAD")


@pytest.mark.parametrize(
    ("given_id", "is_kept"), [("abc-1.2_3", True), ("a b", False), ("x" * 65, False), ("", False)]
)
def test_a_request_keeps_its_id_or_gets_one(demo_client, given_id, is_kept):
    """As behind all layers: 64 letters, digits, dots, dashes and underscores at most."""
    url = "/v1/locate?lon=102.73&lat=25.05"
    for more in ({}, SLOWLY):
        told = demo_client.get(url, headers={"x-request-id": given_id, **more}).headers["x-request-id"]
        assert (told == given_id) is is_kept
        assert is_kept or len(told) == 32


def test_quick_answers_are_counted_with_the_others(demo_client):
    """Two quick ones and a slow one are three, in both counts."""

    def counts() -> list[float]:
        names = (
            'gis_http_requests_total{method="GET",route="/v1/locate",status="200"} ',
            'gis_http_request_seconds_count{route="/v1/locate"} ',
        )
        lines = demo_client.get("/metrics").text.splitlines()
        return [float(line.removeprefix(name)) for name in names for line in lines if line.startswith(name)]

    compared(demo_client, "/v1/locate?lon=102.73&lat=25.05")
    before = counts()
    compared(demo_client, "/v1/locate?lon=102.74&lat=25.05")
    demo_client.get("/v1/locate?lon=102.73&lat=25.05")
    assert [now - then for now, then in zip(counts(), before, strict=True)] == [3.0, 3.0]
