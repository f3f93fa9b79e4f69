"""A resident and a worker are planted in a whole service, and looked for in all that it says and keeps.

Every address of the description that is read is asked, as every class of callers: a new route is asked as soon as it
is described.  So are the tiles of all layers, webhooks, sheets, what is refused, the metrics, the log and the disk.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType

import pytest
import shapely
from sqlalchemy import create_engine
from starlette.testclient import TestClient

from gis_service.app import create_app
from gis_service.database.engine import make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.staff import StaffMember
from gis_service.log import configure_logging
from gis_service.settings import Settings
from gis_service.use_cases.create_token import create_token
from tests.support.planted_tiles import store_planted_ground
from tests.support.receiver import Receiver, receiver
from tests.support.tile_ground import tile_at
from tiles.layers import LAYERS
from tiles.matrix_sets import MATRIX_SETS

RESIDENT = ("张桂芳", "13888012345")
"""Name and telephone number of a resident on whose behalf something in C1 is reported."""
WORKER = ("李建国", "13777054321")
"""Those of a worker of C1."""

MAY_KNOW: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "public": frozenset(),
        "worker of C1": frozenset(WORKER),
        "router of C1": frozenset(WORKER),
        "router of K": frozenset(),
        "planner of C1": frozenset(),
        "auditor of C1": frozenset(RESIDENT),
        "dispatcher of D": frozenset((*RESIDENT, *WORKER)),
    }
)
"""Which of these words an answer to a caller may have."""

PLACE = (102.7101, 25.0103)
ZOOMS = (1, 10, 13, 15, 19)
AREA = shapely.box(102.709, 25.009, 102.711, 25.011)
PARAMETERS = {
    "lon": str(PLACE[0]),
    "lat": str(PLACE[1]),
    "kind": "tent",
    "quantity": "1",
    "to": "1",
    "area": "102.709,25.009;102.711,25.009;102.711,25.011;102.709,25.009",
    "edition": "1",
    "number": "1",
    "matrix": "CGCS2000Quad",
    "collection_id": "incidents",
    "collection": "grids",
    "tile_matrix_set": "WebMercatorQuad",
    "theme": "light",
    "table": "dispatch",
}
"""What a parameter of a path, or one that a query must have, is said to be."""
QUERIES = ({}, {"format": "csv"}, {"bbox": "102,24,104,26", "limit": "50"}, {"grid": "C1"}, {"limit": "1"})


@dataclass
class Planted:
    """A service in which both are planted, with the headers of each caller, and what it was told by whom."""

    client: TestClient
    headers: dict[str, dict[str, str]]
    receiver: Receiver
    paths: dict[str, str]
    home: Path


def known(text: str | bytes) -> set[str]:
    """Return the planted words that a text has, as they are or as JSON may write them."""
    written = text.encode() if isinstance(text, str) else text
    return {
        word
        for word in (*RESIDENT, *WORKER)
        if word.encode() in written or json.dumps(word).strip('"').encode() in written
    }


@pytest.fixture(scope="module")
def planted(server_url: str, template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    """The planted ground with both of them, an incident, a plan, a warning and a webhook."""
    from tests.conftest import TEMPLATE, make_database

    url = make_database(server_url, "gis_test_leaks", TEMPLATE)
    engine = create_engine(url)
    sessions = make_session_factory(engine)
    headers = store_planted_ground(sessions)
    work = UnitOfWork(sessions)
    for role in ("worker", "router", "planner", "auditor"):
        secret, _ = create_token(role=role, scope="C1", label=role, lifetime=timedelta(days=1), work=work)
        headers[f"{role} of C1"] = {"Authorization": f"Bearer {secret}"}
    with work:
        on_duty = StaffMember(WORKER[0], "worker", "C1", date(2025, 1, 1), WORKER[1])
        work.staff.add_many([on_duty])
        work.commit()
    home = tmp_path_factory.mktemp("leaks")
    settings = Settings(database_url=url, home=home, webhook_allow_private=True)
    with receiver() as there, TestClient(create_app(settings)) as client:
        yield Planted(client, headers, there, plant(client, headers, there.url), home)
    engine.dispose()


def plant(client: TestClient, headers: Mapping[str, dict[str, str]], url: str) -> dict[str, str]:
    """Report, warn, plan and subscribe; return the ids that paths take."""
    dispatcher = headers["dispatcher of D"]
    hook = client.post("/v1/webhooks", json={"url": url}, headers=dispatcher)
    report = {
        "category": "hazard",
        "channel": "hotline",
        "description": "楼道堆放杂物",
        "point": {"lon": PLACE[0], "lat": PLACE[1]},
        "reporter": " ".join(RESIDENT),
    }
    reported = client.post("/v1/incidents", json=report, headers=dispatcher | {"Idempotency-Key": "one"})
    warning = {"title": "暴雨", "kind": "rainstorm", "severity": "major", "area": shapely.geometry.mapping(AREA)}
    warned = client.post("/v1/area-events", json=warning, headers=dispatcher | {"Idempotency-Key": "two"})
    plan = client.post("/v1/plans", json={"title": "plan"}, headers=headers["planner of C1"])
    staff_id = str(client.get("/v1/staff?grid=C1", headers=dispatcher).json()["staff"][0]["id"])
    for answer in (hook, reported, warned, plan):
        assert answer.status_code == 201, answer.text
    return {
        "webhook_id": str(hook.json()["id"]),
        "incident_id": reported.json()["id"],
        "feature_id": reported.json()["id"],
        "event_id": warned.json()["id"],
        "plan_id": str(plan.json()["id"]),
        "photo_id": reported.json()["id"],
        "staff_id": staff_id,
        "staff": staff_id,
    }


def addresses(planted: Planted) -> Iterator[str]:
    """Yield every address that the description says is read, filled in, with queries."""
    for path, operations in planted.client.get("/openapi.json").json()["paths"].items():
        if "get" not in operations:
            continue
        needed = operations["get"].get("parameters", [])
        layers = "grids" if "/plans/" in path else "nearest" if "/lookup/" in path else "grids,incidents"
        tile = tile_at(15, *PLACE)
        said = {
            **PARAMETERS,
            **planted.paths,
            "layers": layers,
            "code": "B1" if "building" in path else "C1",
            "name": "panlong.pmtiles",
            "z": str(tile.z),
            "x": str(tile.x),
            "y": str(tile.y),
            "tile_matrix": str(tile.z),
            "tile_col": str(tile.x),
            "tile_row": str(tile.y),
        }
        filled = path.format_map(said)
        must = {one["name"]: said[one["name"]] for one in needed if one["in"] == "query" and one.get("required")}
        names = {one["name"] for one in needed if one["in"] == "query"}
        for query in QUERIES:
            if query.keys() <= names:
                words = "&".join(f"{name}={value}" for name, value in (must | query).items())
                yield f"{filled}?{words}" if words else filled


def tiles() -> Iterator[str]:
    """Yield tiles of each layer around them, at several zooms and in each matrix set."""
    for layer in LAYERS.values():
        for matrix in MATRIX_SETS.values():
            for zoom in ZOOMS:
                if zoom >= matrix.finer_by:
                    tile = tile_at(zoom - matrix.finer_by, *PLACE, matrix)
                    yield f"/tiles/1/{layer.name}/{matrix.id}/{tile.z}/{tile.x}/{tile.y}.mvt"


@pytest.mark.parametrize("caller", MAY_KNOW)
def test_no_answer_tells_a_caller_of_whom_they_may_not_know(planted: Planted, caller: str):
    """Every address that is read and every layer: body and headers have no word that is not this caller's."""
    headers = planted.headers[caller] | {"accept-encoding": "identity"}
    told: set[str] = set()
    answered = 0
    for address in (*addresses(planted), *tiles()):
        answer = planted.client.get(address, headers=headers)
        assert answer.status_code < 500, (address, answer.text)
        answered += answer.status_code == 200
        found = known(answer.content) | known(str(answer.headers))
        assert found <= MAY_KNOW[caller], address
        told |= found
    # Those who may know are told somewhere: what is looked for is there to be found.
    assert (set(RESIDENT) <= told) == (set(RESIDENT) <= MAY_KNOW[caller])
    assert answered > 60


