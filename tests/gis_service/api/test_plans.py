from __future__ import annotations

from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from shapely.geometry import mapping
from starlette.testclient import TestClient

from gis_service.api import grids, plans
from gis_service.api.access import TokenCache
from gis_service.api.problems import install_problems
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.use_cases.create_token import create_token
from tests.support.ground import FIRST_DAY, UNITS, add_levels, publish_tree, tiny_tree

FIRST, SECOND, THIRD, FOURTH = UNITS
ACROSS_FIRST = {"type": "LineString", "coordinates": [[102.699, 25.015], [102.711, 25.015]]}


@pytest.fixture
def client(open_session) -> Iterator[TestClient]:
    """The routes of plans and grids, with the database of the test."""

    @asynccontextmanager
    async def lifespan(_):
        yield {"open_work": lambda: UnitOfWork(open_session), "token_cache": TokenCache(60)}

    app = FastAPI(lifespan=lifespan)
    app.include_router(plans.router)
    app.include_router(grids.router)
    install_problems(app)
    with TestClient(app, raise_server_exceptions=False) as started:
        yield started


@pytest.fixture
def tiny(work, open_session):
    """The tiny tree as edition 1."""
    add_levels(open_session)
    return publish_tree(work, tiny_tree(), FIRST_DAY)


@pytest.fixture
def as_role(work):
    """Headers of a new token."""

    def make(role: str, scope: str | None = None) -> dict[str, str]:
        secret, _ = create_token(role=role, scope=scope, label=role, lifetime=timedelta(hours=1), work=work)
        return {"Authorization": f"Bearer {secret}"}

    return make


@pytest.fixture
def planner(as_role):
    return as_role("planner")


@pytest.fixture
def begin(client, planner):
    """Begin a plan and return its address."""

    def act(**body):
        response = client.post("/v1/plans", json={"title": "重划", **body}, headers=planner)
        assert response.status_code == 201, response.text
        return response.headers["location"]

    return act


@pytest.fixture
def change(client, planner):
    """Send an operation to a plan."""

    def act(plan, op, headers=None, **members):
        return client.post(f"{plan}/changes", json={"op": op, **members}, headers={**planner, **(headers or {})})

    return act


def polygon(code):
    """A unit grid of the tiny tree as GeoJSON."""
    return mapping(next(grid for grid in tiny_tree() if grid.code == code).shape)


def feature(code, parent=FIRST[:12], **properties):
    """A GeoJSON Feature with the ground of the first unit grid."""
    told = {"code": code, "level": "unit_grid", "parent": parent, "name": "新网格", **properties}
    return {"type": "Feature", "properties": told, "geometry": polygon(FIRST)}


MOVED_EDGE = {"type": "LineString", "coordinates": [[102.70, 25.012], [102.705, 25.013], [102.71, 25.012]]}
YARD = {
    "type": "Polygon",
    "coordinates": [
        [[102.703, 25.013], [102.707, 25.013], [102.707, 25.017], [102.703, 25.017], [102.703, 25.013]],
    ],
}

OPERATIONS = {
    "replace": ({"features": [feature(FIRST, name="改画")]}, {FIRST: "changed"}),
    "create": ({"feature": feature("530103001001009")}, {"530103001001009": "added"}),
    "retire": ({"codes": [FIRST], "into": SECOND}, {FIRST: "retired", SECOND: "changed"}),
    "rename": ({"code": FIRST, "name": "新名"}, {FIRST: "changed"}),
    "split": ({"code": FIRST, "line": ACROSS_FIRST}, {FIRST: "retired", "530103001001003": "added"}),
    "merge": ({"codes": [FIRST, SECOND], "into": FIRST}, {FIRST: "changed", SECOND: "retired"}),
    "move-edge": ({"between": [FIRST, SECOND], "line": MOVED_EDGE}, {FIRST: "changed", SECOND: "changed"}),
    "carve": (
        {"polygon": YARD, "kind": "dedicated", "name": "专属"},
        {FIRST: "changed", "530103001001003": "added"},
    ),
    "move-parent": ({"codes": [SECOND], "parent": FOURTH[:12]}, {SECOND: "changed", FOURTH[:12]: "changed"}),
    "set": ({"code": FIRST, "households": 500}, {FIRST: "changed", FIRST[:12]: "refined", "530103": "refined"}),
}


