from uuid import uuid4

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from gis_service.app import openapi_document
from gis_service.database.tables import incident
from gis_service.domain.incident import STATES
from tests.support.reports import report


@pytest.fixture
def client(incident_client) -> TestClient:
    """The incident routes on the small ground, with the database of the test."""
    return incident_client


@pytest.fixture
def desk(as_role) -> dict[str, str]:
    """The token of a dispatcher of the district."""
    return as_role("dispatcher", "D")


@pytest.fixture
def path(ground) -> str:
    """The address of a hazard in D07A that was just reported."""
    return f"/v1/incidents/{report(ground).id}"


@pytest.fixture
def post(client, path, desk):
    """Move the incident; returns the response."""

    def act(to: str, as_=None, sent=None, **said):
        return client.post(f"{path}/transitions", json={"to": to, **said}, headers=(as_ or desk) | (sent or {}))

    return act


def test_a_move_is_answered_with_the_incident(post, client, path, desk):
    """As it is read afterwards, with its version as ETag, and the moves that are open now."""
    response = post("accepted", note="on my way")

    assert response.status_code == 200
    body = response.json()
    assert (body["state"], body["version"], response.headers["ETag"]) == ("accepted", 2, '"2"')
    assert body["accepted_at"] is not None
    assert client.get(path, headers=desk).content == response.content
    assert body["allowed"][:2] == [
        {"to": "dispatched", "kind": "dispatched", "needs": []},
        {"to": "returned", "kind": "returned", "needs": ["reason"]},
    ]
    *_, event = client.get(f"{path}/events", headers=desk).json()["events"]
    assert (event["kind"], event["reason"], event["facts"]) == ("accepted", "", {"note": "on my way"})


def test_a_move_that_is_not_allowed_names_those_that_are(post):
    """409 with the moves of this caller, and nothing has happened."""
    response = post("verified")

    assert response.status_code == 409
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (body["code"], body["state"]) == ("move-not-allowed", "reported")
    assert {one["to"] for one in body["allowed"]} == {"accepted", "merged", "cancelled", "reported"}
    assert "accepted" in body["detail"]
    assert post("accepted").json()["version"] == 2


@pytest.mark.parametrize(
    ("role", "scope", "status"),
    [
        ("worker", "D07A", 200),
        ("worker", "D07", 200),
        ("dispatcher", "D", 200),
        ("admin", None, 200),
        ("router", "D", 403),
        ("planner", "D", 403),
        ("auditor", None, 403),
        ("worker", "D08", 404),
        ("dispatcher", "D07B", 404),
        ("router", "D08", 404),
    ],
)
def test_who_sees_it_and_may_moves_it(post, as_role, role, scope, status):
    """What one may not see is a 404, whatever the role; what one sees and may not move is a 403."""
    assert post("accepted", as_role(role, scope)).status_code == status


def test_the_public_moves_nothing(client, path):
    """401 before anything else is looked at."""
    assert client.post(f"{path}/transitions", json={}).status_code == 401
    assert client.post("/v1/incidents/nope/transitions", json={}).status_code == 401


def test_what_a_move_needs_is_named(post):
    """422 with a pointer."""
    response = post("cancelled")

    assert response.status_code == 422
    assert response.json()["errors"] == [
        {"pointer": "/reason", "detail": "is needed to move an incident from reported to cancelled"}
    ]


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"to": "lost"}, "/to"),
        ({"to": "accepted", "by": "me"}, "/by"),
        ({"to": "accepted", "reason": " "}, "/reason"),
        ({"to": "accepted", "note": "a\x00b"}, "/note"),
        ({"to": "reported", "to_grid": "D\x00"}, "/to_grid"),
        ({"to": "reported", "to_grid": ""}, "/to_grid"),
        ({"to": "merged", "into": "nope"}, "/into"),
        ({"to": "merged", "into": str(uuid4())}, "/into"),
        ({"to": "accepted", "satisfaction": 6}, "/satisfaction"),
        ({"to": "accepted", "satisfaction": "5"}, "/satisfaction"),
        ({"to": "accepted", "version": 0}, "/version"),
        ({"to": "accepted", "version": 2**31}, "/version"),
    ],
)
def test_what_is_wrong_is_named(post, said, pointer):
    """422, and a pointer to the member at fault."""
    response = post(**said)

    assert response.status_code == 422
    assert pointer in [error["pointer"] for error in response.json()["errors"]]


