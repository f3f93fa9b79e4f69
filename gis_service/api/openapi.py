"""The description of the API: FastAPI's own, with the hot routes and the problems added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

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
            for path in document["paths"].values():
                for method, operation in path.items():
                    if method in _METHODS:
                        _add_problems(operation)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = build  # type: ignore[method-assign]  # FastAPI's documented way to extend the description


def _add_problems(operation: dict[str, Any]) -> None:
    body = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation["responses"].pop("422", None)
    operation["responses"]["4XX"] = {"description": "Refused; nothing was stored.", "content": body}
    operation["responses"]["5XX"] = {"description": "Not now; try again.", "content": body}
