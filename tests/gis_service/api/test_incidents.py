import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

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
def router(as_role) -> dict[str, str]:
    """The token of the hotline."""
    return as_role("router")


@pytest.fixture
def post(client, router):
    """Report the usual incident; fields and headers may differ."""

    def act(headers=None, key=None, **fields):
        sent = {"Content-Type": "application/json", "Idempotency-Key": key or str(uuid4()), **(headers or router)}
        body = {name: value for name, value in (BODY | fields).items() if value is not None}
        return client.post(
            "/v1/incidents", content=json.dumps(body), headers=sent | {"Content-Type": "application/json"}
        )

    return act


def test_a_report_is_answered_with_all_that_the_contract_names(post):
    """Owner, chain, department and deadline, each with a reason."""
    response = post()

    assert response.status_code == 201
    body = response.json()
    assert response.headers["Location"] == f"/v1/incidents/{body['id']}"
    assert body["state"] == "reported"
    assert body["owner"] == {"code": "D07A", "name": "一网格", "level": "unit_grid"}
    assert [link["code"] for link in body["chain"]] == ["D", "D07", "D07A"]
    assert (body["located_by"], body["edition"]) == ("coordinate", 1)
    assert (body["department"], body["department_name"], body["assisting"]) == (
        "emergency",
        "应急管理局",
        ["housing"],
    )
    assert body["severity"] == "general"
    assert body["point"] == {"lon": 102.71, "lat": 25.01}
    assert body["possible_duplicates"] == []
    assert [entry["step"] for entry in body["explain"]] == [
        "located",
        "owner",
        "dispatch",
        "accept_deadline",
        "deadline",
    ]
    due_in = datetime.fromisoformat(body["due_at"]) - datetime.fromisoformat(body["occurred_at"])
    assert due_in == timedelta(days=3)


def test_a_retry_gets_the_first_answer(post):
    """Byte for byte, with 200 and a header that says so."""
    first = post(key="k-1", occurred_at="2026-03-06T17:00:00+08:00")
    again = post(key="k-1", occurred_at="2026-03-06T17:00:00+08:00")

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers


def test_spelling_out_a_default_is_the_same_body(post):
    """Severity general, and the order of the members, change nothing."""
    first = post(key="k-1")

    assert post(key="k-1", severity="general").json()["id"] == first.json()["id"]


def test_another_body_under_the_same_key_is_refused(post):
    """The caller has mixed up its keys: 422, and the first incident stands."""
    post(key="k-1")

    response = post(key="k-1", description="another")

    assert (response.status_code, response.json()["code"]) == (422, "idempotency-key-reused")


def test_a_report_needs_a_key(client, router):
    """Without one a retry could not be told from a second report."""
    response = client.post("/v1/incidents", json=BODY, headers=router)

    assert (response.status_code, response.json()["code"]) == (422, "idempotency-key-missing")
    assert response.json()["errors"][0]["parameter"] == "Idempotency-Key"


@pytest.mark.parametrize("key", ["", "a b", "a" * 256, "k\x7f"], ids=["empty", "blank", "long", "control"])
def test_a_key_is_1_to_255_visible_characters(post, key, client, router):
    """RFC 9110 tokens and UUIDs are fine; these are not."""
    response = client.post("/v1/incidents", json=BODY, headers={**router, "Idempotency-Key": key})

    assert (response.status_code, response.json()["code"]) == (422, "idempotency-key-invalid")


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"category": "weather"}, "/category"),
        ({"channel": "pigeon"}, "/channel"),
        ({"channel": None}, "/channel"),
        ({"severity": "huge"}, "/severity"),
        ({"description": ""}, "/description"),
        ({"description": "   "}, "/description"),
        ({"description": "x" * 4001}, "/description"),
        ({"description": "a\x00b"}, "/description"),
        ({"description": "\ud800"}, "/description"),
        ({"point": None}, ""),
        ({"point": {"lon": 102.71}}, "/point/lat"),
        ({"point": {"lon": 25.01, "lat": 102.71}}, "/point/lat"),
        ({"point": {"lon": "102.71", "lat": 25.01}}, "/point/lon"),
        ({"point": {"lon": 102.71, "lat": 25.01, "crs": "EPSG:3857"}}, "/point/crs"),
        ({"point": {"lon": 102.71, "lat": 25.01, "alt": 1900}}, "/point/alt"),
        ({"point": None, "building_code": "B8"}, "/building_code"),
        ({"accuracy_m": -1}, "/accuracy_m"),
        ({"accuracy_m": float("inf")}, "/accuracy_m"),
        ({"occurred_at": "2026-03-06T17:00:00"}, "/occurred_at"),
        ({"occurred_at": 1_772_787_600}, "/occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00+08:00"}, "/occurred_at"),
        ({"occurred_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}, "/occurred_at"),
        ({"reporter_name": "Zhang"}, "/reporter_name"),
    ],
)
def test_what_is_wrong_is_named(post, fields, pointer):
    """422, and a pointer to the member at fault."""
    response = post(**fields)

    assert response.status_code == 422
    assert pointer in [error["pointer"] for error in response.json()["errors"]]


