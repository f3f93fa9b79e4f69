from __future__ import annotations

from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from gis_service.api import buildings, locate_building
from gis_service.api.access import TokenCache
from gis_service.api.problems import install_problems
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.building_code import parse_building_code
from gis_service.snapshots.holder import SnapshotHolder
from gis_service.use_cases.create_token import create_token
from tests.support.desk import GROUND
from tests.support.lookups import NOT_LISTENING

TOWER = {
    "name": "翡翠楼",
    "address": "人民路9号",
    "use": "mixed",
    "storeys": 18,
    "households": 120,
    "point": {"lon": 102.705, "lat": 25.015},
    "built_on": "1998-05-01",
    "verified_on": "2025-06-01",
    "entrances": [{"label": "东门", "point": {"lon": 102.7052, "lat": 25.015}}],
    "units": [{"label": "101", "storey": 0, "use": "shop", "owner": "D08A"}, {"label": "201"}],
    "aliases": [{"scheme": "community", "alias": "5301-12345"}],
}
SHED = {"name": "岗亭", "address": "人民路10号", "use": "public", "point": {"lon": 102.73, "lat": 25.01}}
KEYS = (f"key-{number}" for number in count())


class Desk:
    """The routes, called as one role."""

    def __init__(self, client: TestClient, headers: dict[str, str]) -> None:
        self.client, self.headers = client, headers

    def ask(self, method, path, body=None, **headers):
        return self.client.request(method, path, json=body, headers={**self.headers, **headers})

    def get(self, path, **query):
        return self.client.get(path, params=query, headers=self.headers)

    def post(self, body, key=None):
        return self.ask("POST", "/v1/buildings", body, **{"Idempotency-Key": key or next(KEYS)})

    def register(self, **members) -> str:
        answer = self.post({**TOWER, "aliases": [], **members})
        assert answer.status_code == 201, answer.text
        return answer.json()["buildings"][0]["code"]


@pytest.fixture
def held(ground) -> SnapshotHolder:
    return SnapshotHolder(lambda: ground, listen_url=NOT_LISTENING, poll_s=60.0, clock=lambda: datetime.now(UTC))


@pytest.fixture
def client(held, open_session) -> Iterator[TestClient]:
    held.refresh()

    @asynccontextmanager
    async def lifespan(_):
        yield {
            "open_work": lambda: UnitOfWork(open_session),
            "token_cache": TokenCache(60),
            "timezone": ZoneInfo("Asia/Shanghai"),
            "snapshots": held,
            "building_conflict_m": 200.0,
        }

    app = FastAPI(lifespan=lifespan)
    app.include_router(buildings.router)
    app.include_router(locate_building.router)
    install_problems(app)
    with TestClient(app, raise_server_exceptions=False) as started:
        yield started


@pytest.fixture
def as_role(client, ground):
    def make(role: str, scope: str | None = None) -> Desk:
        secret, _ = create_token(role=role, scope=scope, label=role, lifetime=timedelta(hours=1), work=ground)
        return Desk(client, {"Authorization": f"Bearer {secret}"})

    return make


@pytest.fixture
def admin(as_role) -> Desk:
    return as_role("admin")


@pytest.fixture
def public(client) -> Desk:
    return Desk(client, {})


def test_a_registered_building_is_read_whole(admin, public):
    """Its code parses and is of no county, since the ground has none; what was sent is told back."""
    answer = admin.post(TOWER)

    (made,) = answer.json()["buildings"]
    assert (answer.status_code, answer.headers["location"]) == (201, f"/v1/buildings/{made['code']}")
    assert parse_building_code(made["printed"]) == made["code"]
    assert (made["code"][:6], made["grid"]) == ("000000", "D07A")
    read = admin.get(f"/v1/buildings/{made['code']}")
    told = read.json()
    assert {name: told[name] for name in TOWER if name not in ("units", "aliases")} == {
        name: TOWER[name] for name in TOWER if name not in ("units", "aliases")
    }
    assert told["aliases"] == [{"scheme": "community", "alias": "530112345"}]
    assert told["owners"] == [{"from": 1, "to": None, "grid": "D07A"}]
    assert [link["code"] for link in told["chain"]] == ["D", "D07", "D07A"]
    assert read.headers["etag"] == '"1"'
    assert "verified_on" not in public.get(f"/v1/buildings/{made['code']}").json()