def test_a_version_that_has_passed_is_refused(post):
    """412 with the version of now, by header and by body; where both are given they must agree."""
    post("accepted")

    for sent, said in (({"If-Match": '"1"'}, {}), ({}, {"version": 1}), ({"If-Match": '"2"'}, {"version": 1})):
        response = post("dispatched", sent=sent, **said)
        assert (response.status_code, response.json()["code"], response.json()["version"]) == (412, "stale", 2)
    assert post("dispatched", sent={"If-Match": '"1", "2"'}, version=2).status_code == 200


@pytest.mark.parametrize(
    ("tag", "status"),
    [("*", 200), ('"1"', 200), ('W/"1"', 412), ('"plan-7-1"', 412), ('"99999999999"', 412), ("1", 422)],
)
def test_an_entity_tag_is_read_as_rfc_9110_says(post, tag, status):
    """Weak tags never match; what is no tag is refused."""
    assert post("accepted", sent={"If-Match": tag}).status_code == status


def test_a_retry_under_its_key_is_answered_again(post):
    """200 twice, one move; another body under the key is a 422, and so is a bad key."""
    key = {"Idempotency-Key": "k-1"}
    first, again = post("accepted", sent=key), post("accepted", sent=key)

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert post("dispatched", sent=key).json()["code"] == "idempotency-key-reused"
    assert post("dispatched", sent={"Idempotency-Key": "a b"}).json()["code"] == "idempotency-key-invalid"


def test_a_key_that_was_used_for_another_incident_is_refused(post, client, ground, desk):
    """The body is the same, the incident is not."""
    key = {"Idempotency-Key": "k-1"}
    post("accepted", sent=key)

    other = f"/v1/incidents/{report(ground).id}/transitions"
    assert client.post(other, json={"to": "accepted"}, headers=desk | key).status_code == 422


def test_a_hand_over_and_a_tier_are_moves_to_the_same_state(client, ground, desk):
    """to_grid changes the owner, handler the hands."""
    address = f"/v1/incidents/{report(ground, category='dispute').id}/transitions"
    client.post(address, json={"to": "accepted"}, headers=desk)

    up = client.post(address, json={"to": "accepted", "handler": "D07"}, headers=desk).json()
    over = client.post(address, json={"to": "accepted", "to_grid": "D08A"}, headers=desk).json()

    assert (up["owner"]["code"], up["handler"]) == ("D07A", "D07")
    assert (over["owner"]["code"], over["handler"]) == ("D08A", "D08A")


def test_on_whose_behalf_it_was_reported_is_told_to_few(client, ground, open_session, path, as_role):
    """Dispatchers, auditors and admins of the ground; not the worker, nor who only reported it."""
    outsider = as_role("dispatcher", "D08")
    body = {
        "category": "hazard",
        "channel": "hotline",
        "description": "x",
        "point": {"lon": 102.71, "lat": 25.01},
    }
    theirs = client.post("/v1/incidents", json=body, headers=outsider | {"Idempotency-Key": "k"}).headers["Location"]
    with open_session() as session:
        session.execute(update(incident).values(reporter="Zhang San"))
        session.commit()

    for role in ("dispatcher", "auditor", "admin"):
        assert client.get(path, headers=as_role(role, "D07")).json()["reporter"] == "Zhang San"
    for role in ("worker", "router", "planner"):
        assert "reporter" not in client.get(path, headers=as_role(role, "D07")).json()
    seen = client.get(theirs, headers=outsider).json()
    assert "reporter" not in seen
    assert seen["allowed"] == []


def test_openapi_tells_every_state():
    """The words of the body are those of the domain."""
    schema = openapi_document()["components"]["schemas"]["MoveIn"]

    assert schema["properties"]["to"]["enum"] == list(STATES)