@pytest.mark.parametrize(
    ("role", "status"),
    [("worker", 201), ("router", 201), ("dispatcher", 201), ("admin", 201), ("planner", 403), ("auditor", 403)],
)
def test_who_works_with_incidents_may_report(post, as_role, role, status):
    """Planners and auditors read."""
    assert post(as_role(role)).status_code == status


def test_nobody_reports_without_a_token(client):
    """401, whatever the body."""
    assert client.post("/v1/incidents", json={}, headers={"Idempotency-Key": "k"}).status_code == 401


def test_a_report_is_taken_from_anywhere(post, as_role):
    """A worker of D08 reports in D07A: their scope limits what they see of others, not what they report."""
    assert post(as_role("worker", "D08")).status_code == 201


def test_outside_the_coverage_the_answer_names_the_nearest_grid(post):
    """Stored, state unlocated, no owner."""
    body = post(point={"lon": 102.71, "lat": 25.05}).json()

    assert (body["state"], body["owner"], body["chain"], body["located_by"]) == ("unlocated", None, [], "nowhere")
    assert body["nearest"]["code"] == "D07B"


def test_one_incident_is_read_as_it_was_answered(post, client, router):
    """The same JSON."""
    answered = post()

    assert client.get(answered.headers["Location"], headers=router).content == answered.content


@pytest.mark.parametrize(
    "path", ["/v1/incidents/7", "/v1/incidents/01a00000-0000-7000-8000-000000000000", "/v1/incidents/7/events"]
)
def test_what_is_not_there_is_404(client, router, path):
    """An id that is none is the id of nothing."""
    response = client.get(path, headers=router)

    assert (response.status_code, response.json()["code"]) == (404, "not-found")


def test_anothers_ground_is_404(post, client, as_role):
    """A worker of D08 asks for an incident of D07A."""
    path = post().headers["Location"]
    stranger = as_role("worker", "D08")

    assert client.get(path, headers=stranger).status_code == 404
    assert client.get(f"{path}/events", headers=stranger).status_code == 404


def test_nobody_reads_without_a_token(client):
    """Incidents are not public."""
    assert client.get("/v1/incidents").status_code == 401
    assert client.get(f"/v1/incidents/{uuid4()}").status_code == 401


@pytest.mark.parametrize("path", ["/v1/incidents/nope", "/v1/incidents/nope/events"])
def test_who_shows_no_token_learns_nothing_of_ids(client, path):
    """401 before 404."""
    assert client.get(path).status_code == 401


@pytest.mark.parametrize(
    "spell",
    [str.upper, "{{{}}}".format, "urn:uuid:{}".format, lambda one: one.replace("-", "")],
    ids=["capitals", "braces", "prefix", "no hyphens"],
)
def test_an_incident_has_one_address(post, client, router, spell):
    """Capitals, braces, a prefix or no hyphens: 404."""
    path = f"/v1/incidents/{spell(post().json()['id'])}"

    assert client.get(path, headers=router).status_code == 404