def test_a_footprint_gives_the_place_and_comes_back(admin):
    """A square as GeoJSON without a point: the building stands inside; it is told as it was sent."""
    ring = [[102.705, 25.005], [102.706, 25.005], [102.706, 25.006], [102.705, 25.006], [102.705, 25.005]]
    feature = {
        "type": "Feature",
        "properties": {name: SHED[name] for name in ("name", "address", "use")},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    answer = admin.post({"type": "FeatureCollection", "features": [feature, _point(SHED)]})

    assert [one["grid"] for one in answer.json()["buildings"]] == ["D07A", "D08A"]
    told = admin.get(f"/v1/buildings/{answer.json()['buildings'][0]['code']}").json()
    assert 102.705 < told["point"]["lon"] < 102.706
    assert {tuple(position) for position in told["footprint"]["coordinates"][0]} == {tuple(one) for one in ring}


def _point(building):
    properties = {name: value for name, value in building.items() if name != "point"}
    place = building["point"]
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Point", "coordinates": [place["lon"], place["lat"]]},
    }


def test_all_features_or_none(admin):
    """The second has no name, the third no place: both are told, and the first is not stored."""
    nameless = _point(SHED)
    del nameless["properties"]["name"]
    placeless = {**_point(SHED), "geometry": None}

    refused = admin.post({"type": "FeatureCollection", "features": [_point(TOWER), nameless, placeless]})

    assert refused.status_code == 422
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/features/1/properties/name", "/features/2"]
    assert [one["code"] for one in admin.get("/v1/buildings").json()["buildings"]] == ["B7"]


def test_a_request_sent_twice_registers_once(admin):
    """The same key and body find the same code; another body is refused."""
    first = admin.post(TOWER, key="k")
    again = admin.post(TOWER, key="k")
    other = admin.post(SHED, key="k")

    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
    assert again.json() == first.json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


def test_what_is_wrong_is_refused_with_its_place(admin):
    """Two units of one label; the rest is tried on the schema."""
    refused = admin.post({**SHED, "units": [{"label": "1"}, {"label": " 1"}]})

    assert (refused.status_code, refused.json()["code"]) == (422, "duplicate-label")
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/units/1/label"]


def test_codes_are_typed_in_many_ways_and_mended(admin, public):
    """As printed, by the alias; a mistyped one is told with the likely code."""
    answer = admin.post(TOWER).json()["buildings"][0]
    code = answer["code"]
    swapped = code[:11] + ("1" if code[11] != "1" else "2") + code[12:]

    assert public.get(f"/v1/buildings/{answer['printed']}").json()["code"] == code
    assert public.get("/v1/buildings/community:5301-12345").json()["code"] == code
    refused = public.get(f"/v1/buildings/{swapped}")
    assert (refused.status_code, refused.json()["likely"]) == (404, [code])


def test_a_change_counts_the_version_and_a_stale_one_is_refused(admin):
    """Version 1 is changed once; who still means version 1 gets a 412; null takes the storeys away."""
    code = admin.register()
    changed = admin.ask("PATCH", f"/v1/buildings/{code}", {"storeys": None, "name": "新楼"}, **{"If-Match": '"1"'})
    late = admin.ask("PATCH", f"/v1/buildings/{code}", {"name": "x"}, **{"If-Match": '"1"'})

    told = changed.json()
    assert (changed.headers["etag"], told["version"], told["storeys"], told["name"]) == ('"2"', 2, None, "新楼")
    assert told["households"] == 120
    assert (late.status_code, late.json()["code"]) == (412, "stale")
    assert admin.ask("PATCH", f"/v1/buildings/{code}", {"name": None}).status_code == 422


