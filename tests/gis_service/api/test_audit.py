import csv
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from gis_service.app import create_app
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.settings import Settings
from gis_service.use_cases.create_token import create_token
from tests.conftest import TEMPLATE, make_database
from tests.support.desk import prepare

BODY = {
    "category": "hazard",
    "channel": "patrol",
    "description": "loose tile",
    "point": {"lon": 102.71, "lat": 25.01},
}


@pytest.fixture(scope="module")
def database(server_url, template_url):
    """The small ground, and a service on it whose record each test adds to."""
    url = make_database(server_url, "gis_test_audit", TEMPLATE)
    engine = make_engine(url, pool_size=2, statement_timeout_ms=30_000)
    prepare(UnitOfWork(make_session_factory(engine)))
    engine.dispose()
    return url


@pytest.fixture(scope="module")
def client(database):
    with TestClient(create_app(Settings(database_url=database, audit_seal_s=0))) as made:
        yield made


@pytest.fixture(scope="module")
def tokens(database):
    """Headers with a token of a role, and of a scope."""
    engine = make_engine(database, pool_size=1, statement_timeout_ms=30_000)
    work = UnitOfWork(make_session_factory(engine))

    def make(role, scope=None):
        secret, _ = create_token(role=role, scope=scope, label="t", lifetime=timedelta(days=1), work=work)
        return {"Authorization": f"Bearer {secret}"}

    yield make
    engine.dispose()


@pytest.fixture(scope="module")
def auditor(tokens):
    return tokens("auditor")


@pytest.fixture
def acts(client, auditor):
    """The acts that match, once all that was done is written."""

    def find(**wanted):
        while client.app_state["audit"].waiting:
            time.sleep(0.01)
        return client.get("/v1/audit", params=wanted, headers=auditor).json()["acts"]

    return find


@pytest.fixture(scope="module")
def router(tokens):
    return tokens("router")


@pytest.fixture
def report(client, router):
    def act(headers=None, **fields):
        sent = (headers or router) | {"Idempotency-Key": str(uuid4())}
        return client.post("/v1/incidents", json=BODY | fields, headers=sent)

    return act


def named(headers):
    """The same headers with an id of the request, and the id."""
    request_id = uuid4().hex
    return headers | {"X-Request-Id": request_id}, request_id


def test_a_write_is_in_the_record_before_it_is_answered(client, report, router, auditor):
    """Who, from where, what, which incident, why, and how it ended; found at once, without waiting."""
    headers, request_id = named(router | {"X-Purpose": "%E5%B7%A1%E6%9F%A5"})

    made = report(headers)

    found = client.get("/v1/audit", params={"object": made.json()["id"]}, headers=auditor).json()["acts"]
    [one] = found
    assert one.pop("id") > 0
    assert one.pop("at").endswith("Z")
    assert one.pop("name").startswith("token:")
    assert one == {
        "act": "write",
        "role": "router",
        "scope": None,
        "address": "testclient",
        "method": "POST",
        "route": "/v1/incidents",
        "objects": [made.json()["id"]],
        "query": "",
        "count": 1,
        "classes": [],
        "purpose": "巡查",
        "status": 201,
        "request_id": request_id,
    }


def test_a_read_tells_what_was_read_and_of_which_class(client, report, router, acts, tokens):
    """One incident, important for a router; who reported it is core, and shown to dispatchers of the ground."""
    incident = report().json()["id"]
    headers, by_id = named(router)
    client.get(f"/v1/incidents/{incident}", headers=headers)
    headers, by_list = named(tokens("dispatcher"))
    listed = client.get("/v1/incidents?grid=D07", headers=headers).json()["incidents"]

    [single] = acts(request_id=by_id)
    [many] = acts(request_id=by_list)
    assert (single["act"], single["objects"], single["classes"]) == ("read", [incident], ["important"])
    assert (many["count"], many["classes"]) == (len(listed), ["core", "important"])
    assert incident in many["objects"]
    assert many["query"] == "grid=D07"
    assert many in acts(object=incident, **{"class": "core"})


@pytest.mark.parametrize(
    ("path", "role", "status"),
    [
        ("/v1/incidents", None, 401),
        ("/v1/webhooks", "worker", 403),
        ("/v1/incidents/00000000-0000-4000-8000-000000000000", "worker", 404),
    ],
)
def test_a_refusal_is_recorded(client, acts, tokens, path, role, status):
    """Without a token, without the role, and of what is not there or not theirs."""
    headers, request_id = named({} if role is None else tokens(role, "D08"))

    assert client.get(path, headers=headers).status_code == status

    [one] = acts(request_id=request_id)
    assert (one["act"], one["status"], one["role"]) == ("refusal", status, role or "public")
    assert one["route"].startswith(path[:10])


@pytest.mark.parametrize(
    "path", ["/v1/locate?lon=102.71&lat=25.01", "/v1/grids", "/tiles/current/grids/12/3216/1753.mvt", "/healthz"]
)
def test_what_is_general_is_not_recorded(client, acts, router, path):
    """With a token or without one."""
    headers, request_id = named(router)

    assert client.get(path, headers=headers).status_code in {200, 204}
    assert acts(request_id=request_id) == []


def test_a_route_that_notes_nothing_is_recorded_as_important(client, acts, tokens):
    """Check-ins: names of workers."""
    headers, request_id = named(tokens("dispatcher"))

    client.get("/v1/check-ins", headers=headers)

    [one] = acts(request_id=request_id)
    assert (one["act"], one["classes"], one["route"]) == ("read", ["important"], "/v1/check-ins")