@pytest.mark.parametrize("caller", MAY_KNOW)
def test_no_question_is_answered_with_more(planted: Planted, caller: str):
    """The area around them, asked for its staff; and a report that is wrong, which is not repeated in the refusal."""
    headers = planted.headers[caller]
    around = planted.client.post("/v1/locate/area", json=shapely.geometry.mapping(AREA), headers=headers)
    assert known(around.content) == MAY_KNOW[caller] & set(WORKER)
    wrong = {"category": "weather", "channel": "post", "description": 5, "reporter": " ".join(RESIDENT)}
    for path, body in (
        ("/v1/incidents", json.dumps(wrong)),
        ("/v1/incidents", json.dumps(wrong)[:-1]),
        ("/v1/incidents", json.dumps(wrong | {"reporter": [*RESIDENT]})),
        ("/v1/incidents/batch", json.dumps(wrong)),
    ):
        typed = headers | {"Content-Type": "application/json", "Idempotency-Key": "wrong"}
        answer = planted.client.post(path, content=body, headers=typed)
        assert 400 <= answer.status_code < 500 or path.endswith("batch")
        assert known(answer.content) == set(), answer.text


def test_what_is_sent_kept_and_counted_has_no_word(planted: Planted, capfd: pytest.CaptureFixture[str]):
    """Webhooks, the log from DEBUG on, the metrics and every file of the service."""
    configure_logging("DEBUG")
    again = {
        "category": "hazard",
        "channel": "resident",
        "description": "井盖缺失",
        "point": {"lon": PLACE[0], "lat": PLACE[1]},
        "reporter": " ".join(RESIDENT),
    }
    typed = planted.headers["dispatcher of D"] | {"Idempotency-Key": "three"}
    assert planted.client.post("/v1/incidents", json=again, headers=typed).status_code == 201
    bad = planted.client.post("/v1/incidents", json=again | {"category": "none"}, headers=typed)
    assert bad.status_code == 422
    for address in tiles():
        planted.client.get(address, headers={"accept-encoding": "identity"})
    posts = planted.receiver.posts
    assert planted.receiver.wait_for(lambda: len(posts) >= 2)
    assert [known(post["body"]) | known(str(post["headers"])) for post in posts] == [set()] * len(posts)
    log = "".join(capfd.readouterr())
    assert '"route"' in log
    assert known(log) == set()
    assert known(planted.client.get("/metrics").content) == set()
    kept = [file for file in planted.home.rglob("*") if file.is_file()]
    assert kept
    assert [file.name for file in kept if known(file.read_bytes())] == []