def test_a_building_that_moves_is_owned_by_its_new_ground(admin, publish_edition, held):
    """Moved in edition 1, then in edition 2: the owner of edition 1 is kept."""
    code = admin.register()
    moved = admin.ask("PATCH", f"/v1/buildings/{code}", {"point": {"lon": 102.71, "lat": 25.03}}).json()
    assert (moved["owner"]["code"], moved["owners"]) == ("D07B", [{"from": 1, "to": None, "grid": "D07B"}])

    publish_edition(2, datetime(2025, 6, 1, tzinfo=UTC), [], [])
    held.refresh()
    again = admin.ask("PATCH", f"/v1/buildings/{code}", {"point": {"lon": 102.73, "lat": 25.01}}).json()

    assert again["owners"] == [{"from": 1, "to": 1, "grid": "D07B"}, {"from": 2, "to": None, "grid": "D08A"}]
    then = admin.get(f"/v1/buildings/{code}", at="2025-02-01T00:00:00Z").json()
    assert (then["edition"], then["owner"]["code"]) == (1, "D07B")


def test_doors_are_added_moved_and_removed(admin, public):
    """Labels are compared folded; each change counts the version."""
    code = admin.register(entrances=[])
    path = f"/v1/buildings/{code}/entrances/{quote('A/1')}"
    admin.ask("PUT", path, {"point": {"lon": 102.7, "lat": 25.0}})
    moved = admin.ask("PUT", path.replace("A", "a"), {"point": {"lon": 102.71, "lat": 25.0}})

    assert moved.json()["entrances"] == [{"label": "A/1", "point": {"lon": 102.71, "lat": 25.0}}]
    assert moved.headers["etag"] == '"3"'
    assert public.get(f"/v1/buildings/{code}/entrances").json() == moved.json()
    assert admin.ask("DELETE", path).json()["entrances"] == []
    assert admin.ask("DELETE", path).json()["code"] == "unknown-entrance"


def test_a_unit_has_an_owner_of_its_own_from_the_edition_in_force_on(admin, public, publish_edition, held):
    """In edition 1 the flat is its building's; the override comes with edition 2, and goes again in it."""
    code = admin.register(units=[])
    publish_edition(2, datetime(2025, 6, 1, tzinfo=UTC), [], [])
    held.refresh()
    path, lookup = f"/v1/buildings/{code}/units/１-101", f"/v1/locate/building/{code}"

    put = admin.ask("PUT", path, {"storey": 0, "use": "shop", "owner": "D08A"}).json()

    assert put["units"] == [{"label": "1-101", "storey": 0, "use": "shop", "owner": "D08A"}]
    assert public.get(lookup, unit="1-101").json()["owner"]["code"] == "D08A"
    then = public.get(lookup, unit="1-101", at="2025-02-01T00:00:00Z").json()
    assert (then["edition"], then["owner"]["code"]) == (1, "D07A")
    assert admin.ask("PUT", path, {"storey": 0}).json()["units"][0]["owner"] is None
    assert public.get(lookup, unit="1-101").json()["owner"]["code"] == "D07A"
    assert admin.ask("PUT", path, {"owner": "D99"}).json()["code"] == "unknown-grid"
    assert admin.ask("DELETE", path).json()["units"] == []
    assert admin.ask("DELETE", path).json()["code"] == "unknown-unit"