def test_the_reason_in_a_body_is_the_purpose_where_no_header_is(client, report, acts, tokens):
    """Cancelled as a test."""
    incident = report().json()["id"]
    headers, request_id = named(tokens("dispatcher"))

    moved = client.post(
        f"/v1/incidents/{incident}/transitions", json={"to": "cancelled", "reason": "误报"}, headers=headers
    )

    assert moved.status_code == 200
    [one] = acts(request_id=request_id)
    assert (one["act"], one["purpose"], one["objects"]) == ("write", "误报", [incident])


def test_the_list_goes_on_behind_its_cursor_and_is_recorded_itself(client, report, auditor, acts):
    """Two pages of one act each; asking for them is an act of its own."""
    report()
    report()
    headers, request_id = named(auditor)
    first = client.get("/v1/audit?act=write&limit=1", headers=headers)
    second = client.get(first.links["next"]["url"], headers=auditor)

    assert first.json()["acts"][0]["id"] > second.json()["acts"][0]["id"]
    [one] = acts(request_id=request_id)
    assert (one["act"], one["route"], one["count"]) == ("read", "/v1/audit", 1)


def test_the_record_can_be_taken_away_as_csv(client, report, auditor, acts):
    """All that match, in one file; cells that begin like a formula are quoted; the export is recorded."""
    report()
    report()
    headers, request_id = named(auditor)
    told = client.get("/v1/audit?format=csv&act=write&limit=1", headers=headers)

    rows = list(csv.DictReader(told.text.splitlines()))
    assert told.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    assert len(rows) > 1
    assert {row["act"] for row in rows} == {"write"}
    found = acts(request_id=request_id)
    assert {one["act"] for one in found} == {"export", "read"}
    assert sum(one["count"] for one in found) == len(rows)


def test_an_auditor_of_a_street_sees_who_works_there(client, report, acts, tokens):
    """Acts of callers with the scope D07 or a grid of it; not those of the whole district, nor of D08."""
    for scope in ("D07", "D07A", "D08", None):
        client.get("/v1/incidents", headers=tokens("worker", scope))
    acts()

    found = client.get("/v1/audit?limit=1000", headers=tokens("auditor", "D07")).json()["acts"]

    assert {"D07", "D07A"} <= {one["scope"] for one in found} <= {"D07", "D07A", "D07B"}


@pytest.mark.parametrize("path", ["/v1/audit", "/v1/audit/unusual"])
@pytest.mark.parametrize(("role", "status"), [(None, 401), ("dispatcher", 403), ("auditor", 200), ("admin", 200)])
def test_the_record_is_for_auditors(client, tokens, path, role, status):
    """And for admins."""
    assert client.get(path, headers={} if role is None else tokens(role)).status_code == status


def test_when_no_act_can_be_recorded_none_is_done(client, report, router, auditor, monkeypatch):
    """The queue is full: 503 to a write and to incidents, before either; what is general is answered."""
    incident = report().json()["id"]
    monkeypatch.setattr(client.app_state["audit"], "_most", 0)

    write, read = report(), client.get(f"/v1/incidents/{incident}", headers=router)
    public = client.get("/v1/locate?lon=102.71&lat=25.01")

    assert (write.status_code, read.status_code, public.status_code) == (503, 503, 200)
    assert write.json()["code"] == read.json()["code"] == "audit-unavailable"
    assert write.headers["retry-after"] == "2"
    assert incident not in read.text


def test_unusual_reading_is_told_with_its_reason(client, report, tokens, auditor, acts, monkeypatch):
    """At most one thing an hour is usual here: who has read more stands out; at night core data does."""
    report()
    client.get("/v1/incidents", headers=tokens("dispatcher"))
    acts()
    limits = client.app_state["unusual_limits"]
    monkeypatch.setitem(client.app_state, "unusual_limits", type(limits)(things=1, night=(0, 0)))

    told = client.get("/v1/audit/unusual", headers=auditor).json()["unusual"]

    by_role = {one["role"]: one for one in told}
    assert by_role["dispatcher"]["reasons"] == ["volume"]
    assert by_role["dispatcher"]["usual"] is None
    assert by_role["dispatcher"]["things"] > 1


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/audit?cursor=x", "bad-cursor"),
        ("/v1/audit?object=%00", "invalid-input"),
        ("/v1/audit?name=%ED%A0%80", None),
        ("/v1/audit?status=99", "invalid-input"),
        ("/v1/audit/unusual?since=2026-01-01T00:00:00Z&until=2026-02-02T00:00:00Z", "invalid-input"),
        ("/v1/audit/unusual?until=0001-01-01T00:00:00Z", "invalid-input"),
    ],
)
def test_what_is_no_question_is_refused(client, auditor, path, code):
    """422 with a place; half characters are words that nothing matches."""
    answer = client.get(path, headers=auditor)

    assert answer.status_code == (200 if code is None else 422)
    assert code is None or answer.json()["code"] == code


def test_the_figures_are_among_the_metrics(client, report):
    """Acts recorded, waiting, counted only, and hours that stand out."""
    report()

    told = client.get("/metrics").text

    assert "gis_audit_recorded_total" in told
    assert "gis_audit_waiting" in told
    assert "gis_audit_unrecorded_total 0.0" in told
    assert "gis_audit_unusual 0.0" in told
