from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from zoneinfo import ZoneInfo

import mapbox_vector_tile
import pytest
import shapely
from fastapi import FastAPI
from starlette.testclient import TestClient

from gis_service.api import indicators
from gis_service.api.access import TokenCache
from gis_service.api.problems import install_problems
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import PUBLIC, Principal
from gis_service.domain.building import Building
from gis_service.domain.plan_operation import Operation
from gis_service.use_cases.change_plan import change_plan
from gis_service.use_cases.create_plan import create_plan
from gis_service.use_cases.create_token import create_token
from gis_service.use_cases.describe_tiles import read_tile_edition
from gis_service.use_cases.publish_plan import publish_plan
from gis_service.use_cases.register_buildings import register_buildings
from tests.support.ground import FIRST_DAY, PLANNER, UNITS, add_levels, publish_tree, tiny_tree
from tests.support.tile_ground import tile_at
from tiles.layers import LAYERS

FIRST, SECOND, THIRD, FOURTH = UNITS
WEST, EAST = FIRST[:12], THIRD[:12]
STREET = FIRST[:9]
CSV = {"Content-Type": "text/csv"}
DEFINITIONS = """code,name,name_en,unit,direction,rollup,weight,data_class,thresholds
visits,走访,Visits,次,good,sum,,general,10;50
elderly,老人占比,Elderly,%,neutral,weighted_mean,,general,10;20;30
in_care,关爱对象,In care,人,neutral,sum,,core,2;5
alone,独居占比,Living alone,%,bad,weighted_mean,in_care,important,
"""


@pytest.fixture
def client(work, open_session) -> Iterator[TestClient]:
    """The routes, asked by an admin, on the tiny tree: 40 households in the first unit grid, 60 in the second."""
    add_levels(open_session)
    publish_tree(work, tiny_tree(), FIRST_DAY)
    homes = [("B1", 102.705, 25.0175, 30), ("B2", 102.705, 25.0125, 10), ("B3", 102.705, 25.005, 60)]
    register_buildings(
        [Building(code, code, "某路", "residential", lon=lon, lat=lat, households=n) for code, lon, lat, n in homes],
        work,
    )

    @asynccontextmanager
    async def lifespan(_):
        yield {
            "open_work": lambda: UnitOfWork(open_session),
            "token_cache": TokenCache(60),
            "timezone": ZoneInfo("Asia/Shanghai"),
        }

    app = FastAPI(lifespan=lifespan)
    app.include_router(indicators.router)
    install_problems(app)
    with TestClient(app, raise_server_exceptions=False, headers=bearer(work, "admin")) as started:
        assert started.put("/v1/indicators", content=DEFINITIONS.encode("gb18030"), headers=CSV).status_code == 200
        yield started


def bearer(work, role, scope=None):
    secret, _ = create_token(role=role, scope=scope, label=role, lifetime=timedelta(hours=1), work=work)
    return {"Authorization": f"Bearer {secret}"}


def store(client, code, numbers, period="2025", **query):
    rows = [{"grid_code": grid, "period": period, "value": number} for grid, number in numbers.items()]
    return client.post(f"/v1/indicators/{code}/values", json={"values": rows}, params=query)


def shown(client, code, **query):
    answer = client.get(f"/v1/indicators/{code}/values", params=query)
    assert answer.status_code == 200, answer.text
    return {one["code"]: one for one in answer.json()["values"]}


def numbers(client, code, **query):
    return {grid: round(one["value"], 6) for grid, one in shown(client, code, **query).items()}


def split_first(work):
    """Cut the first unit grid: 30 of its households lie north, 10 south."""
    plan = create_plan("split", PLANNER, work)
    line = shapely.LineString([(102.699, 25.015), (102.711, 25.015)])
    step = change_plan(plan.id, Operation("split", {"code": FIRST, "line": line}, {}), PLANNER, work)
    publish_plan(plan.id, PLANNER, work)
    return step.change.detail["pieces"]


def tile(work, edition, principal=PUBLIC, level="unit_grid"):
    described = read_tile_edition(edition, work)
    with work:
        drawn = work.tiles.indicators(
            LAYERS["indicators"],
            tile_at(14, 102.705, 25.012),
            edition=edition,
            level=level,
            coarser=[],
            countable=[],
            band=None,
            principal=principal,
        )
    assert described.number == edition
    found = mapbox_vector_tile.decode(drawn)["indicators"]["features"]
    return {one["properties"]["code"]: one["properties"] for one in found}


