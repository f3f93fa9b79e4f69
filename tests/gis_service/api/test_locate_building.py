from __future__ import annotations

from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import quote

import numpy as np
import pytest
from fastapi import FastAPI
from pyproj import Geod
from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from gis_service.api import locate_building
from gis_service.api.problems import install_problems
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.tables import building_alias, building_unit, building_unit_owner
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.building import Building, Entrance
from gis_service.domain.building_code import make_building_code
from grid_boundaries.locate.shifts import wgs84_to_gcj02
from tests.support.desk import GROUND
from tests.support.lookups import loaded_holder

CODE = make_building_code("530103", 4217)
OTHER = make_building_code("530103", 99)
SECOND_DAY = datetime(2025, 6, 1, tzinfo=UTC)
NOW = datetime(2025, 7, 1, tzinfo=UTC)
IN_MAY = "2025-05-01T08:00:00+08:00"
TOWER = Building(
    CODE,
    "翡翠楼",
    "人民路9号",
    "mixed",
    102.705,
    25.015,
    households=120,
    entrances=(Entrance("1", 102.7052, 25.015), Entrance("东门", 102.706, 25.015)),
)
SHED = Building(OTHER, "岗亭", "人民路10号", "public", 102.73, 25.03)


@pytest.fixture
def town(ground, publish_edition) -> UnitOfWork:
    """Two editions: in the second D07A and D07B have changed places.  Shop 101 of the tower is D08A's in both."""
    south, north = (grid for grid in GROUND if grid.parent == "D07")
    with ground as work:
        work.buildings.add_many([TOWER, SHED], ["D07A", "D08"], edition=1)
        session = work.buildings._session
        session.execute(
            insert(building_alias),
            [
                {"scheme": "community", "alias": "53010300100112345", "building_code": CODE},
                {"scheme": "fire", "alias": "A17", "building_code": CODE},
                {"scheme": "water", "alias": "A17", "building_code": OTHER},
            ],
        )
        session.execute(
            insert(building_unit), [{"building_code": CODE, "label": label} for label in ("101", "102", "9-1")]
        )
        session.execute(
            insert(building_unit_owner),
            [
                {"building_code": CODE, "unit": "101", "editions": Range(1, None), "grid_code": "D08A"},
                {"building_code": CODE, "unit": "9-1", "editions": Range(1, 2), "grid_code": "D08A"},
            ],
        )
        work.commit()
    swapped = [
        type(south)(south.code, north.shape, south.level, south.parent, south.name),
        type(north)(north.code, south.shape, north.level, north.parent, north.name),
    ]
    publish_edition(2, SECOND_DAY, swapped, ["D07A", "D07B"])
    with ground as work:
        work.buildings.change_owners({CODE: "D07B"}, 2)
        work.commit()
    return ground


def app_of(open_work, holder) -> TestClient:
    @asynccontextmanager
    async def lifespan(_):
        yield {"open_work": open_work, "snapshots": holder, "building_conflict_m": 200.0}

    app = FastAPI(lifespan=lifespan)
    app.include_router(locate_building.router)
    install_problems(app)
    return TestClient(app)


@pytest.fixture
def client(town, open_session) -> Iterator[TestClient]:
    """The route with edition 2 in memory; edition 1 is in the database."""

    def open_work():
        return UnitOfWork(open_session)

    with app_of(open_work, loaded_holder(open_work, NOW)) as made:
        yield made


def ask(client, code, **query):
    return client.get(f"/v1/locate/building/{quote(code, safe='')}", params=query)


def test_a_building_is_answered_like_a_point_and_named(client):
    """Every member of the contract, and no other: nothing of who lives there."""
    assert ask(client, CODE).json() == {
        "edition": 2,
        "point": {"lon": 102.705, "lat": 25.015},
        "match": "inside",
        "owner": {"code": "D07B", "name": "二网格", "level": "unit_grid"},
        "chain": [
            {"code": "D", "name": "盘龙区", "level": "district"},
            {"code": "D07", "name": "东华街道", "level": "street"},
            {"code": "D07B", "name": "二网格", "level": "unit_grid"},
        ],
        "tied_with": [],
        "nearest": None,
        "candidates": [],
        "located_by": "building",
        "building": {
            "code": CODE,
            "name": "翡翠楼",
            "address": "人民路9号",
            "point": {"lon": 102.705, "lat": 25.015},
            "aliases": [{"scheme": "community", "alias": "53010300100112345"}, {"scheme": "fire", "alias": "A17"}],
            "retired_at": None,
            "entrance": None,
            "unit": None,
        },
        "conflict": None,
    }


