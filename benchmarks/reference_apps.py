"""What the service is measured against over HTTP: a route that does nothing, and a lookup as it is usually built."""

from __future__ import annotations

import threading

import psycopg2.extensions
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.database import bare_connection
from benchmarks.ground import EDITION
from benchmarks.in_process import Answer
from benchmarks.p2_one_lookup import ASK_OWNER, OWNER_OF_POINT


def constant_app(path: str, answer: Answer) -> Starlette:
    """Return an application whose one route answers the same bytes, with their type and coding, to everything."""
    kept = {name: value for name, value in answer.headers.items() if name in {"content-type", "content-encoding"}}

    async def get_constant(_: Request) -> Response:
        return Response(answer.body, headers=kept)

    return Starlette(routes=[Route(path, get_constant)])


def sql_app(url: str) -> FastAPI:
    """Return a FastAPI application that looks a point up by one prepared statement, a connection for each thread."""
    app = FastAPI()
    local = threading.local()

    def connection() -> psycopg2.extensions.connection:
        if not hasattr(local, "connection"):
            local.connection = bare_connection(url)
            local.connection.autocommit = True
            with local.connection.cursor() as cursor:
                cursor.execute(OWNER_OF_POINT)
        kept: psycopg2.extensions.connection = local.connection
        return kept

    @app.get("/v1/locate")
    def get_owner(lon: float, lat: float) -> dict[str, str | None]:
        with connection().cursor() as cursor:
            cursor.execute(ASK_OWNER, (lon, lat, EDITION))
            row = cursor.fetchone()
        return {"owner": row[0] if row else None}

    return app