@pytest.mark.parametrize("op", OPERATIONS)
def test_each_operation_tells_what_it_made_and_can_be_undone_and_redone(client, planner, begin, change, tiny, op):
    """The grids of the draft are none after the undo, and the same as before after the redo."""
    asked, made = OPERATIONS[op]
    plan = begin()

    response = change(plan, op, **asked)

    assert response.status_code == 201, response.text
    told = {one["id"]: one["properties"]["change"] for one in response.json()["grids"]["features"]}
    assert made.items() <= told.items()
    assert response.json()["change"]["op"] == op
    drafted = client.get(f"{plan}/grids", headers=planner).json()["features"]
    assert {one["id"] for one in drafted} == told.keys()
    undone = client.delete(f"{plan}/changes/last", headers=planner)
    assert undone.status_code == 200
    assert undone.json()["change"]["undone"]
    assert client.get(f"{plan}/grids", headers=planner).json()["features"] == []
    redone = client.post(f"{plan}/changes/redo", headers=planner)
    assert redone.json()["plan"]["footprint"] == response.json()["plan"]["footprint"]
    assert client.get(f"{plan}/grids", headers=planner).json()["features"] == drafted


SOUND = [op for op in OPERATIONS if op != "create"]


@pytest.mark.parametrize("op", SOUND)
def test_what_an_operation_leaves_sound_is_published(client, planner, begin, change, tiny, op):
    """All but the grid that was created on ground which another has."""
    plan = begin()
    assert change(plan, op, **OPERATIONS[op][0]).json()["plan"]["state"] == "checked"

    published = client.post(f"{plan}/publish", json={"note": op}, headers=planner)

    assert published.status_code == 201, published.text
    assert published.json()["number"] == 2
    assert published.headers["location"] == "/v1/editions/2"
    assert client.get(plan, headers=planner).json()["state"] == "published"
    assert client.get("/v1/editions/2").json() == published.json()


def test_findings_never_stop_a_change_but_stop_publishing(client, planner, begin, change, tiny):
    """A grid on another's ground: drafted with an overlap, refused with the same report."""
    plan = begin()

    drawn = change(plan, "create", **OPERATIONS["create"][0])

    assert drawn.status_code == 201
    assert not drawn.json()["report"]["valid"]
    assert drawn.json()["plan"]["state"] == "draft"
    refused = client.post(f"{plan}/publish", json={"note": "no"}, headers=planner)
    assert (refused.status_code, refused.json()["code"]) == (409, "not-publishable")
    assert refused.json()["report"] == drawn.json()["report"]
    shown = client.get(f"{plan}/report", headers=planner).json()
    assert shown == {"edition": 1, "plan": shown["plan"], **drawn.json()["report"]}


def test_a_plan_begins_on_the_edition_it_names(client, planner, begin, tiny):
    """The newest when it names none; one that does not exist is a 422 that points at it."""
    body = client.get(begin(), headers=planner).json()
    assert (body["base_edition"], body["version"], body["state"], body["changes"]) == (1, 1, "draft", [])

    refused = client.post("/v1/plans", json={"title": "t", "base_edition": 9}, headers=planner)

    assert (refused.status_code, refused.json()["code"]) == (422, "no-edition")
    assert refused.json()["errors"][0]["pointer"] == "/base_edition"


def test_the_first_edition_needs_no_base(client, planner, begin, change, open_session):
    """Eight grids from one file, published as edition 1."""
    add_levels(open_session)
    plan = begin()
    features = [
        {
            "type": "Feature",
            "properties": {
                "code": grid.code,
                "level": grid.level,
                "parent": grid.parent,
                "name": grid.name,
                "households": grid.households,
            },
            "geometry": mapping(grid.shape),
        }
        for grid in tiny_tree()
    ]

    drawn = change(plan, "replace", features=features)

    assert drawn.json()["plan"]["state"] == "checked", drawn.text
    published = client.post(f"{plan}/publish", json={"note": "first"}, headers=planner)
    assert (published.json()["number"], published.json()["grids"]) == (1, 8)
    assert published.json()["certificate"]["families"] == 4