@pytest.mark.parametrize(
    "typed",
    [
        f" {CODE[:6]} {CODE[6:].lower()} ",
        f"{CODE[:6]}-{CODE[6:13]}—{CODE[13]}",
        "community:53010300100112345",
        "Community：530103001001-12345",
        "530103001001 12345",
        "fire:a17",
    ],
)
def test_a_code_may_be_typed_in_many_ways(client, typed):
    """Blanks, hyphens, small letters, full-width signs; an alias with its scheme or without."""
    assert ask(client, typed).json()["building"]["code"] == CODE


def test_an_alias_of_two_buildings_needs_its_scheme(client):
    """A17 of the fire brigade is another house than A17 of the waterworks."""
    refused = ask(client, "a17")

    assert refused.status_code == 409
    assert refused.json()["code"] == "ambiguous-alias"
    assert refused.json()["aliases"] == ["fire:A17", "water:A17"]
    assert ask(client, "water:A17").json()["building"]["code"] == OTHER


@pytest.mark.parametrize("typed", [f"{CODE}-1", f"{CODE} 东门", f"{CODE[:6]}-{CODE[6:]}-东门"])
def test_a_door_is_named_behind_the_code(client, typed):
    """The owner is the building's, whichever door; the door is told with its place."""
    answer = ask(client, typed).json()

    door = next(one for one in TOWER.entrances if typed.endswith(one.label))
    assert answer["located_by"] == "entrance"
    assert answer["building"]["entrance"] == {"label": door.label, "point": {"lon": door.lon, "lat": door.lat}}
    assert answer["owner"]["code"] == "D07B"


def test_a_door_that_is_not_there_is_told_with_those_that_are(client):
    """B7 of the small ground has door 1; the code of another register is read too."""
    assert ask(client, "b7-1").json()["located_by"] == "entrance"

    refused = ask(client, "B7-2")
    assert refused.status_code == 404
    assert (refused.json()["code"], refused.json()["entrances"]) == ("unknown-entrance", ["1"])


def test_a_unit_has_the_owner_kept_for_it(client):
    """Shop 101 is D08A's; flat 102 has no owner of its own; 999 is not registered, and that is no error."""
    shop = ask(client, CODE, unit=" 101").json()
    assert (shop["located_by"], shop["owner"]["code"]) == ("unit", "D08A")
    assert [grid["code"] for grid in shop["chain"]] == ["D", "D08", "D08A"]
    assert shop["building"]["unit"] == {"label": "101", "registered": True, "owner": "D08A"}

    flat = ask(client, CODE, unit="102").json()
    assert (flat["located_by"], flat["owner"]["code"]) == ("building", "D07B")
    assert flat["building"]["unit"] == {"label": "102", "registered": True, "owner": None}
    unknown = ask(client, f"{CODE}-1", unit="999").json()
    assert (unknown["located_by"], unknown["owner"]["code"]) == ("entrance", "D07B")
    assert unknown["building"]["unit"] == {"label": "999", "registered": False, "owner": None}


def test_the_owner_is_that_of_the_edition_in_force_then(client):
    """In May edition 1: the tower was D07A's, and unit 9-1 D08A's, which it is no longer."""
    then = ask(client, CODE, at=IN_MAY).json()
    assert (then["edition"], then["owner"]["code"]) == (1, "D07A")
    assert ask(client, CODE, unit="9-1", at=IN_MAY).json()["owner"]["code"] == "D08A"
    assert ask(client, CODE, unit="9-1").json()["owner"]["code"] == "D07B"

    before = ask(client, CODE, at="2024-01-01T00:00:00Z")
    assert (before.status_code, before.json()["code"]) == (404, "no-edition")
    assert before.json()["errors"][0]["parameter"] == "at"


@pytest.mark.parametrize("name", ["min_edition", "known_at", "edition", "accuracy_m"])
def test_a_parameter_that_is_not_there_is_refused(client, name):
    """Those of a point among them: left unread they would change the question unnoticed."""
    answer = ask(client, CODE, **{name: "1"})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown-parameter")
    told = "is no parameter of this address; it has unit, at, lon, lat, crs"
    assert answer.json()["errors"] == [{"parameter": name, "detail": told}]


def test_the_kept_owner_goes_before_the_place(client, town):
    """The register says D08A for the shed, though its point lies in D08 and in no grid below."""
    assert (ask(client, OTHER).json()["match"], ask(client, OTHER).json()["owner"]["code"]) == ("partial", "D08")
    with town as work:
        work.buildings.change_owners({OTHER: "D08A"}, 2)
        work.commit()

    assert ask(client, OTHER).json()["owner"]["code"] == "D08A"
    assert ask(client, OTHER, at=IN_MAY).json()["owner"]["code"] == "D08"


