"""What the warm tile is measured against in Starlette: a route that answers from memory and does nothing else.

``benchmarks.kept_app:app`` reads its bodies from the file that ``GIS_BENCH_BODIES`` names.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

BODIES = "GIS_BENCH_BODIES"


def kept_app(route: str, bodies: Mapping[str, bytes], headers: Mapping[str, str]) -> Starlette:
    """Return an application whose one route answers the bytes kept for a path, all with the same headers."""

    async def get_kept(request: Request) -> Response:
        return Response(bodies[request.scope["path"]], headers=headers)

    return Starlette(routes=[Route(route, get_kept)])


def write_bodies(path: Path, bodies: Mapping[str, bytes], headers: Mapping[str, str]) -> None:
    """Write what ``app`` is to answer."""
    path.write_bytes(pickle.dumps((dict(bodies), dict(headers))))


TILE_ROUTE = "/tiles/{edition}/{layers}/{z}/{x}/{y}.mvt"

if BODIES in os.environ:
    app = kept_app(TILE_ROUTE, *pickle.loads(Path(os.environ[BODIES]).read_bytes()))  # noqa: S301 - written by us