def test_an_alias_is_added_once_and_finds_the_building(admin, public):
    """Another building cannot have it; taken away it finds nothing."""
    code, other = admin.register(), admin.register(**SHED)
    path = f"/v1/buildings/{code}/aliases/fire/A-17"

    assert admin.ask("PUT", path).json()["aliases"] == [{"scheme": "fire", "alias": "A17"}]
    assert admin.ask("PUT", path).headers["etag"] == '"2"'
    assert public.get("/v1/buildings/fire:a17").json()["code"] == code
    clash = admin.ask("PUT", f"/v1/buildings/{other}/aliases/fire/a17")
    assert (clash.status_code, clash.json()["code"]) == (409, "alias-in-use")
    assert admin.ask("DELETE", path).json()["aliases"] == []
    assert public.get("/v1/buildings/fire:a17").status_code == 404
    assert admin.ask("DELETE", path).json()["code"] == "unknown-alias"


def test_a_merged_building_is_found_and_owned_by_what_it_became(admin, public, publish_edition, held):
    """The shed of D08A becomes part of the tower of D07A, which moves; the old code follows, before it does not."""
    tower, shed = admin.register(), admin.register(**SHED, households=3)
    before = datetime.now(UTC).isoformat()
    merged = admin.ask("POST", f"/v1/buildings/{tower}/merge", {"codes": [shed]}).json()
    assert (merged["households"], merged["predecessors"]) == (123, [shed])

    old = public.get(f"/v1/buildings/{shed}").json()
    assert (old["successors"], old["retired_at"] is None, old["owner"]["code"]) == ([tower], False, "D07A")
    found = public.get(f"/v1/locate/building/{shed}").json()
    assert (found["owner"]["code"], found["building"]["code"]) == ("D07A", shed)
    assert public.get(f"/v1/locate/building/{shed}", at=before).json()["owner"]["code"] == "D08A"
    listed = [one["code"] for one in public.get("/v1/buildings").json()["buildings"]]
    assert tower in listed
    assert shed not in listed
    refused = admin.ask("PATCH", f"/v1/buildings/{shed}", {"name": "x"})
    assert (refused.json()["code"], refused.json()["successors"]) == ("retired", [tower])
    twice = admin.ask("POST", f"/v1/buildings/{tower}/merge", {"codes": [tower]})
    assert twice.json()["code"] == "same-building"


def test_a_split_building_keeps_its_last_owner_and_names_what_it_became(admin, public):
    """Into a part in D07A and one in D08A; the parts have codes of their own."""
    tower = admin.register()
    parts = [{**TOWER, "aliases": []}, SHED]
    split = admin.ask("POST", f"/v1/buildings/{tower}/split", {"into": parts})

    successors = [one["code"] for one in split.json()["successors"]]
    old = public.get(f"/v1/buildings/{tower}").json()
    assert (split.status_code, old["successors"], old["owner"]["code"]) == (201, sorted(successors), "D07A")
    assert [public.get(f"/v1/buildings/{one}").json()["predecessors"] for one in successors] == [[tower], [tower]]
    assert admin.ask("POST", f"/v1/buildings/{tower}/split", {"into": parts}).status_code == 409


def test_a_retired_building_keeps_its_last_owner_through_a_redraw(admin, public, ground, publish_edition, held):
    """Retired in edition 1 as D07A's; in edition 2 its place is D07B's, and its code says D07A still."""
    code = admin.register()
    assert admin.ask("POST", f"/v1/buildings/{code}/retire").json()["successors"] == []
    with ground as work:
        assert code not in [one.code for one in work.buildings.in_boxes([(102.7, 25.0, 102.72, 25.02)])]
    south, north = (grid for grid in GROUND if grid.parent == "D07")
    swapped = [
        type(south)(south.code, north.shape, south.level, south.parent, south.name),
        type(north)(north.code, south.shape, north.level, north.parent, north.name),
    ]
    publish_edition(2, datetime(2025, 6, 1, tzinfo=UTC), swapped, ["D07A", "D07B"])
    held.refresh()

    told = public.get(f"/v1/buildings/{code}").json()

    assert (told["edition"], told["owner"]["code"]) == (2, "D07A")
    assert told["owners"] == [{"from": 1, "to": 1, "grid": "D07A"}]


