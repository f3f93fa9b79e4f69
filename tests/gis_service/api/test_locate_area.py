from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely
from fastapi import FastAPI
from pyproj import Transformer
from shapely.geometry import mapping
from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import sessionmaker
from starlette.testclient import TestClient

from gis_service.api import locate_area
from gis_service.api.access import TokenCache
from gis_service.api.problems import install_problems
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.building import Building
from gis_service.domain.staff import StaffMember
from gis_service.use_cases.create_token import create_token
from grid_boundaries.locate.shifts import wgs84_to_gcj02
from grid_boundaries.measure import area_m2
from tests.support.desk import GROUND

LIMIT = 200
WEST_HALF = shapely.box(102.71, 24.99, 102.72, 25.05)
"""The east half of street D07, and some ground that is nobody's."""


@pytest.fixture
def staffed(ground) -> UnitOfWork:
    """A head for each grid, and one whose time is over."""
    since = date(2025, 1, 1)
    people = [StaffMember(f"{grid.code}长", "head", grid.code, since, "000****0001") for grid in GROUND]
    people.append(StaffMember("离任", "worker", "D07A", since, None, date(2025, 2, 1)))
    with ground as work:
        work.staff.add_many(people)
        work.commit()
    return ground


@pytest.fixture
def client(ground, open_session) -> Iterator[TestClient]:
    @asynccontextmanager
    async def lifespan(_):
        yield {
            "open_work": lambda: UnitOfWork(open_session),
            "token_cache": TokenCache(60),
            "timezone": ZoneInfo("Asia/Shanghai"),
            "area_vertex_limit": LIMIT,
        }

    app = FastAPI(lifespan=lifespan)
    app.include_router(locate_area.router)
    install_problems(app)
    with TestClient(app, raise_server_exceptions=False) as started:
        yield started


@pytest.fixture
def token(ground):
    def make(role: str, scope: str | None = None) -> dict[str, str]:
        secret, _ = create_token(role=role, scope=scope, label=role, lifetime=timedelta(hours=1), work=ground)
        return {"Authorization": f"Bearer {secret}"}

    return make


@pytest.fixture
def ask(client):
    def act(area, headers=None, **query):
        body = mapping(area) if isinstance(area, shapely.Geometry) else area
        sent = body if isinstance(body, str) else json.dumps(body)
        return client.post(
            "/v1/locate/area",
            content=sent,
            params=query,
            headers={"Content-Type": "application/geo+json", **(headers or {})},
        )

    return act


def test_an_area_is_answered_with_its_grids_and_what_stands_there(ask, staffed):
    """Half of D07A and D07B; the block B7 stands in the other half.  Staff is not told, nor how many there are."""
    answer = ask(WEST_HALF).json()

    assert answer.keys() == {
        "edition",
        "area_m2",
        "grids",
        "grids_total",
        "above",
        "buildings",
        "households",
        "staff",
        "truncated",
    }
    assert (answer["edition"], answer["buildings"], answer["households"]) == (1, 0, 0)
    assert answer["area_m2"] == pytest.approx(area_m2(WEST_HALF), abs=0.01)
    half = shapely.box(102.71, 25.00, 102.72, 25.02)
    assert answer["grids"][0] == {
        "code": "D07A",
        "name": "一网格",
        "level": "unit_grid",
        "parent": "D07",
        "area_m2": pytest.approx(area_m2(half), abs=0.01),
        "share": 0.5,
        "whole": False,
    }
    assert [grid["code"] for grid in answer["grids"]] == ["D07A", "D07B"]
    assert [(grid["code"], grid["share"]) for grid in answer["above"]] == [("D", 0.25), ("D07", 0.5)]
    assert answer["staff"] is None
    assert answer["truncated"] == {"grids": False, "above": False, "staff": False}


def wobbly(chance: random.Random) -> shapely.Polygon:
    """A star around a place of the small ground, its corners on a raster of thousandths."""
    lon, lat = chance.uniform(102.70, 102.74), chance.uniform(25.00, 25.04)
    angles = sorted(chance.uniform(0, 2 * np.pi) for _ in range(9))
    reach = [chance.uniform(0.002, 0.03) for _ in angles]
    corners = [
        (round(lon + far * np.cos(angle), 3), round(lat + far * np.sin(angle), 3))
        for angle, far in zip(angles, reach, strict=True)
    ]
    return shapely.make_valid(shapely.Polygon(corners))