def test_the_list_pages_from_the_newest_and_knows_the_states(client, planner, begin, change, tiny):
    """One empty, one checked, one withdrawn, and the one that made edition 1."""
    empty, checked, withdrawn = begin(title="a"), begin(title="b"), begin(title="c")
    change(checked, "rename", code=FIRST, name="新名")
    assert client.delete(withdrawn, headers=planner).status_code == 204

    first = client.get("/v1/plans", params={"limit": 2}, headers=planner)
    second = client.get(first.links["next"]["url"], headers=planner).json()

    assert [one["title"] for one in first.json()["plans"] + second["plans"]] == ["c", "b", "a", "test"]
    assert second["next"] is None
    for state, plan in (("draft", empty), ("checked", checked), ("withdrawn", withdrawn)):
        found = client.get("/v1/plans", params={"state": state}, headers=planner).json()["plans"]
        assert [f"/v1/plans/{one['id']}" for one in found] == [plan]


def test_a_change_that_was_undone_stays_to_be_seen_until_another_takes_its_place(
    client, planner, begin, change, tiny
):
    """Two renames, one undone, one new: the undone one is gone, and nothing can be redone."""
    plan = begin()
    change(plan, "rename", code=FIRST, name="一")
    change(plan, "rename", code=FIRST, name="二")
    client.delete(f"{plan}/changes/last", headers=planner)
    assert [one["undone"] for one in client.get(plan, headers=planner).json()["changes"]] == [False, True]

    change(plan, "rename", code=FIRST, name="三")

    changes = client.get(plan, headers=planner).json()["changes"]
    assert [one["detail"]["name"] for one in changes] == ["一", "三"]
    refused = client.post(f"{plan}/changes/redo", headers=planner)
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing-to-redo")


def test_an_empty_plan_has_nothing_to_undo_or_to_publish(client, planner, begin, tiny):
    """Both are 409."""
    plan = begin()

    undone = client.delete(f"{plan}/changes/last", headers=planner)
    published = client.post(f"{plan}/publish", json={"note": "x"}, headers=planner)

    assert (undone.status_code, undone.json()["code"]) == (409, "nothing-to-undo")
    assert (published.status_code, published.json()["code"]) == (409, "empty-plan")


def test_who_means_an_older_version_is_told(client, planner, begin, change, tiny):
    """The tag of the empty plan no longer holds after the first change: 412 for every write, and nothing happens."""
    plan = begin()
    old = client.get(plan, headers=planner).headers["etag"]
    new = change(plan, "rename", {"If-Match": old}, code=FIRST, name="一").headers["etag"]
    assert old != new

    stale = [
        change(plan, "rename", {"If-Match": old}, code=FIRST, name="二"),
        client.delete(f"{plan}/changes/last", headers={**planner, "If-Match": old}),
        client.post(f"{plan}/changes/redo", headers={**planner, "If-Match": f"W/{new}"}),
        client.post(f"{plan}/publish", json={"note": "x"}, headers={**planner, "If-Match": old}),
        client.delete(plan, headers={**planner, "If-Match": old}),
    ]

    assert [(one.status_code, one.json()["code"], one.json()["version"]) for one in stale] == [(412, "stale", 2)] * 5
    assert client.get(plan, headers=planner).headers["etag"] == new
    either = {**planner, "If-Match": f"{old}, {new}"}
    assert client.post(f"{plan}/publish", json={"note": "x"}, headers=either).status_code == 201


@pytest.mark.parametrize("end", ["publish", "withdraw"])
def test_what_is_published_or_withdrawn_changes_no_more(client, planner, begin, change, tiny, end):
    """Every write is a 409 that says what became of it."""
    plan = begin()
    change(plan, "rename", code=FIRST, name="一")
    if end == "publish":
        client.post(f"{plan}/publish", json={"note": "x"}, headers=planner)
    else:
        client.delete(plan, headers=planner)

    refused = [
        change(plan, "rename", code=FIRST, name="二"),
        client.delete(f"{plan}/changes/last", headers=planner),
        client.post(f"{plan}/changes/redo", headers=planner),
        client.post(f"{plan}/publish", json={"note": "x"}, headers=planner),
        client.delete(plan, headers=planner),
    ]

    assert {(one.status_code, one.json()["code"]) for one in refused} == {(409, "not-a-draft")}
    assert {one.json().get("edition") for one in refused} == {2 if end == "publish" else None}


