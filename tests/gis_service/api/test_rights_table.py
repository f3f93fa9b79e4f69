"""Every operation × role × scope: what is allowed is let through, all else is refused before anything is read.

Who adds a route adds a row to TABLE.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from gis_service.app import create_app, openapi_document
from gis_service.domain.access import ROLES
from gis_service.settings import Settings
from gis_service.use_cases.create_token import create_token
from scripts.write_rights import HEAD, TARGET, rows
from tests.support.rights import ask, rows_of

TABLE = """
GET    /esri/{layers}/VectorTileServer all
GET    /esri/{layers}/VectorTileServer/resources/styles all
GET    /esri/{layers}/VectorTileServer/resources/styles/root.json all
GET    /esri/{layers}/VectorTileServer/tile/{z}/{y}/{x}.pbf all
GET    /esri/{layers}/{matrix}/VectorTileServer all
GET    /esri/{layers}/{matrix}/VectorTileServer/resources/styles all
GET    /esri/{layers}/{matrix}/VectorTileServer/resources/styles/root.json all
GET    /esri/{layers}/{matrix}/VectorTileServer/tile/{z}/{y}/{x}.pbf all
GET    /healthz all
GET    /metrics all
GET    /ogc all
GET    /ogc/collections all
GET    /ogc/collections/{collection_id} all
GET    /ogc/collections/{collection_id}/items all
GET    /ogc/collections/{collection_id}/items/{feature_id} all
GET    /ogc/collections/{collection_id}/queryables all
GET    /ogc/collections/{collection_id}/tiles all
GET    /ogc/collections/{collection_id}/tiles/{tile_matrix_set} all
GET    /ogc/collections/{collection}/tiles/{tile_matrix_set}/{tile_matrix}/{tile_row}/{tile_col} all
GET    /ogc/conformance all
GET    /ogc/tileMatrixSets all
GET    /ogc/tileMatrixSets/{tile_matrix_set} all
GET    /ogc/tiles all
GET    /ogc/tiles/{tile_matrix_set} all
GET    /ogc/tiles/{tile_matrix_set}/{tile_matrix}/{tile_row}/{tile_col} all
GET    /readyz all
GET    /styles/{theme}.json all
GET    /tiles/archives/{name} all
GET    /tiles/lookup/area/{layers}.json all
GET    /tiles/lookup/area/{layers}/{z}/{x}/{y}.mvt all
GET    /tiles/lookup/{layers}.json all
GET    /tiles/lookup/{layers}/{z}/{x}/{y}.mvt all
GET    /tiles/matrix-sets/{matrix}.json all
GET    /tiles/plans/{plan_id}/{layers}.json planner,auditor
GET    /tiles/plans/{plan_id}/{layers}/{z}/{x}/{y}.mvt planner,auditor
GET    /tiles/{edition}/{layers}.json all
GET    /tiles/{edition}/{layers}/{matrix}.json all
GET    /tiles/{edition}/{layers}/{matrix}/{z}/{x}/{y}.mvt all
GET    /tiles/{edition}/{layers}/{z}/{x}/{y}.mvt all
GET    /b/{code} all
GET    /b/{code}/form all
POST   /b/{code}/reports all
GET    /v1/audit auditor
GET    /v1/audit/unusual auditor
POST   /v1/buildings planner
GET    /v1/buildings all
POST   /v1/buildings/import planner
GET    /v1/buildings/{code} all
PATCH  /v1/buildings/{code} planner
GET    /v1/buildings/{code}/aliases all
PUT    /v1/buildings/{code}/aliases/{scheme}/{alias} planner
DELETE /v1/buildings/{code}/aliases/{scheme}/{alias} planner
GET    /v1/buildings/{code}/entrances all
PUT    /v1/buildings/{code}/entrances/{label} planner
DELETE /v1/buildings/{code}/entrances/{label} planner
POST   /v1/buildings/{code}/merge planner
GET    /v1/buildings/{code}/plate.pdf all
GET    /v1/buildings/{code}/plate.png all
GET    /v1/buildings/{code}/plate.svg all
POST   /v1/buildings/{code}/retire planner
POST   /v1/buildings/{code}/split planner
GET    /v1/buildings/{code}/units token
PUT    /v1/buildings/{code}/units/{label} planner
DELETE /v1/buildings/{code}/units/{label} planner
GET    /v1/grids/{code}/plates.pdf worker,router,dispatcher,planner
GET    /v1/indicators all
PUT    /v1/indicators admin everywhere
GET    /v1/indicators/{code}/values all
POST   /v1/indicators/{code}/values dispatcher
POST   /v1/positions worker,dispatcher
GET    /v1/positions dispatcher
POST   /v1/resources dispatcher
PUT    /v1/resources dispatcher
GET    /v1/resources/kinds all
PUT    /v1/resources/kinds admin everywhere
GET    /v1/staff token
POST   /v1/staff dispatcher
GET    /v1/staff/serving token
GET    /v1/staff/{staff_id} token
PATCH  /v1/staff/{staff_id} dispatcher
POST   /v1/staff/{staff_id}/end dispatcher
GET    /v1/tracks dispatcher
POST   /v1/area-events dispatcher
GET    /v1/area-events token
GET    /v1/area-events/{event_id} token
POST   /v1/area-events/{event_id}/end dispatcher
POST   /v1/boundaries/check planner
POST   /v1/check-ins worker
GET    /v1/check-ins dispatcher,auditor
GET    /v1/departments token
PUT    /v1/departments admin everywhere
GET    /v1/devices all
POST   /v1/devices/heartbeats router,dispatcher
GET    /v1/editions all
GET    /v1/editions/{number} all
GET    /v1/editions/{number}/codes all
GET    /v1/editions/{number}/diff all
GET    /v1/editions/{number}/hand-overs dispatcher,planner,auditor
POST   /v1/editions/{number}/hand-overs dispatcher
GET    /v1/editions/{number}/lineage all
POST   /v1/editions/{number}/revert planner
POST   /v1/exceptions planner
GET    /v1/exceptions planner,auditor
DELETE /v1/exceptions/{exception_id} planner
GET    /v1/grids all
GET    /v1/grids/{code} all
GET    /v1/grids/{code}/children all
GET    /v1/grids/{code}/history all
GET    /v1/grids/{code}/sheet.pdf all
GET    /v1/grids/{code}/sheet.png all
POST   /v1/incidents worker,router,dispatcher
GET    /v1/incidents token
POST   /v1/incidents/batch worker,router,dispatcher
GET    /v1/incidents/events token
GET    /v1/incidents/repeats token
GET    /v1/incidents/{incident_id} token
POST   /v1/incidents/{incident_id}/clocks worker,router,dispatcher
GET    /v1/incidents/{incident_id}/events token
POST   /v1/incidents/{incident_id}/photos worker,router,dispatcher
GET    /v1/incidents/{incident_id}/photos token
GET    /v1/incidents/{incident_id}/photos/{photo_id} token
DELETE /v1/incidents/{incident_id}/photos/{photo_id} dispatcher
POST   /v1/incidents/{incident_id}/transitions token
GET    /v1/levels all
GET    /v1/locate all
POST   /v1/locate/area all
POST   /v1/locate/batch all
GET    /v1/locate/building/{code} all
POST   /v1/plans planner
GET    /v1/plans planner,auditor
GET    /v1/plans/{plan_id} planner,auditor
DELETE /v1/plans/{plan_id} planner
POST   /v1/plans/{plan_id}/changes planner
DELETE /v1/plans/{plan_id}/changes/last planner
POST   /v1/plans/{plan_id}/changes/redo planner
GET    /v1/plans/{plan_id}/grids planner,auditor
GET    /v1/plans/{plan_id}/impact planner,auditor
POST   /v1/plans/{plan_id}/import planner
POST   /v1/plans/{plan_id}/publish planner
GET    /v1/plans/{plan_id}/repair planner,auditor
GET    /v1/plans/{plan_id}/report planner,auditor
GET    /v1/resources all
GET    /v1/resources/nearest all
GET    /v1/rules/coverage all
PUT    /v1/rules/coverage admin everywhere
GET    /v1/rules/{table} token
PUT    /v1/rules/{table} admin everywhere
POST   /v1/rules/{table}/dry-run admin everywhere
GET    /v1/statistics/incidents all
GET    /v1/webhooks dispatcher
POST   /v1/webhooks dispatcher
GET    /v1/webhooks/{webhook_id} dispatcher
PATCH  /v1/webhooks/{webhook_id} dispatcher
DELETE /v1/webhooks/{webhook_id} dispatcher
GET    /v1/webhooks/{webhook_id}/dead-letters dispatcher
POST   /v1/webhooks/{webhook_id}/dead-letters/redeliver dispatcher
POST   /v1/webhooks/{webhook_id}/replay dispatcher
GET    /ogc/collections/{collection_id=incidents} token
GET    /ogc/collections/{collection_id=incidents}/items token
GET    /ogc/collections/{collection_id=incidents}/items/{feature_id} token
GET    /ogc/collections/{collection_id=incidents}/queryables token
GET    /ogc/collections/{collection_id=incidents}/tiles token
GET    /ogc/collections/{collection_id=incidents}/tiles/{tile_matrix_set} token
GET    /ogc/collections/{collection=incidents}/tiles/{tile_matrix_set}/{tile_matrix}/{tile_row}/{tile_col} token
"""
"""Method, path, who: ``all`` (no token needed), ``token`` (any role), or roles, besides ``admin``.

