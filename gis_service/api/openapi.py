"""The description of the API: FastAPI's own, with the hot routes and the problems added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from gis_service.api.access import required_roles, with_admin
from gis_service.api.hot import HotRoute
from gis_service.domain.access import PUBLIC, ROLES

_METHODS = {"get", "put", "post", "delete", "patch", "head"}

PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "What was refused and why (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "a sentence for people"},
        "code": {"type": "string", "description": "stable; for programs"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "description": "RFC 6901, into the body"},
                    "parameter": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


def describe(app: FastAPI, more_paths: Mapping[str, Any]) -> None:
    """Let ``app.openapi()`` tell the whole API: ``more_paths`` are the routes that FastAPI does not know."""

    def build() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title, version=app.version, summary=app.summary, routes=app.routes, tags=app.openapi_tags
            )
            document["paths"] = dict(sorted({**document["paths"], **more_paths}.items()))
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas["Problem"] = PROBLEM_SCHEMA
            restricted = _restricted(app)
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    if method in _METHODS:
                        _add_problems(operation)
                        operation["x-roles"] = restricted.get((method, path), [PUBLIC.role, *ROLES])
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = build  # type: ignore[method-assign]  # FastAPI's documented way to extend the description


def _add_problems(operation: dict[str, Any]) -> None:
    body = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation["responses"].pop("422", None)
    operation["responses"]["4XX"] = {"description": "Refused; nothing was stored.", "content": body}
    operation["responses"]["5XX"] = {"description": "Not now; try again.", "content": body}


def _restricted(app: FastAPI) -> dict[tuple[str, str], list[str]]:
    """Return the roles that may call an operation, by method and path, where not everybody may."""
    found = {}
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, HotRoute) and route.roles:
            roles: tuple[str, ...] | None = with_admin(route.roles)
        else:
            roles = required_roles(route.dependant) if isinstance(route, APIRoute) else None
        if roles is not None:
            assert isinstance(route, APIRoute | HotRoute)  # noqa: S101 - others have no roles
            found.update({(method.lower(), route.path_format): list(roles) for method in route.methods or ()})
    return found