def test_definitions_are_rows(client):
    """The thresholds are numbers in JSON and one cell in CSV; nobody has given a value yet."""
    as_json = client.get("/v1/indicators").json()["indicators"]
    as_csv = client.get("/v1/indicators", headers={"Accept": "text/csv"})

    assert [one["code"] for one in as_json] == ["alone", "elderly", "in_care", "visits"]
    assert as_json[3] == {
        "code": "visits",
        "name": "走访",
        "name_en": "Visits",
        "unit": "次",
        "direction": "good",
        "rollup": "sum",
        "weight": None,
        "data_class": "general",
        "thresholds": [10.0, 50.0],
        "sources": [],
    }
    rows = list(csv.DictReader(io.StringIO(as_csv.content.decode("utf-8-sig"))))
    assert (rows[3]["code"], rows[3]["thresholds"]) == ("visits", "10;50")
    assert client.put("/v1/indicators", content=as_csv.content, headers=CSV).json()["unchanged"] == 4


def test_an_editor_who_read_another_state_is_refused(client):
    """Two admins change the name of an indicator: the second is told."""
    tag = client.get("/v1/indicators").headers["ETag"]
    row = DEFINITIONS.splitlines()[1].replace("走访", "入户走访")
    body = f"{DEFINITIONS.splitlines()[0]}\n{row}\n"

    changed = client.put("/v1/indicators", content=body.encode(), headers={**CSV, "If-Match": tag})
    stale = client.put("/v1/indicators", content=body.encode(), headers={**CSV, "If-Match": tag})

    assert changed.json() == {"added": [], "changed": ["visits"], "removed": [], "unchanged": 0}
    assert changed.headers["ETag"] == client.get("/v1/indicators").headers["ETag"]
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")


def test_definitions_at_fault_are_named_by_row(client):
    """A reserved word, thresholds that fall, a weight that is no sum: three rows, three faults, nothing stored."""
    row = {"name": "x", "name_en": "x", "unit": "%", "data_class": "general"}
    rows = [
        {**row, "code": "buildings", "rollup": "sum"},
        {**row, "code": "falling", "rollup": "sum", "thresholds": [2, 1]},
        {**row, "code": "odd", "rollup": "weighted_mean", "weight": "elderly"},
    ]
    refused = client.put("/v1/indicators", json={"indicators": rows})

    assert (refused.status_code, refused.json()["code"]) == (422, "broken-indicators")
    assert [one["pointer"] for one in refused.json()["errors"]] == [
        "/indicators/0/code",
        "/indicators/1/thresholds",
        "/indicators/2/weight",
    ]
    assert len(client.get("/v1/indicators").json()["indicators"]) == 4


def test_an_indicator_with_values_neither_goes_nor_is_rolled_up_otherwise(client):
    """Others may go: visits has values, in_care weighs alone, elderly and alone are removed."""
    store(client, "visits", {FIRST: 40})
    header, visits, _, in_care, _ = DEFINITIONS.splitlines()
    rerolled = f"{header}\n{visits.replace('sum', 'mean')}\n".encode()
    refused = client.put("/v1/indicators", content=rerolled, headers=CSV)
    removed = client.put(
        "/v1/indicators?replace=true", content=f"{header}\n{visits}\n{in_care}\n".encode(), headers=CSV
    )
    last = client.put("/v1/indicators?replace=true", content=f"{header}\n{in_care}\n".encode(), headers=CSV)

    assert (refused.status_code, refused.json()["indicators"]) == (409, ["visits"])
    assert removed.json()["removed"] == ["alone", "elderly"]
    assert (last.status_code, last.json()["code"]) == (409, "has-values")


def test_values_are_rolled_up_the_tree(client):
    """40 and 8 of the west, nothing of the east: the street's 48 is of half its 1600 households."""
    told = store(client, "visits", {FIRST: 40, SECOND: 8}).json()
    found = shown(client, "visits")

    assert told["periods"] == [
        {
            "indicator": "visits",
            "period": {"since": "2025-01-01", "until": "2026-01-01"},
            "added": 2,
            "changed": 0,
            "unchanged": 0,
            "rolled_up": 3,
        }
    ]
    assert {code: (one["value"], one["class"], one["coverage"]) for code, one in found.items()} == {
        "530103": (48.0, 1, 0.5),
        STREET: (48.0, 1, 0.5),
        WEST: (48.0, 1, 1.0),
        FIRST: (40.0, 1, 1.0),
        SECOND: (8.0, 0, 1.0),
    }
    assert shown(client, "visits", level="community").keys() == {WEST}
    assert shown(client, "visits", grid=EAST, level="unit_grid") == {}
    assert found[WEST]["origin"] == "rolled_up"