def test_plans_are_for_planners_and_to_be_seen_by_auditors(client, as_role, begin, tiny):
    """No token 401, a worker 403, an auditor reads and does not write."""
    plan = begin()
    reads = [plan, "/v1/plans", f"{plan}/grids", f"{plan}/report"]

    assert {client.get(path).status_code for path in reads} == {401}
    for role in ("worker", "router", "dispatcher"):
        assert {client.get(path, headers=as_role(role)).status_code for path in reads} == {403}
    for role in ("auditor", "planner", "admin"):
        assert {client.get(path, headers=as_role(role)).status_code for path in reads} == {200}
    assert client.post("/v1/plans", json={"title": "x"}, headers=as_role("auditor")).status_code == 403
    assert client.post("/v1/plans", json={"title": "x"}).status_code == 401


@pytest.mark.parametrize("plan_id", [987654, 2**31, 2**70])
def test_an_unknown_plan_is_not_found(client, planner, change, plan_id):
    """Whatever is asked of it."""
    plan = f"/v1/plans/{plan_id}"
    answers = [
        client.get(plan, headers=planner),
        client.get(f"{plan}/grids", headers=planner),
        client.get(f"{plan}/report", headers=planner),
        client.delete(plan, headers=planner),
        change(plan, "rename", code=FIRST, name="x"),
        client.delete(f"{plan}/changes/last", headers=planner),
        client.post(f"{plan}/changes/redo", headers=planner),
        client.post(f"{plan}/publish", json={"note": "x"}, headers=planner),
    ]
    assert {one.status_code for one in answers} == {404}


WEST, EAST = FIRST[:12], FOURTH[:12]


@pytest.mark.parametrize(
    ("op", "asked", "outside"),
    [
        ("rename", {"code": THIRD, "name": "x"}, [THIRD]),
        ("merge", {"codes": [THIRD, FOURTH], "into": THIRD}, [THIRD, FOURTH]),
        ("move-parent", {"codes": [SECOND], "parent": EAST}, [SECOND, EAST]),
        ("create", {"feature": feature("530103001002009", parent=EAST)}, ["530103001002009"]),
        ("rename", {"code": "530103", "name": "x"}, ["530103"]),
    ],
)
def test_a_planner_redraws_no_ground_but_their_own(client, as_role, begin, change, tiny, op, asked, outside):
    """The scope is the western community: what is taken from elsewhere, or given there, is refused by name."""
    refused = change(begin(), op, as_role("planner", WEST), **asked)

    assert (refused.status_code, refused.json()["code"]) == (403, "outside-scope")
    assert refused.json()["grids"] == outside


def test_neighbours_and_ancestors_may_follow_beyond_the_scope(client, as_role, begin, change, tiny):
    """A split in the west sets a vertex into the eastern neighbour and all above; then all of it is published."""
    west, plan = as_role("planner", WEST), begin()

    split = change(plan, "split", west, code=FIRST, line=ACROSS_FIRST)

    assert split.status_code == 201, split.text
    assert {THIRD, EAST} <= set(split.json()["plan"]["footprint"]["refined"])
    assert client.post(f"{plan}/publish", json={"note": "x"}, headers=west).status_code == 201


def test_a_plan_of_another_ground_is_to_be_seen_and_left_alone(client, as_role, planner, begin, change, tiny):
    """The eastern planner may not undo, publish or withdraw what was drawn in the west."""
    plan, east = begin(), as_role("planner", EAST)
    change(plan, "rename", code=FIRST, name="x")

    answers = [
        client.delete(f"{plan}/changes/last", headers=east),
        client.post(f"{plan}/publish", json={"note": "x"}, headers=east),
        client.delete(plan, headers=east),
    ]

    assert {(one.status_code, one.json()["code"]) for one in answers} == {(403, "outside-scope")}
    assert client.get(plan, headers=east).status_code == 200