``everywhere`` after it: only for tokens without a scope.  ``{name=value}`` in a path puts a value there.
"""

VALUES = {
    "collection": "grids",
    "collection_id": "grids",
    "edition": "1",
    "layers": "grids",
    "matrix": "WebMercatorQuad",
    "number": "999",
    "plan_id": "999",
    "table": "dispatch",
    "theme": "light",
    "tile_col": "3216",
    "tile_matrix": "12",
    "tile_matrix_set": "WebMercatorQuad",
    "tile_row": "1753",
    "x": "3216",
    "y": "1753",
    "z": "12",
}
"""What stands in a path for who is let through; all other parameters are an id that nothing has."""

NOBODY = "00000000-0000-0000-0000-000000000000"
METHODS = {"get", "put", "post", "delete", "patch"}
ROWS = rows_of(TABLE)
SCOPES = (None, "K")


def operations() -> dict[tuple[str, str], list[str]]:
    """Return the roles of each operation, as the description of the API tells them."""
    return {
        (method.upper(), path): operation["x-roles"]
        for path, found in openapi_document()["paths"].items()
        for method, operation in found.items()
        if method in METHODS
    }


@pytest.fixture(scope="module")
def service(planted_url, callers, planted_work, tmp_path_factory):
    """The service on the planted ground, and the token of each role and scope."""
    lifetime = timedelta(hours=1)
    secrets = {
        (role, scope): create_token(role=role, scope=scope, label="", lifetime=lifetime, work=planted_work)[0]
        for role in ROLES
        for scope in SCOPES
    } | {("public", None): None}
    home = tmp_path_factory.mktemp("rights")
    settings = Settings(database_url=planted_url, home=home, token_cache_s=60, webhook_delivery=False, alarm_poll_s=0)
    with TestClient(create_app(settings)) as client:
        yield client, secrets


def test_every_operation_has_a_row_and_every_row_an_operation():
    """And the description of the API tells the roles of the row."""
    described = operations()
    told = {(row.method, row.template) for row in ROWS}

    for method, path in sorted(described.keys() - told):
        pytest.fail(
            f"{method} {path} has no row of rights: add '{method} {path} WHO' to TABLE in {__file__},"
            " with who may call it as the contract says: all, token, or roles; and to docs/rights.md by"
            " 'make openapi'"
        )
    assert told - described.keys() == set(), "rows of operations that there are not"
    for row in ROWS:
        if row.path == row.template:
            assert row.roles == set(described[row.method, row.path]), f"x-roles of {row.method} {row.path}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.path}")
def test_who_may_is_let_through_and_nobody_else(row, service):
    """Who may not is refused before the address or the body is looked at: these are broken."""
    client, secrets = service

    async def ask_all() -> dict[tuple[str, str | None], int]:
        found = {}
        for (role, scope), secret in secrets.items():
            is_let_in = row.lets_in(role, scope)
            path = row.address(VALUES, NOBODY) if is_let_in else row.address({}, "%")
            body = b"{}" if role in row.roles else b"{"
            found[role, scope] = await ask(client.app, client.app_state, row.method, path, secret, body)
        return found

    def is_right(role: str, scope: str | None, status: int) -> bool:
        if row.lets_in(role, scope):
            return status not in {401, 403} and status < 500
        return status == (401 if role == "public" else 403)

    answers = client.portal.call(ask_all)
    assert {who: status for who, status in answers.items() if not is_right(*who, status)} == {}


def test_the_page_of_rights_shows_the_table():
    """After a change of roles: `make openapi`."""
    shown = TARGET.read_text(encoding="utf-8").partition(HEAD)[2]

    assert shown == "".join(rows())