def test_grids_and_counts_agree_with_brute_force(ask, ground):
    """Twenty stars over 900 buildings on a raster on which their corners and edges lie too: the edge counts."""
    places = [(round(102.695 + x / 500, 3), round(24.995 + y / 500, 3)) for x in range(25) for y in range(25)]
    with ground as work:
        built = [Building(f"R{n}", "x", "x", "x", *place, households=n) for n, place in enumerate(places)]
        work.buildings.add_many(built, [None] * len(built), 1)
        work.commit()
    chance, on_edge = random.Random(4), 0
    stars = [star for star in (wobbly(chance) for _ in range(30)) if star.geom_type in {"Polygon", "MultiPolygon"}]
    # The last is the whole ground: its cells are many enough to be counted in the database.
    for star in [*stars[:20], shapely.box(102.70, 25.00, 102.74, 25.04)]:
        answer = ask(star).json()
        inside = [n for n, place in enumerate(places) if star.covers(shapely.Point(place))]
        on_edge += sum(star.boundary.covers(shapely.Point(place)) for place in places)
        has_b7 = star.covers(shapely.Point(102.705, 25.005))
        assert (answer["buildings"], answer["households"]) == (len(inside) + has_b7, sum(inside))
        for grid in GROUND:
            found = [one for one in [*answer["grids"], *answer["above"]] if one["code"] == grid.code]
            assert bool(found) == star.relate_pattern(grid.shape, "T********")
            if found:
                common = shapely.intersection(star, grid.shape)
                assert found[0]["whole"] == star.covers(grid.shape)
                assert found[0]["area_m2"] == pytest.approx(area_m2(common), abs=0.05)
    assert on_edge > 50


def test_a_common_edge_is_no_common_ground(ask):
    """East of D07A lies D08A: an area that ends at their edge touches but one, and the other's staff sleeps on."""
    answer = ask(shapely.box(102.715, 25.005, 102.72, 25.015)).json()

    assert [grid["code"] for grid in answer["grids"]] == ["D07A"]


def test_grids_are_listed_of_one_level_when_asked(ask):
    """The two streets, the district above; no level is called village.  D08's north counts as a part of D08 alone."""
    answer = ask(shapely.box(102.70, 25.03, 102.74, 25.04), level="street").json()
    assert [(grid["code"], grid["share"]) for grid in answer["grids"]] == [
        ("D07", pytest.approx(0.25, abs=1e-4)),
        ("D08", pytest.approx(0.25, abs=1e-4)),
    ]
    assert [grid["code"] for grid in answer["above"]] == ["D"]

    refused = ask(WEST_HALF, level="village").json()
    assert (refused["code"], refused["errors"][0]["parameter"]) == ("unknown-level", "level")
    assert refused["detail"].startswith("no level is called 'village'; the levels are district, street, unit_grid")


def test_a_list_that_goes_on_says_so(ask, staffed, token):
    """Three unit grids, two grids above, six heads; no more than two of each are wanted."""
    answer = ask(shapely.box(102.70, 25.00, 102.74, 25.04), token("admin"), limit=2).json()

    assert [grid["code"] for grid in answer["grids"]] == ["D07A", "D07B"]
    assert (answer["grids_total"], len(answer["above"]), len(answer["staff"])) == (3, 2, 2)
    assert answer["truncated"] == {"grids": True, "above": True, "staff": True}


def test_staff_is_told_to_who_calls_them_on_their_own_ground(ask, staffed, token):
    """Heads of the touched grids, the upper ones first; a street's dispatcher sees the street's, a planner nobody."""

    def told(*role):
        staff = ask(WEST_HALF, token(*role)).json()["staff"]
        return staff and [one["grid"] for one in staff]

    assert told("dispatcher") == ["D", "D07", "D07A", "D07B"]
    assert told("worker", "D07B") == ["D07B"]
    assert told("router", "D08") == []
    assert told("planner") is told("auditor") is None
    assert ask(WEST_HALF, token("admin")).json()["staff"][0] == {
        "grid": "D",
        "role": "head",
        "name": "D长",
        "phone": "000****0001",
    }
    assert ask(WEST_HALF, {"Authorization": "Bearer x"}).status_code == 401


def test_who_served_then_is_told_for_then(ask, staffed, token):
    """The worker of D07A who left in February is there in January."""
    then = ask(WEST_HALF, token("admin"), at="2025-01-15T12:00:00+08:00").json()["staff"]
    assert "离任" in [one["name"] for one in then]


