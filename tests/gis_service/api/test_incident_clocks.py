import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

from gis_service.app import create_app
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.incident import DeclaredPoint, Report
from gis_service.settings import Settings
from gis_service.use_cases.create_token import create_token
from gis_service.use_cases.read_incidents import read_events
from gis_service.use_cases.report_incident import IncidentRequest, report_incident
from tests.support.desk import locate_on_ground, prepare

BODY = {
    "category": "hazard",
    "channel": "patrol",
    "description": "loose tile above the entrance",
    "point": {"lon": 102.71, "lat": 25.01},
}


@pytest.fixture
def client(incident_client) -> TestClient:
    """The incident routes on the small ground, with the database of the test."""
    return incident_client


@pytest.fixture
def as_role(ground):
    """Headers of a new token of the street."""

    def make(role: str) -> dict[str, str]:
        secret, _ = create_token(role=role, scope="D07", label=role, lifetime=timedelta(hours=1), work=ground)
        return {"Authorization": f"Bearer {secret}"}

    return make


@pytest.fixture
def act(client, as_role):
    """Report an incident of now, and do something to its clocks again and again."""
    headers = as_role("dispatcher")
    incident = client.post("/v1/incidents", json=BODY, headers=headers | {"Idempotency-Key": str(uuid4())}).json()

    def do(body, role="dispatcher", **more):
        sent = (headers if role == "dispatcher" else as_role(role)) | more
        return client.post(f"/v1/incidents/{incident['id']}/clocks", json=body, headers=sent)

    do.incident = incident
    return do


def test_a_dispatcher_pauses_and_resumes(act):
    """200 with the incident each time; a second pause is a 409 that says what to do."""
    paused = act({"act": "pause", "reason": "the owner is abroad"})
    again = act({"act": "pause", "reason": "again"})
    resumed = act({"act": "resume"})

    assert (paused.status_code, paused.json()["version"]) == (200, 2)
    assert (again.status_code, again.json()["code"]) == (409, "paused")
    assert again.json()["detail"].endswith("is paused; resume it first")
    assert (resumed.status_code, resumed.json()["version"]) == (200, 3)
    assert resumed.json()["due_at"] > act.incident["due_at"]


def test_an_incident_at_another_version_is_left_alone(act):
    """412 with the version it has, as for a move; with the ETag of now it is done."""
    pause = {"act": "pause", "reason": "the owner is abroad"}
    stale = act(pause, **{"If-Match": '"7"'})
    done = act(pause, **{"If-Match": '"1"'})

    assert (stale.status_code, stale.json()["code"], stale.json()["version"]) == (412, "stale", 1)
    assert (done.status_code, done.headers["ETag"]) == (200, '"2"')


def test_a_worker_asks_and_a_dispatcher_grants(act):
    """The deadline is that asked for, to the second."""
    until = (datetime.now(UTC) + timedelta(days=10)).replace(microsecond=0)

    asked = act({"act": "ask-extension", "reason": "parts are on order", "until": until.isoformat()}, "worker")
    granted = act({"act": "grant-extension"})

    assert (asked.status_code, asked.json()["due_at"]) == (200, act.incident["due_at"])
    assert datetime.fromisoformat(granted.json()["due_at"]) == until


@pytest.mark.parametrize("word", ["pause", "resume", "grant-extension", "refuse-extension"])
@pytest.mark.parametrize("role", ["worker", "router"])
def test_all_but_asking_is_a_dispatchers(act, role, word):
    """403 names the role that it takes."""
    response = act({"act": word, "reason": "because"}, role)

    assert response.status_code == 403
    assert response.json()["detail"] == f"the role {role} may ask-extension; to {word} takes dispatcher"


@pytest.mark.parametrize(
    "body",
    [
        {"act": "stop", "reason": "because"},
        {"act": "pause"},
        {"act": "pause", "reason": "  "},
        {"act": "pause", "reason": "nul \x00"},
        {"act": "pause", "reason": "x" * 4_001},
        {"act": "pause", "reason": "because", "until": "2036-01-01T00:00:00Z"},
        {"act": "ask-extension", "reason": "because"},
        {"act": "ask-extension", "reason": "because", "until": "2036-01-01T00:00:00"},
        {"act": "ask-extension", "reason": "because", "until": "9999-12-31T23:59:59-23:00"},
        {"act": "ask-extension", "reason": "because", "until": 99999999999999},
        {"act": "resume", "when": "now"},
        [],
    ],
    ids=str,
)
def test_a_body_that_makes_no_sense_is_refused(act, body):
    """422; nothing has happened to the incident."""
    assert act(body).status_code == 422


def test_a_lone_surrogate_is_refused(client, as_role, act):
    """JSON may write one; no text can hold it."""
    response = client.post(
        f"/v1/incidents/{act.incident['id']}/clocks",
        content=b'{"act": "pause", "reason": "\\ud800"}',
        headers=as_role("dispatcher") | {"Content-Type": "application/json"},
    )

    assert response.status_code == 422


def test_without_a_token_nothing_is_told(client, act):
    """401 before anything is looked for; 404 for what is not there."""
    assert client.post(f"/v1/incidents/{act.incident['id']}/clocks", json={"act": "resume"}).status_code == 401


def test_what_is_not_there_is_not_found(client, as_role):
    """An id of nothing, and what is no id."""
    headers = as_role("dispatcher")

    for incident_id in (uuid4(), "17"):
        response = client.post(f"/v1/incidents/{incident_id}/clocks", json={"act": "resume"}, headers=headers)
        assert response.status_code == 404


def test_the_service_rings_by_itself(own_database):
    """Reported a day ago, four hours to accept it: a service just started tells the street and the district."""
    engine = make_engine(own_database, pool_size=2, statement_timeout_ms=30_000)
    work = UnitOfWork(make_session_factory(engine))
    prepare(work)
    at = datetime.now(UTC) - timedelta(days=1)
    city = Principal("city desk", "dispatcher")
    incident = report_incident(
        IncidentRequest(Report("hazard", "general", "patrol", "x", at), "k", b"", point=DeclaredPoint(102.71, 25.01)),
        principal=city,
        locate=locate_on_ground,
        zone=ZoneInfo("Asia/Shanghai"),
        now=at,
        work=work,
    ).incident

    with TestClient(create_app(Settings(database_url=own_database, alarm_poll_s=0.05))):
        while len(events := read_events(incident.id, city, work)) == 1:
            time.sleep(0.01)
    engine.dispose()

    assert [(event.kind, event.to_grid) for event in events[1:]] == [("alerted", "D07"), ("alerted", "D")]
