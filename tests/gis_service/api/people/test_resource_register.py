from __future__ import annotations

import pytest

from gis_service.domain.resource import ResourceKind

TENT = {
    "code": "R1", "name": "社区仓库·帐篷", "kind": "tent", "quantity": 20, "unit": "顶", "lon": 102.705,
    "lat": 25.005, "expires_on": "2030-01-01", "data_class": "general",
}  # fmt: skip


@pytest.fixture
def put(client, ground, token):
    """Send rows and return the answer; tents are known."""
    with ground as work:
        work.resources.put_kinds([ResourceKind("tent", "帐篷", "Tents")])
        work.commit()

    def act(*rows, scope=None, method="PUT", query=""):
        headers = token("dispatcher", scope)
        return client.request(method, f"/v1/resources{query}", json={"resources": rows}, headers=headers)

    return act


@pytest.fixture
def listed(client):
    def act():
        return {one["code"]: one["quantity"] for one in client.get("/v1/resources").json()["resources"]}

    return act


def counts(answer):
    told = answer.json()
    return told["added"], told["changed"], told["unchanged"], told["outside"]


def test_rows_are_put_by_their_codes(put, listed, client):
    """One added, by the Chinese name of its kind; then changed, one as it was, one outside every grid."""
    assert counts(put({**TENT, "kind": "帐篷"})) == (1, 0, 0, [])
    other = {**TENT, "code": "R2"}
    assert counts(put(TENT, other, {**other, "code": "R3", "lon": 110.0})) == (2, 0, 1, ["R3"])
    assert counts(put({**TENT, "quantity": 7, "data_class": None}, other)) == (0, 1, 1, [])
    assert listed() == {"R1": 7, "R2": 20, "R3": 20}


def test_a_new_row_is_not_public_unless_it_says_so(put, listed):
    """Without a class it is important: nobody without a token sees it."""
    assert counts(put({**TENT, "data_class": None})) == (1, 0, 0, [])
    assert listed() == {}


def test_a_dry_run_stores_nothing(put, listed):
    """It answers what it would have done."""
    answer = put(TENT, query="?dry_run=true")

    assert (counts(answer), answer.json()["dry_run"], listed()) == ((1, 0, 0, []), True, {})


def test_every_fault_is_told_by_its_row_and_nothing_is_stored(put, listed):
    """Of eight rows one is right."""
    answer = put(
        TENT,
        {**TENT, "code": "R 2"},
        {**TENT, "code": "R3", "quantity": -1, "expires_on": "soon"},
        {**TENT, "code": "R4", "kind": "sword"},
        {**TENT, "code": "R1"},
        {**TENT, "code": "R6", "lat": 95},
        {**TENT, "code": "R7", "colour": "red"},
        3,
    )

    pointers = [one["pointer"] for one in answer.json()["errors"]]
    assert (answer.status_code, answer.json()["code"]) == (422, "broken-rows")
    assert pointers == [
        "/resources/1/code",
        "/resources/2/quantity",
        "/resources/2/expires_on",
        "/resources/3/kind",
        "/resources/4/code",
        "/resources/5/lat",
        "/resources/6",
        "/resources/7/",
    ]
    assert listed() == {}


def test_post_adds_and_never_replaces(put):
    """409 names what is there."""
    assert put(TENT, method="POST").status_code == 200
    again = put(TENT, {**TENT, "code": "R2"}, method="POST")
    assert (again.status_code, again.json()["code"], again.json()["codes"]) == (409, "already-there", ["R1"])


def test_both_where_it_was_and_where_it_goes_must_be_the_callers_ground(put, client, token):
    """D07 may not put to D08, nor take from there; workers put nothing."""
    there = {**TENT, "lon": 102.735}

    assert put(there, scope="D07").json()["code"] == "outside-scope"
    assert counts(put(there, scope="D08")) == (1, 0, 0, [])
    assert put(TENT, scope="D07").json()["codes"] == ["R1"]
    assert client.put("/v1/resources", json={"resources": []}, headers=token("worker")).status_code == 403
    assert client.put("/v1/resources", content=b"[]", headers=token("dispatcher")).status_code == 422


def test_kinds_are_put_by_administrators_of_the_whole_ground(client, token):
    """A kind is renamed; a scope does not do."""
    kinds = [{"code": "station", "name": "社区服务站", "name_en": "Stations"}]

    def put(headers, **changes):
        return client.put("/v1/resources/kinds", json={"kinds": [{**kinds[0], **changes}]}, headers=headers)

    assert put(token("admin")).json() == {"kinds": kinds}
    assert put(token("admin"), name="服务站").json()["kinds"][0]["name"] == "服务站"
    assert put(token("admin", "D07")).status_code == put(token("dispatcher")).status_code == 403
    assert put(token("admin"), code="UP").status_code == 422
    assert client.get("/v1/resources/kinds").json()["kinds"][0]["name"] == "服务站"