def test_the_edition_is_chosen_by_number_or_instant(ask, publish_edition):
    """D07B is gone in edition 2; both choices at once are one too many."""
    publish_edition(2, datetime(2025, 6, 1, tzinfo=UTC), [], ["D07B"])

    assert [grid["code"] for grid in ask(WEST_HALF).json()["grids"]] == ["D07A"]
    assert ask(WEST_HALF, edition=1).json()["grids_total"] == 2
    assert ask(WEST_HALF, at="2025-05-01T00:00:00Z").json()["edition"] == 1
    both = ask(WEST_HALF, edition=1, at="2025-05-01T00:00:00Z").json()
    assert (both["code"], both["errors"][0]["parameter"]) == ("edition-and-at", "at")
    unknown = ask(WEST_HALF, levels="street").json()
    told = "is no parameter of this address; it has crs, level, edition, at, limit"
    assert (unknown["code"], unknown["errors"]) == ("unknown-parameter", [{"parameter": "levels", "detail": told}])
    before = ask(WEST_HALF, at="2020-05-01T00:00:00Z").json()
    assert (before["code"], before["errors"][0]["parameter"]) == ("no-edition", "at")
    missing = ask(WEST_HALF, edition=9).json()
    assert (missing["code"], missing["errors"][0]["parameter"]) == ("no-edition", "edition")


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4543", "gcj02"])
def test_an_area_is_taken_in_its_own_system(ask, crs):
    """The same ground to a few square metres, from CGCS2000 in degrees and metres, and as AMap draws it."""

    def given(points):
        lons, lats = points.T
        if crs == "gcj02":
            return np.column_stack(wgs84_to_gcj02(lons, lats))
        if crs == "EPSG:4490":
            return points
        return np.column_stack(Transformer.from_crs("EPSG:4490", crs, always_xy=True).transform(lons, lats))

    answer = ask(
        {"type": "Feature", "properties": {}, "geometry": mapping(shapely.transform(WEST_HALF, given))}, crs=crs
    )

    assert answer.json()["area_m2"] == pytest.approx(area_m2(WEST_HALF), rel=1e-4)
    assert answer.json()["grids"][0]["share"] == pytest.approx(0.5, abs=1e-3)


def polygon(*ring):
    return {"type": "Polygon", "coordinates": [list(ring)]}


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ("{", "invalid-json", None),
        ("[]", "invalid-geojson", ""),
        ({"type": "FeatureCollection", "features": []}, "invalid-geojson", ""),
        ({"type": "Point", "coordinates": [102, 25]}, "invalid-geojson", ""),
        ({"type": "Feature", "geometry": None}, "invalid-geojson", "/geometry"),
        (
            {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}},
            "not-a-polygon",
            "/geometry/type",
        ),
        ({"type": "Polygon", "coordinates": []}, "invalid-geojson", "/coordinates"),
        ({"type": "MultiPolygon", "coordinates": []}, "invalid-geojson", "/coordinates"),
        (polygon([1, 1], [2, 1], [2, 2], [1, 2]), "invalid-geojson", "/coordinates/0"),
        (polygon([1, 1], [2, 1], [1, 1]), "invalid-geojson", "/coordinates/0"),
        (polygon([1, 1], [2, "1"], [2, 2], [1, 1]), "invalid-geojson", "/coordinates/0/1"),
        ('{"type":"Polygon","coordinates":[[[1,1],[NaN,1],[2,2],[1,1]]]}', "invalid-json", None),
        (polygon([1, 1], [2, 2], [2, 1], [1, 2], [1, 1]), "invalid-geometry", ""),
        (polygon([1, 1], [2, 2], [3, 3], [1, 1]), "invalid-geometry", ""),
        (polygon([1, 1], [2, 1], [2, 91], [1, 1]), "coordinate-out-of-range", "/coordinates/0/2"),
        (polygon([-179, 0], [179, 0], [179, 1], [-179, 1], [-179, 0]), "crosses-antimeridian", ""),
        (
            {
                "type": "MultiPolygon",
                "coordinates": [
                    polygon([1, 1], [2, 1], [2, 2], [1, 1])["coordinates"],
                    polygon([5, 1], [6, 1], [206, 2], [5, 1])["coordinates"],
                ],
            },
            "coordinate-out-of-range",
            "/coordinates/1/0/2",
        ),
    ],
)
def test_what_is_no_area_is_refused_at_its_place(ask, body, code, pointer):
    """Not JSON, another type, nothing in it, open, too short, no number, crossing, flat, out of range, too wide."""
    refused = ask(body)

    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert [fault["pointer"] for fault in refused.json().get("errors", [])] == ([] if pointer is None else [pointer])