BROKEN = [
    ({}, "unknown-operation", "/op"),
    ({"op": "explode"}, "unknown-operation", "/op"),
    ({"op": "rename", "code": FIRST}, "invalid-input", "/name"),
    ({"op": "rename", "code": FIRST, "name": "x", "colour": "red"}, "invalid-input", "/colour"),
    ({"op": "rename", "code": "a b", "name": "x"}, "invalid-input", "/code"),
    ({"op": "split", "code": FIRST, "line": [[0, 0], [1, 1]]}, "invalid-input", "/line"),
    ({"op": "split", "code": FIRST, "line": YARD}, "invalid-geojson", "/line"),
    (
        {"op": "split", "code": FIRST, "line": {"type": "LineString", "coordinates": [[102.7, 25.0], [102.7, "x"]]}},
        "invalid-geojson",
        "/line/coordinates/1",
    ),
    (
        {"op": "split", "code": FIRST, "line": {"type": "LineString", "coordinates": [[25.0, 102.7], [25.0, 102.8]]}},
        "coordinate-out-of-range",
        "/line/coordinates/0",
    ),
    ({"op": "merge", "codes": [FIRST], "into": FIRST}, "invalid-input", "/codes"),
    ({"op": "move-edge", "between": [FIRST], "line": ACROSS_FIRST}, "invalid-input", "/between"),
    ({"op": "carve", "polygon": ACROSS_FIRST, "kind": "standard", "name": "x"}, "not-a-polygon", "/polygon/type"),
    ({"op": "carve", "polygon": YARD, "kind": "round", "name": "x"}, "invalid-input", "/kind"),
    ({"op": "set", "code": FIRST}, "invalid-input", ""),
    ({"op": "set", "code": FIRST, "households": -1}, "invalid-input", "/households"),
    ({"op": "set", "code": FIRST, "households": "many"}, "invalid-input", "/households"),
    ({"op": "replace", "features": []}, "invalid-input", "/features"),
    ({"op": "replace", "features": [{"type": "Feature"}]}, "invalid-geojson", "/features/0/properties/code"),
    ({"op": "create", "feature": {"type": "Feature"}}, "invalid-geojson", "/feature/properties/code"),
    # Refused by the ground.
    ({"op": "rename", "code": "530199", "name": "x"}, "unknown-code", "/code"),
    ({"op": "merge", "codes": [FIRST, FOURTH], "into": FIRST}, "different-parents", "/codes"),
    ({"op": "create", "feature": feature(FIRST)}, "code-in-use", "/feature"),
    ({"op": "create", "feature": feature("A1", kind="round")}, "unknown-kind", "/feature"),
    ({"op": "replace", "features": [feature(FIRST), feature("A1", level="planet")]}, "wrong-level", "/features/1"),
    ({"op": "replace", "features": [feature(FIRST), feature("a-1")]}, "bad-code", "/features/1"),
    ({"op": "replace", "features": [feature(FIRST), feature(FIRST, kind="round")]}, "unknown-kind", "/features/1"),
    ({"op": "replace", "features": [feature(code) for code in "ABA"]}, "duplicate-code", "/features/2"),
    (
        {"op": "split", "code": FIRST, "line": MOVED_EDGE, "new_codes": ["A", "B", "C"]},
        "wrong-number-of-codes",
        "/new_codes",
    ),
]


@pytest.mark.parametrize(("body", "code", "pointer"), BROKEN)
def test_an_operation_that_cannot_be_is_refused_with_its_place(client, planner, begin, tiny, body, code, pointer):
    """A 422 that points into the body, and the draft is as it was."""
    plan = begin()

    refused = client.post(f"{plan}/changes", json=body, headers=planner)

    assert (refused.status_code, refused.json()["code"]) == (422, code), refused.text
    assert refused.json()["errors"][0]["pointer"] == pointer
    assert client.get(plan, headers=planner).json()["version"] == 1