def test_pages_follow_one_another(client):
    """Five values by two: the codes in order, each once."""
    store(client, "visits", {FIRST: 40, SECOND: 8})
    found, cursor = [], None
    while True:
        page = client.get(
            "/v1/indicators/visits/values", params={"limit": 2, **({"cursor": cursor} if cursor else {})}
        ).json()
        found += [one["code"] for one in page["values"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == ["530103", STREET, WEST, FIRST, SECOND]


def test_another_indicator_weighs(client):
    """10 % of one in care and 40 % of three: 32.5 %; when one more is found in the first, 28 %."""
    store(client, "in_care", {FIRST: 1, SECOND: 3})
    store(client, "alone", {FIRST: 10, SECOND: 40})
    assert numbers(client, "alone", level="community") == {WEST: 32.5}

    store(client, "in_care", {FIRST: 2})
    assert numbers(client, "alone", level="community") == {WEST: 28.0}


def test_the_same_period_again_takes_the_place_of_what_was(client):
    """The same rows change nothing; one corrected value changes it and all above it; others stay."""
    store(client, "visits", {FIRST: 40, SECOND: 8})
    again = store(client, "visits", {FIRST: 40, SECOND: 8}).json()["periods"][0]
    corrected = store(client, "visits", {SECOND: 10}).json()["periods"][0]

    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 2)
    assert (corrected["added"], corrected["changed"], corrected["unchanged"]) == (0, 1, 0)
    assert numbers(client, "visits", level="community") == {WEST: 50}


def test_a_rehearsal_says_the_same_and_stores_nothing(client):
    """Rows are counted; no value is there afterwards."""
    told = store(client, "visits", {FIRST: 40}, dry_run="true").json()

    assert (told["dry_run"], told["periods"][0]["added"]) == (True, 1)
    assert client.get("/v1/indicators/visits/values").json()["period"] is None


def test_rows_at_fault_are_named_and_none_is_stored(client):
    """A wrong digit, half a year over a stored year, a grid twice, no number, no period, too large a number."""
    store(client, "visits", {FIRST: 40})
    body = f"""grid_code,period,value
530103001001009,2025,1
{FIRST},2025-H1,1
{SECOND},2025,1
{SECOND},2025,2
{THIRD},2025,viele
{FOURTH},spring,3
{FOURTH},2025,1e308
"""
    refused = client.post("/v1/indicators/visits/values", content=body.encode(), headers=CSV)
    errors = {one["pointer"]: one["detail"] for one in refused.json()["errors"]}

    assert (refused.status_code, refused.json()["code"]) == (422, "broken-values")
    assert errors.keys() == {
        "/values/0/grid_code",
        "/values/1/period",
        "/values/3",
        "/values/4/value",
        "/values/5",
        "/values/6/value",
    }
    assert (
        "line 2: edition 1 has no grid '530103001001009'; did you mean 53010300100100"
        in errors["/values/0/grid_code"]
    )
    assert "line 3: overlaps the period 2025-01-01/2026-01-01 of visits" in errors["/values/1/period"]
    assert numbers(client, "visits", level="unit_grid") == {FIRST: 40}


def test_freshness_is_told_by_source(client):
    """A year of long ago is late, one that lasts is not."""
    store(client, "visits", {FIRST: 40}, period="2024", source="street")
    store(client, "visits", {SECOND: 8}, period="2025-01-01/2199-01-01", source="bureau")
    (visits,) = [one for one in client.get("/v1/indicators").json()["indicators"] if one["code"] == "visits"]

    bureau, street = visits["sources"]
    assert (bureau["source"], bureau["age_days"], bureau["late"]) == ("bureau", 0, False)
    assert (street["period"], street["late"]) == ({"since": "2024-01-01", "until": "2025-01-01"}, True)
    assert street["age_days"] > 31


def test_a_redraw_apportions_by_households_and_keeps_the_total(client, work):
    """40 visits to 40 households: 30 go north, 10 south, marked as estimated; edition 1 keeps its own."""
    store(client, "visits", {FIRST: 40, SECOND: 8})
    store(client, "elderly", {FIRST: 20, SECOND: 30})
    pieces = split_first(work)

    found = shown(client, "visits", edition=2, level="unit_grid")
    north, south = sorted((code for code in found if code in pieces), key=lambda code: -found[code]["value"])
    assert {code: one["value"] for code, one in found.items()} == {north: 30, south: 10, SECOND: 8}
    assert {code for code, one in found.items() if one["is_estimated"]} == {north, south}
    assert numbers(client, "elderly", edition=2, level="unit_grid") == {north: 20, south: 20, SECOND: 30}
    assert numbers(client, "visits", edition=2, level="community") == {WEST: 48}
    assert numbers(client, "visits", edition=1, level="unit_grid") == {FIRST: 40, SECOND: 8}


def test_values_of_an_earlier_edition_go_the_same_way_whenever_they_come(client, work):
    """Measured of edition 1 and imported after the split: as if they had been there before."""
    pieces = split_first(work)
    store(client, "visits", {FIRST: 40, SECOND: 8}, edition=1)

    after = numbers(client, "visits", edition=2, level="unit_grid")
    assert sorted(after.values()) == [8, 10, 30]
    assert after.keys() == {*pieces, SECOND}

    store(client, "visits", dict.fromkeys(pieces, 25), edition=2)
    assert numbers(client, "visits", edition=2, level="community") == {WEST: 58}
    assert numbers(client, "visits", edition=1, level="community") == {WEST: 48}


@pytest.mark.parametrize("level", ["unit_grid", "community"])
def test_tiles_show_the_same_numbers_in_every_edition(client, work, level):
    """Before and after the split, at both levels, for who sees all; and for the public without the small count."""
    store(client, "visits", {FIRST: 40, SECOND: 3})
    store(client, "in_care", {FIRST: 4})
    split_first(work)
    everyone = Principal("a", "admin")
    for edition in (1, 2):
        drawn = tile(work, edition, everyone, level)
        for code in ("visits", "in_care"):
            of_tile = {grid: round(one[code], 6) for grid, one in drawn.items() if code in one}
            assert of_tile == numbers(client, code, edition=edition, level=level)
            assert of_tile


def test_the_public_sees_what_is_general_without_small_counts(client, work):
    """2 visits are withheld, in tiles and here; indicators of other classes are not there."""
    store(client, "visits", {FIRST: 40, SECOND: 2})
    store(client, "in_care", {FIRST: 4})
    del client.headers["Authorization"]
    found = shown(client, "visits", level="unit_grid")

    assert [one["code"] for one in client.get("/v1/indicators").json()["indicators"]] == ["elderly", "visits"]
    assert (found[SECOND]["value"], found[SECOND]["class"], found[SECOND]["is_withheld"]) == (None, None, True)
    assert (found[FIRST]["value"], found[FIRST]["is_withheld"]) == (40, False)
    drawn = tile(work, 1)
    assert (drawn[FIRST]["visits"], "visits" in drawn[SECOND], "in_care" in drawn[FIRST]) == (40, False, False)
    assert client.get("/v1/indicators/in_care/values").status_code == 404


def test_what_is_not_general_is_seen_in_the_scope_alone(client, work):
    """A worker of the east sees shares of people living alone there, and visits everywhere; core is not there."""
    store(client, "alone", {FIRST: 10, THIRD: 40})
    store(client, "in_care", {FIRST: 4})
    store(client, "visits", {FIRST: 3, THIRD: 9})
    client.headers.update(bearer(work, "worker", EAST))

    assert numbers(client, "alone") == {THIRD: 40}
    assert numbers(client, "visits", level="unit_grid") == {FIRST: 3, THIRD: 9}
    assert client.get("/v1/indicators/in_care/values").json()["code"] == "unknown-indicator"


@pytest.mark.parametrize(
    ("role", "scope", "status"), [(None, None, 401), ("worker", None, 403), ("dispatcher", EAST, 403)]
)
def test_values_come_from_dispatchers_for_their_own_grids(client, work, role, scope, status):
    """The grid lies in the west; the dispatcher of the east may store values of the east."""
    del client.headers["Authorization"]
    if role is not None:
        client.headers.update(bearer(work, role, scope))
    assert store(client, "visits", {FIRST: 1}).status_code == status
    assert scope is None or store(client, "visits", {THIRD: 1}).status_code == 200


@pytest.mark.parametrize("query", ["period=spring", "level=planet", "cursor=xx", "edition=0", "size=1"])
def test_a_question_that_makes_no_sense_is_refused(client, query):
    """A period, a level, a cursor, an edition, a parameter that there are not."""
    assert client.get(f"/v1/indicators/visits/values?{query}").status_code == 422


def test_a_period_without_values_is_not_there(client):
    """It is told which there are."""
    store(client, "visits", {FIRST: 40})
    refused = client.get("/v1/indicators/visits/values?period=2024")

    assert (refused.status_code, refused.json()["code"]) == (404, "unknown-period")
    assert "2025-01-01/2026-01-01" in refused.json()["detail"]