@pytest.mark.parametrize("typed", ["b7", " B7 ", "b7\t"])
def test_a_building_code_may_be_typed_in_small_letters(post, typed):
    """It is that of building B7."""
    body = post(point=None, building_code=typed).json()

    assert (body["located_by"], body["building_code"]) == ("building", "B7")


def test_openapi_tells_the_key_and_the_answers(client, post):
    """The key is required, once; the schema of 201 and 200 has the members of an answer, and one not for everyone."""
    told = client.app.openapi()["paths"]["/v1/incidents"]["post"]
    keys = [one["required"] for one in told["parameters"] if one["name"].lower() == "idempotency-key"]
    members = [
        set(told["responses"][status]["content"]["application/json"]["schema"]["properties"])
        for status in ("200", "201")
    ]

    assert keys == [True]
    assert members == [{*post().json(), "reporter"}] * 2


def test_events_tell_what_happened(post, client, router):
    """One so far."""
    location = post().headers["Location"]

    (event,) = client.get(f"{location}/events", headers=router).json()["events"]

    assert (event["kind"], event["to_state"], event["to_grid"]) == ("reported", "reported", "D07A")


def test_pages_follow_one_another_by_cursor(post, client, router):
    """Five incidents in pages of two, by the link that each page gives."""
    ids = [post().json()["id"] for _ in range(5)][::-1]

    pages, url = [], "/v1/incidents?limit=2"
    while url:
        response = client.get(url, headers=router)
        pages.append([one["id"] for one in response.json()["incidents"]])
        url = response.headers["Link"].split(">")[0].removeprefix("<") if "Link" in response.headers else None

    assert pages == [ids[:2], ids[2:4], ids[4:]]


def test_states_may_repeat_or_stand_in_one(post, client, router):
    """Both spellings find both."""
    post()
    post(point={"lon": 102.71, "lat": 25.05})

    for query in ("state=reported,unlocated", "state=reported&state=unlocated"):
        assert len(client.get(f"/v1/incidents?{query}", headers=router).json()["incidents"]) == 2
    assert len(client.get("/v1/incidents?state=unlocated", headers=router).json()["incidents"]) == 1


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("state=lost", "state"),
        ("grid=*", "grid"),
        ("grid=999999", "grid"),
        ("category=Hazard", "category"),
        ("category=hazards", "category"),
        ("since=yesterday", "since"),
        ("until=2026-03-06T17:00:00", "until"),
        ("bbox=1,2,3", "bbox"),
        ("overdue=perhaps", "overdue"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=WyJ4Il0", "cursor"),
    ],
)
def test_a_bad_filter_is_named(client, router, query, name):
    """422 with the parameter's name."""
    response = client.get(f"/v1/incidents?{query}", headers=router)

    assert response.status_code == 422
    assert [error["parameter"] for error in response.json()["errors"]] == [name]


def test_an_incident_is_found_by_the_number_of_another_system(post, client, router):
    """What a door's page quoted, read out on the telephone."""
    wanted = post(external_id="LXWI-Q4G7").json()["id"]
    post(external_id="LXWI-Q4G8")

    found = client.get("/v1/incidents?external_id=LXWI-Q4G7", headers=router).json()["incidents"]
    assert [one["id"] for one in found] == [wanted]
    assert client.get("/v1/incidents?external_id=%00", headers=router).status_code == 422


def test_filters_reach_the_list(post, client, router):
    """Ground, category, time, box and deadline at once."""
    wanted = post(severity="major", occurred_at="2026-03-06T17:00:00+08:00").json()["id"]
    post(point={"lon": 102.73, "lat": 25.01})

    query = {
        "grid": "D07",
        "category": "hazard",
        "since": "2026-03-06T17:00:00+08:00",
        "until": "2026-03-06T17:00:01+08:00",
        "bbox": "102.70,25.00,102.72,25.02",
        "overdue": "true",
    }
    found = client.get("/v1/incidents", params=query, headers=router).json()["incidents"]

    assert [one["id"] for one in found] == [wanted]