def test_an_area_of_too_many_positions_is_too_large(ask):
    """One more than the limit, the last of them that closes the ring included."""
    angles = np.linspace(0, 2 * np.pi, LIMIT, endpoint=False)
    circle = shapely.Polygon(np.column_stack([102.72 + 0.01 * np.cos(angles), 25.02 + 0.01 * np.sin(angles)]))

    refused = ask(circle)

    assert (refused.status_code, refused.json()["code"]) == (413, "too-many-vertices")
    assert ask(shapely.Polygon(circle.exterior.coords[:-2])).status_code == 200
    assert [ask(WEST_HALF, crs=crs).json()["code"] for crs in ("EPSG:3857", "")] == ["unknown-crs"] * 2


def test_an_edge_that_winds_through_too_many_grids_is_too_large(ask, monkeypatch):
    """With room for ten meetings: five positions, and more than two grids."""
    monkeypatch.setattr("gis_service.use_cases.locate_area.MOST_MEETINGS", 10)
    answer = ask(WEST_HALF)
    assert answer.status_code == 413
    assert answer.json()["code"] == "area-too-complex"


def test_kept_counts_follow_every_change_of_a_building(ask, ground):
    """Twenty households come, go to the next cell, become thirty, go; the area covers cells on both sides."""
    area = shapely.box(102.65, 24.95, 102.80, 25.10)

    def told() -> tuple[int, int]:
        answer = ask(area).json()
        return answer["buildings"], answer["households"]

    def write(statement: str) -> None:
        with ground as work:
            work.buildings._session.execute(text(statement))
            work.commit()

    buildings, households = told()
    with ground as work:
        work.buildings.add_many([Building("K1", "x", "x", "x", 102.72, 25.02, households=20)], [None], 1)
        work.commit()
    assert told() == (buildings + 1, households + 20)
    write("UPDATE building SET point = ST_SetSRID(ST_Point(102.73, 25.02), 4326), households = 30 WHERE code = 'K1'")
    assert told() == (buildings + 1, households + 30)
    write("UPDATE building SET point = ST_SetSRID(ST_Point(0, 0), 4326) WHERE code = 'K1'")
    assert told() == (buildings, households)
    write("DELETE FROM building WHERE code = 'K1'")
    with ground as work:
        kept = work.buildings._session.execute(text("SELECT sum(buildings), sum(households) FROM building_cell"))
        assert tuple(kept.one()) == (buildings, households)
    write("TRUNCATE building CASCADE")
    assert told() == (0, 0)


def test_without_the_database_an_area_is_answered_503():
    """Nothing listens on port 1: come again."""
    engine = create_engine("postgresql+psycopg2://nobody@127.0.0.1:1/none")

    @asynccontextmanager
    async def lifespan(_):
        yield {
            "open_work": lambda: UnitOfWork(sessionmaker(engine)),
            "token_cache": TokenCache(60),
            "timezone": ZoneInfo("Asia/Shanghai"),
            "area_vertex_limit": LIMIT,
        }

    app = FastAPI(lifespan=lifespan)
    app.include_router(locate_area.router)
    install_problems(app)
    with TestClient(app, raise_server_exceptions=False) as away:
        refused = away.post("/v1/locate/area", json=mapping(WEST_HALF))

    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0


def test_buildings_are_found_by_the_index_on_points(ask, ground, engine):
    """Ten thousand buildings, and an area with few of them: they are not all read."""
    with ground as work:
        session = work.buildings._session
        session.execute(
            text(
                "INSERT INTO building (code, name, address, use, point) SELECT 'N' || n, '', '', '',"
                " ST_SetSRID(ST_Point(102.70 + n % 100 * 0.0004, 25.00 + n / 100 * 0.0004), 4326)"
                " FROM generate_series(0, 9999) AS n"
            )
        )
        session.execute(text("ANALYZE building"))
        work.commit()
    plans: list[str] = []

    def explain(connection, _cursor, statement, parameters, *_rest) -> None:
        if "building.point &&" in statement:
            cursor = connection.connection.cursor()  # the other one may be on the server, good for one statement
            cursor.execute("EXPLAIN " + statement, parameters)
            plans.append("\n".join(line for (line,) in cursor.fetchall()))

    event.listen(engine, "before_cursor_execute", explain)
    try:
        counted = ask(shapely.box(102.7098, 25.0098, 102.7122, 25.0122)).json()["buildings"]
    finally:
        event.remove(engine, "before_cursor_execute", explain)

    assert counted == 36
    assert len(plans) == 1
    assert all("building_point_ix" in plan for plan in plans)
