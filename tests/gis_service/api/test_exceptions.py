from __future__ import annotations

from datetime import date, timedelta

import pytest

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.use_cases.create_token import create_token

COMMUNITY = "530103001001"
TOMORROW = (date.today() + timedelta(days=2)).isoformat()  # noqa: DTZ011 - two days on is later in every zone
GIVEN = {
    "finding_id": "0123456789abcdef",
    "rule": "gap",
    "grids": [COMMUNITY],
    "reason": "湖面, 无住户",
    "owner": "区水务局",
    "expires_on": TOMORROW,
}


def bearer(tokens, role="planner"):
    return {"Authorization": f"Bearer {tokens[role]}"}


@pytest.fixture(scope="module")
def city_admin(demo_copy):
    """Headers of an admin without a scope: targets hold everywhere."""
    engine = make_engine(demo_copy, pool_size=1, statement_timeout_ms=9000)
    work = UnitOfWork(make_session_factory(engine))
    secret, _ = create_token(role="admin", scope=None, label="", lifetime=timedelta(hours=1), work=work)
    engine.dispose()
    return {"Authorization": f"Bearer {secret}"}


def test_targets_hold_everywhere_so_an_admin_of_a_district_may_not_set_them(demo_client, demo_tokens):
    """403, and nothing is stored."""
    answer = demo_client.put("/v1/rules/coverage", json={"targets": []}, headers=bearer(demo_tokens, "admin"))

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_an_exception_is_granted_listed_and_withdrawn(demo_client, demo_tokens):
    """With reason, owner and expiry; withdrawn, it is told only to those who ask for all."""
    granted = demo_client.post("/v1/exceptions", json=GIVEN, headers=bearer(demo_tokens))
    assert granted.status_code == 201
    path = granted.headers["Location"]
    number = granted.json()["id"]

    again = demo_client.post("/v1/exceptions", json=GIVEN, headers=bearer(demo_tokens))
    assert (again.status_code, again.json()["code"]) == (409, "already-granted")

    def listed(state):
        body = demo_client.get(f"/v1/exceptions?state={state}", headers=bearer(demo_tokens, "auditor")).json()
        return {one["id"]: one for one in body["exceptions"]}

    assert listed("in_force")[number]["reason"] == "湖面, 无住户"
    assert demo_client.delete(path, headers=bearer(demo_tokens)).status_code == 204
    assert number not in listed("in_force")
    assert demo_client.delete(path, headers=bearer(demo_tokens)).json()["code"] == "already-withdrawn"
    assert listed("all")[number]["withdrawn_at"]
    assert demo_client.delete(path, headers=bearer(demo_tokens)).status_code == 409


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"rule": "invalid-geometry"}, "/rule"),
        ({"expires_on": "2020-01-01"}, "/expires_on"),
        ({"reason": "  "}, "/reason"),
        ({"grids": ["no code"]}, "/grids/0"),
        ({"finding_id": "gap at the lake"}, "/finding_id"),
        ({"surprise": 1}, "/surprise"),
    ],
)
def test_what_cannot_be_accepted_is_refused_at_its_place(demo_client, demo_tokens, change, pointer):
    """422, with a pointer to the member at fault."""
    answer = demo_client.post("/v1/exceptions", json=GIVEN | change, headers=bearer(demo_tokens))

    assert answer.status_code == 422
    assert pointer in {fault["pointer"] for fault in answer.json()["errors"]}


@pytest.mark.parametrize(("role", "status"), [(None, 401), ("worker", 403), ("router", 403), ("auditor", 403)])
def test_only_planners_accept_findings(demo_client, demo_tokens, role, status):
    """No token: 401; the wrong role: 403."""
    headers = {} if role is None else bearer(demo_tokens, role)
    assert demo_client.post("/v1/exceptions", json=GIVEN, headers=headers).status_code == status


def test_an_exception_that_is_not_there_cannot_be_withdrawn(demo_client, demo_tokens):
    """404."""
    assert demo_client.delete("/v1/exceptions/999999", headers=bearer(demo_tokens)).status_code == 404


def test_coverage_targets_are_set_as_a_whole(demo_client, city_admin):
    """A street may leave a tenth of its ground without grids; an empty list takes that back."""
    targets = {"targets": [{"grid": "530103", "share": 0.9, "reason": "山区"}]}

    put = demo_client.put("/v1/rules/coverage", json=targets, headers=city_admin)
    assert put.status_code == 200
    assert demo_client.get("/v1/rules/coverage").json() == targets
    demo_client.put("/v1/rules/coverage", json={"targets": []}, headers=city_admin)
    assert demo_client.get("/v1/rules/coverage").json() == {"targets": []}


@pytest.mark.parametrize(
    ("targets", "code"),
    [
        ([{"grid": "99", "share": 0.9}], "unknown-code"),
        ([{"grid": "530103", "share": 0.9}, {"grid": "530103", "share": 1}], "duplicate-code"),
        ([{"grid": "530103", "share": 1.1}], "invalid-input"),
        ([{"grid": "530103", "share": "0.9"}], "invalid-input"),
    ],
)
def test_broken_targets_are_refused_and_nothing_is_stored(demo_client, city_admin, targets, code):
    """An unknown grid, one twice, a share over one, a share that is no number."""
    answer = demo_client.put("/v1/rules/coverage", json={"targets": targets}, headers=city_admin)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert demo_client.get("/v1/rules/coverage").json() == {"targets": []}
