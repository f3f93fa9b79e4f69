from __future__ import annotations

import pytest

NEW = {"name": "新网格长", "role": "head", "grid": "D07A", "since": "2026-03-01", "phone": "13900001234"}


@pytest.fixture
def names(client):
    def act(headers, **query):
        return [one["name"] for one in client.get("/v1/staff", params=query, headers=headers).json()["staff"]]

    return act


def test_lists_are_narrowed_by_grid_role_and_day_on_the_callers_ground(people, names, token):
    """D07 takes D07A with it; on 1 February 2026 the worker of D07A is gone; D08 has one head."""
    everywhere = token("dispatcher")

    assert names(everywhere) == ["街道长", "街道员", "网格员", "八号长"]
    assert names(everywhere, grid="D07") == ["街道长", "街道员", "网格员"]
    assert names(everywhere, role="worker", at="2026-01-31T12:00:00+08:00") == ["街道员", "网格员"]
    assert names(everywhere, role="worker", at="2026-01-31T16:00:00Z") == ["街道员"]
    assert names(everywhere, grid="D08A") == ["八号长"]
    assert names(token("auditor", "D08")) == ["八**"]  # who may not call staff is not told their names


def test_lists_come_in_pages(client, people, token):
    """Four people, two a page."""
    headers = token("dispatcher")
    first = client.get("/v1/staff", params={"limit": 2}, headers=headers)
    second = client.get(first.links["next"]["url"], headers=headers).json()

    assert [one["name"] for one in second["staff"]] == ["网格员", "八号长"]
    assert second["next"] is None
    assert client.get("/v1/staff?cursor=WyJ4Il0", headers=headers).json()["code"] == "bad-cursor"


def test_numbers_are_masked_for_roles_that_call_nobody(client, people, token):
    """A planner sees the ends of a long number and two figures of a short one; no token sees nothing."""

    def phones(headers):
        return [one["phone"] for one in client.get("/v1/staff", headers=headers).json()["staff"]]

    assert phones(token("worker")) == ["13800001111", "13800002222", "8812345", None]
    assert phones(token("planner")) == phones(token("auditor")) == ["138****1111", "138****2222", "*****45", None]
    assert client.get("/v1/staff").status_code == 401


def test_a_person_is_assigned_changed_and_ended(client, people, token):
    """201 with an address; a change and an end move the version; an old version is a 412."""
    headers = token("dispatcher", "D07")
    made = client.post("/v1/staff", json=NEW, headers=headers)
    address = made.headers["Location"]

    assert (made.status_code, made.headers["ETag"], made.json()["until"]) == (201, '"1"', None)
    assert client.get(address, headers=headers).json() == made.json()
    changed = client.patch(
        address, json={"phone": None, "until": "2027-01-01"}, headers={**headers, "If-Match": '"1"'}
    )
    assert changed.json() == {**made.json(), "phone": None, "until": "2027-01-01", "version": 2}
    stale = client.patch(address, json={"name": "x"}, headers={**headers, "If-Match": '"1"'})
    assert (stale.status_code, stale.json()["version"]) == (412, 2)
    ended = client.post(f"{address}/end", json={"until": "2026-06-01"}, headers=headers)
    assert (ended.json()["until"], ended.json()["version"]) == ("2026-06-01", 3)
    again = client.post(f"{address}/end", json={"until": "2026-06-01"}, headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "already-ended")


def test_a_grid_has_one_head_at_a_time(client, people, token):
    """A second one is refused with the name of the first, unless their days keep apart; a third in between too."""
    headers = token("dispatcher")
    second = {**NEW, "grid": "D07", "since": "2026-01-01"}

    refused = client.post("/v1/staff", json=second, headers=headers)

    assert (refused.status_code, refused.json()["code"]) == (409, "head-taken")
    assert refused.json()["detail"].startswith(
        f"grid D07 has a head at that time: 街道长, assignment {people['街道长']}"
    )
    assert refused.json()["head"]["since"] == "2025-01-01"
    before = {**second, "since": "2024-01-01", "until": "2025-01-01"}
    assert client.post("/v1/staff", json=before, headers=headers).status_code == 201
    client.post(f"/v1/staff/{people['街道长']}/end", json={"until": "2026-01-01"}, headers=headers)
    made = client.post("/v1/staff", json=second, headers=headers)
    assert made.status_code == 201
    earlier = client.patch(made.headers["Location"], json={"since": "2025-12-31"}, headers=headers)
    assert earlier.json()["code"] == "head-taken"


def test_assignments_outside_the_scope_or_wrong_are_refused(client, people, token):
    """403 for a grid of others, 404 for their assignments, 422 for a grid or days that cannot be, 403 for workers."""
    headers = token("dispatcher", "D08")

    def post(**changes):
        answer = client.post("/v1/staff", json={**NEW, "grid": "D08A", **changes}, headers=headers)
        return answer.status_code, answer.json()["code"]

    assert post(grid="D07A") == (403, "outside-scope")
    assert post(grid="NOPE") == (422, "unknown-grid")
    assert post(until="2026-03-01") == (422, "invalid-input")
    assert post(since="2026-3-1") == post(name="\x00") == post(phone="call me") == (422, "invalid-input")
    address = f"/v1/staff/{people['街道长']}"
    assert client.get(address, headers=headers).status_code == 404
    assert client.patch(address, json={"name": "x"}, headers=headers).status_code == 404
    assert client.post(f"{address}/end", headers=headers).status_code == 404
    assert client.patch(address, json={}, headers=headers).status_code == 422
    assert client.post("/v1/staff", json=NEW, headers=token("worker")).status_code == 403
    assert client.get(f"/v1/staff/{2**63 - 1}", headers=headers).status_code == 404


def test_who_serves_is_of_each_role_the_nearest(client, people, token):
    """In January D07A has its own worker and its street's head; in March the street's worker; so by a point."""
    headers = token("worker", "D07A")

    def serving(**query):
        answer = client.get("/v1/staff/serving", params=query, headers=headers).json()
        return {one["role"]: (one["grid"], one["steps_up"], *names(one)) for one in answer["serving"]}

    def names(one):
        return [person["name"] for person in one["staff"]]

    january, march = "2026-01-15T08:00:00+08:00", "2026-03-15T08:00:00+08:00"
    assert serving(grid="D07A", at=january) == {"head": ("D07", 1, "街道长"), "worker": ("D07A", 0, "网格员")}
    assert serving(grid="D07A", at=march)["worker"] == ("D07", 1, "街道员")
    assert serving(lon=102.705, lat=25.005, at=march) == serving(grid="D07A", at=march)
    outside = client.get("/v1/staff/serving?lon=10&lat=10", headers=headers).json()
    assert (outside["grid"], outside["serving"]) == (None, [])


def test_who_serves_is_told_on_the_callers_ground_alone(client, people, token):
    """404 for the grid of others and for none, 422 without a question or with two."""
    headers = token("worker", "D08")

    def status(query):
        return client.get(f"/v1/staff/serving{query}", headers=headers).status_code

    assert [status(query) for query in ("?grid=D07A", "?grid=NOPE", "?lon=102.705&lat=25.005")] == [404] * 3
    assert [status(query) for query in ("", "?grid=D08A&lon=1&lat=1", "?lon=1", "?lon=500&lat=0")] == [422] * 4
    assert status("?grid=D08A&at=9999-12-31T23:59:59Z") == 200