def test_a_refusal_by_the_ground_is_told_in_chinese_too(client, planner, begin, change, tiny):
    """With the grids in question."""
    refused = change(begin(), "rename", code="530199", name="x").json()

    assert "530199" in refused["detail"]
    assert "530199" in refused["message_zh"]
    assert refused["grids"] == ["530199"]


@pytest.mark.parametrize("body", [{}, {"note": ""}, {"note": " "}, {"note": "x", "effective_from": "soon"}])
def test_publishing_needs_a_reason_and_an_instant(client, planner, begin, tiny, body):
    """Without a note, or at no instant: 422."""
    assert client.post(f"{begin()}/publish", json=body, headers=planner).status_code == 422


def test_an_edition_may_take_effect_later_but_none_before_it(client, planner, begin, change, tiny):
    """Edition 2 in a year; the next one now is too early, and one in the year 2100 would hold up all others."""
    later, now = begin(), begin()
    change(later, "rename", code=FIRST, name="x")
    change(now, "rename", code=THIRD, name="y")
    in_2100 = {"note": "x", "effective_from": "2100-01-01T00:00:00+08:00"}
    too_late = client.post(f"{later}/publish", json=in_2100, headers=planner)
    assert (too_late.status_code, too_late.json()["code"]) == (422, "effect-too-late")
    in_a_year = {"note": "x", "effective_from": (datetime.now(UTC) + timedelta(days=365)).isoformat()}
    assert client.post(f"{later}/publish", json=in_a_year, headers=planner).status_code == 201

    refused = client.post(f"{now}/publish", json={"note": "y"}, headers=planner)

    assert (refused.status_code, refused.json()["code"]) == (409, "effect-too-early")


def test_the_second_of_two_plans_on_one_grid_is_told_which(client, planner, begin, change, tiny):
    """With the parent in whose ground they met."""
    one, two = begin(), begin()
    change(one, "rename", code=FIRST, name="x")
    change(two, "split", code=FIRST, line=ACROSS_FIRST)
    client.post(f"{one}/publish", json={"note": "x"}, headers=planner)

    refused = client.post(f"{two}/publish", json={"note": "y"}, headers=planner)

    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert refused.json()["grids"] == [FIRST]
    assert refused.json()["parents"] == [WEST]
    assert refused.json()["edition"] == 2


def test_the_whole_draft_can_be_asked_for_and_a_part_of_it(client, planner, begin, change, tiny):
    """All 9 grids after a split of one; those around the north-east without the western ones."""
    plan = begin()
    change(plan, "split", code=FIRST, line=ACROSS_FIRST)

    every = client.get(f"{plan}/grids", params={"all": True}, headers=planner).json()["features"]
    some = client.get(
        f"{plan}/grids", params={"all": True, "bbox": "102.715,25.015,102.716,25.016"}, headers=planner
    ).json()["features"]

    kinds = {one["id"]: one["properties"]["change"] for one in every}
    assert len(every) == 10
    assert (kinds[FIRST], kinds[FOURTH], kinds["530103001001003"]) == ("retired", "unchanged", "added")
    assert {one["id"] for one in some} == {THIRD, EAST, "530103001", "530103"}


@pytest.mark.parametrize("asked", [{}, {"all": True}, {"all": True, "bbox": "102.70,25.00,102.72,25.02"}])
def test_the_grids_of_a_draft_come_page_by_page(client, planner, begin, change, tiny, asked):
    """Pages of two hold together what one page holds, in its order; the last one names no other."""
    plan = begin()
    change(plan, "split", code=FIRST, line=ACROSS_FIRST)
    whole = client.get(f"{plan}/grids", params=asked, headers=planner).json()

    pages = [client.get(f"{plan}/grids", params={**asked, "limit": 2}, headers=planner)]
    while pages[-1].links:
        pages.append(client.get(pages[-1].links["next"]["url"], headers=planner))

    assert whole["next"] is None
    assert [len(page.json()["features"]) for page in pages[:-1]] == [2] * (len(pages) - 1)
    assert [one for page in pages for one in page.json()["features"]] == whole["features"]
    assert len(whole["features"]) > 2
    assert pages[-1].json()["next"] is None
    assert client.get(f"{plan}/grids", params={"cursor": "nonsense"}, headers=planner).json()["code"] == "bad-cursor"