def test_an_owner_that_the_edition_has_not_gives_way(town, open_session, publish_edition):
    """D08A is gone in edition 3, and the shop's owner was not ended: the building's owner has the shop."""
    publish_edition(3, datetime(2025, 6, 2, tzinfo=UTC), [], ["D08A"])

    with app_of(lambda: UnitOfWork(open_session), loaded_holder(lambda: UnitOfWork(open_session), NOW)) as client:
        answer = ask(client, CODE, unit="101").json()

    assert (answer["edition"], answer["located_by"], answer["owner"]["code"]) == (3, "building", "D07B")
    assert answer["building"]["unit"] == {"label": "101", "registered": True, "owner": None}


def test_a_building_registered_later_had_the_owner_of_its_point(client, town):
    """Nothing is kept for edition 1 of a building that came with edition 2."""
    with town as work:
        work.buildings.add_many([Building("B9", "x", "x", "shop", 102.71, 25.01)], ["D07B"], edition=2)
        work.commit()

    assert ask(client, "B9").json()["owner"]["code"] == "D07B"
    assert ask(client, "B9", at=IN_MAY).json()["owner"]["code"] == "D07A"


def test_a_position_far_from_the_building_is_told(client):
    """Door 东门 is 101 m east of the tower's point: 199 m from it is near enough, 201 m is not."""
    door = TOWER.entrances[1]
    near, far = (Geod(ellps="WGS84").fwd(door.lon, door.lat, 90, metres)[:2] for metres in (199, 201))

    assert ask(client, CODE, lon=near[0], lat=near[1]).json()["conflict"] is None
    assert ask(client, CODE, lon=far[0], lat=far[1]).json()["conflict"] == {
        "distance_m": 201.0,
        "position_owner": {"code": "D07B", "name": "二网格", "level": "unit_grid"},
    }


def test_a_position_is_taken_in_its_own_system(client):
    """The tower as AMap shows it, 500 m off when read as WGS 84; and a place in no grid."""
    lons, lats = wgs84_to_gcj02(np.array([TOWER.lon]), np.array([TOWER.lat]))
    shown = {"lon": float(lons[0]), "lat": float(lats[0])}

    assert ask(client, CODE, **shown, crs="gcj02").json()["conflict"] is None
    assert ask(client, CODE, **shown).json()["conflict"] is not None
    assert ask(client, CODE, lon=103, lat=25).json()["conflict"]["position_owner"] is None


@pytest.mark.parametrize(
    "mistyped",
    [CODE[:5] + "9" + CODE[6:], CODE[:9] + CODE[10] + CODE[9] + CODE[11:], CODE[:13], CODE[:8] + "O" + CODE[9:]],
    ids=["digit", "swap", "no check character", "letter for a digit"],
)
def test_a_mistyped_code_is_told_with_the_likely_one(client, mistyped):
    """Of all codes one mistake away only those in use."""
    refused = ask(client, mistyped)

    assert refused.status_code == 404
    assert refused.json()["code"] == "unknown-building"
    assert refused.json()["likely"] == [CODE]
    assert f"did you mean {CODE}?" in refused.json()["detail"]


@pytest.mark.parametrize("code", ["B0", "fire:B0", make_building_code("530103", 5), CODE[:12], "-", "：", "'; --"])
def test_a_code_of_no_building_is_not_found(client, code):
    """Neither known nor near one that is."""
    refused = ask(client, code)

    assert (refused.status_code, refused.json()["code"]) == (404, "unknown-building")
    assert refused.json()["likely"] == []


@pytest.mark.parametrize(
    ("query", "at_fault"),
    [
        ({"lon": 102.7}, "lat"),
        ({"lat": 25}, "lon"),
        ({"lon": 25, "lat": 102.7}, "lat"),
        ({"lon": "nan", "lat": 25}, "lon"),
        ({"lon": 102.7, "lat": 25, "crs": "EPSG:3857"}, "crs"),
        ({"lon": 102.7, "lat": 25, "crs": ""}, "crs"),
        ({"at": "yesterday"}, "at"),
        ({"unit": " "}, "unit"),
    ],
)
def test_what_is_wrong_is_refused_by_its_name(client, query, at_fault):
    """Half a position, swapped, not finite, an unknown system, no instant, a blank unit."""
    refused = ask(client, CODE, **query)

    assert refused.status_code == 422
    assert [fault["parameter"] for fault in refused.json()["errors"]] == [at_fault]


def test_without_the_database_a_client_is_told_to_try_again(town, open_session):
    """The edition is in memory, buildings are not."""
    holder = loaded_holder(lambda: UnitOfWork(open_session), NOW)
    away = make_session_factory(
        make_engine("postgresql+psycopg2://nobody@127.0.0.1:1/nothing", pool_size=1, statement_timeout_ms=1000)
    )
    with pytest.raises(OperationalError), away() as session:
        session.connection()

    with app_of(lambda: UnitOfWork(away), holder) as client:
        refused = ask(client, CODE)

    assert (refused.status_code, refused.json()["code"]) == (503, "database-unavailable")
    assert refused.headers["retry-after"]