def test_a_retired_building_is_not_counted(admin, ground):
    """Cells of 1/128 degree hold B7 and the tower; of the tower nothing is left when it is retired."""
    code = admin.register()
    assert _counted(ground) == (2, 120)

    admin.ask("POST", f"/v1/buildings/{code}/retire")

    assert _counted(ground) == (1, 0)


def _counted(work) -> tuple[int, int]:
    with work:
        rows = work.buildings._session.connection().exec_driver_sql(
            "SELECT sum(buildings), sum(households) FROM building_cell"
        )
        return tuple(map(int, rows.one()))


def test_stale_buildings_are_those_not_verified_for_a_month(as_role, admin, public):
    """Yesterday is fresh; two months ago and never are stale; the scope narrows, and the public may not ask."""
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    fresh = admin.register(verified_on=(today - timedelta(days=1)).isoformat())
    old = admin.register(verified_on=(today - timedelta(days=62)).isoformat())
    away = admin.register(**SHED, verified_on=None)

    def stale(desk, **query):
        return [one["code"] for one in desk.get("/v1/buildings", **query).json()["buildings"]]

    assert sorted(stale(admin, stale=True)) == sorted([old, away, "B7"])
    assert stale(as_role("worker", "D08"), stale=True) == [away]
    assert stale(admin, stale=True, grid="D08") == [away]
    assert fresh in stale(admin, verified_before=str(date(2999, 1, 1)))
    assert public.get("/v1/buildings", stale=True).status_code == 401


def test_lists_are_narrowed_and_paged(admin, public):
    """By box and by subtree; one at a time, each building once."""
    codes = sorted([admin.register(), admin.register(**SHED), "B7"])

    listed, cursor = [], None
    while True:
        page = public.get("/v1/buildings", limit=1, **({"cursor": cursor} if cursor else {})).json()
        listed += [one["code"] for one in page["buildings"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert listed == codes
    assert len(public.get("/v1/buildings", grid="D07").json()["buildings"]) == 2
    boxed = public.get("/v1/buildings", bbox="102.72,25,102.74,25.02").json()["buildings"]
    assert [one["grid"] for one in boxed] == ["D08A"]
    assert public.get("/v1/buildings", grid="D99").status_code == 404


@pytest.mark.parametrize("role", ["worker", "router", "dispatcher", "auditor"])
def test_only_planners_write(as_role, role):
    """The others read: 403 for every act."""
    desk = as_role(role)

    for method, path, body in (
        ("PATCH", "", {"name": "x"}),
        ("POST", "/retire", None),
        ("POST", "/merge", {"codes": ["B8"]}),
        ("PUT", "/units/1", {}),
        ("PUT", "/aliases/a/1", None),
        ("DELETE", "/entrances/1", None),
    ):
        assert desk.ask(method, f"/v1/buildings/B7{path}", body).status_code == 403
    assert desk.post(SHED).status_code == 403
    assert desk.get("/v1/buildings/B7/units").status_code == 200


def test_a_planner_acts_on_their_own_ground_alone(as_role, admin, public):
    """B7 is D07A's: the planner of D08 sees it, and may neither change it nor see its units."""
    planner = as_role("planner", "D08")

    assert planner.post(SHED).status_code == 201
    refused = planner.post(TOWER)
    assert (refused.status_code, refused.json()["code"]) == (403, "outside-scope")
    assert planner.get("/v1/buildings/B7").status_code == 200
    assert planner.ask("PATCH", "/v1/buildings/B7", {"name": "x"}).status_code == 403
    assert planner.get("/v1/buildings/B7/units").status_code == 404
    mine = planner.get("/v1/buildings", grid="D08").json()["buildings"][0]["code"]
    away = planner.ask("PATCH", f"/v1/buildings/{mine}", {"point": TOWER["point"]})
    assert (away.status_code, away.json()["errors"][0]["pointer"]) == (403, "/point")
    assert public.get("/v1/buildings/B7/units").status_code == 401
