from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from shapely.geometry import box
from sqlalchemy import text

from grid_boundaries.partition import Grid

REPORT = {
    "category": "hazard",
    "channel": "patrol",
    "description": "loose tile",
    "point": {"lon": 102.71, "lat": 25.01},
}


def line(key: str, **fields) -> dict:
    return {name: value for name, value in {**REPORT, "idempotency_key": key, **fields}.items() if value is not None}


@pytest.fixture
def worker(as_role) -> dict[str, str]:
    """The token of a worker of the whole district."""
    return as_role("worker", "D")


@pytest.fixture
def send(incident_client, worker):
    """Send lines as one body; objects become JSON."""
    headers = {**worker, "Content-Type": "application/x-ndjson"}

    def act(*lines):
        body = b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines)
        response = incident_client.post("/v1/incidents/batch", content=body, headers=headers)
        assert response.status_code == 200
        return [json.loads(one) for one in response.content.splitlines()]

    return act


def test_good_and_bad_lines_are_answered_side_by_side(send, ground):
    """Stored, broken, unknown category, blank, outside, the first once more, its key for another: 2 incidents."""
    answers = send(
        line("k1"),
        b"{",
        line("k2", category="weather"),
        b"\r",
        line("k3", point={"lon": 102.71, "lat": 25.05}),
        line("k1"),
        line("k1", description="another"),
    )

    assert [(one["line"], one["status"]) for one in answers] == [
        (1, 201),
        (2, 422),
        (3, 422),
        (5, 201),
        (6, 200),
        (7, 422),
    ]
    assert answers[0]["incident"] == answers[4]["incident"]
    assert answers[0]["incident"]["owner"]["code"] == "D07A"
    assert answers[2]["problem"]["errors"][0]["pointer"] == "/category"
    assert answers[3]["incident"]["state"] == "unlocated"
    assert answers[5]["problem"]["code"] == "idempotency-key-reused"
    with ground:
        assert ground.incidents.count() == 2


def test_a_batch_that_is_sent_again_stores_nothing_more(send, ground):
    """The phone lost the answers: 200 for each line, with the same incidents."""
    first = send(line("k1"), line("k2"))
    again = send(line("k1"), line("k2"), line("k3"))

    assert [one["status"] for one in again] == [200, 200, 201]
    assert [one["incident"]["id"] for one in again[:2]] == [one["incident"]["id"] for one in first]
    with ground:
        assert ground.incidents.count() == 3


def test_a_report_sent_alone_and_again_in_a_batch_is_one(send, incident_client, worker):
    """The same key and body, first alone and then as a line."""
    alone = incident_client.post("/v1/incidents", json=REPORT, headers={**worker, "Idempotency-Key": "k1"})

    (answered,) = send(line("k1"))

    assert (answered["status"], answered["incident"]) == (200, alone.json())


def test_lines_of_one_batch_are_possible_duplicates_of_each_other(send):
    """Two neighbours report the same tile."""
    first, second = send(line("k1"), line("k2", point={"lon": 102.7101, "lat": 25.01}))

    assert [twin["id"] for twin in second["incident"]["possible_duplicates"]] == [first["incident"]["id"]]


def test_a_line_that_the_database_refuses_harms_no_other(send, ground):
    """A constraint that only this line breaks, as a fault of ours would: 500 for it, and both others are stored."""
    with ground:
        ground._session.execute(text("ALTER TABLE incident ADD CONSTRAINT odd_ck CHECK (description <> 'odd')"))
        ground.commit()

    answers = send(line("k1"), line("k2", description="odd"), line("k3"))

    assert [one["status"] for one in answers] == [201, 500, 201]
    assert answers[1]["problem"]["code"] == "internal"
    with ground:
        assert ground.incidents.count() == 2


def test_a_report_of_days_ago_has_the_owner_of_then_and_shows_that_of_now(send, publish_edition, holder):
    """Happened in 2025, in D07A; since New Year the ground is D09A's."""
    moved = Grid("D09A", box(102.70, 25.00, 102.72, 25.02), "unit_grid", "D07", "九网格")
    publish_edition(2, datetime(2026, 1, 1, tzinfo=UTC), [moved], ["D07A"])
    holder.refresh()

    late, fresh = send(
        line("k1", occurred_at="2025-12-30T08:00:00+08:00"), line("k2", occurred_at="2026-01-02T08:00:00+08:00")
    )

    assert (late["incident"]["edition"], late["incident"]["owner"]["code"]) == (1, "D07A")
    assert late["incident"]["owner_now"] == {"code": "D09A", "name": "九网格", "level": "unit_grid"}
    assert fresh["incident"]["owner_now"]["code"] == "D09A"


@pytest.mark.parametrize("kind", ["application/json", "text/plain", None])
def test_another_type_is_refused(incident_client, as_role, kind):
    """415, and nothing is read."""
    headers = as_role("worker") | ({} if kind is None else {"Content-Type": kind})

    assert incident_client.post("/v1/incidents/batch", content=b"{}", headers=headers).status_code == 415


@pytest.mark.parametrize(("role", "status"), [("router", 200), ("planner", 403), ("auditor", 403)])
def test_who_may_report_may_report_many(incident_client, as_role, role, status):
    """An empty body is a batch of nothing."""
    headers = {**as_role(role), "Content-Type": "application/x-ndjson"}

    assert incident_client.post("/v1/incidents/batch", content=b"", headers=headers).status_code == status
