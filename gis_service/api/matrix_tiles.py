"""Vector tiles in other matrix sets than Web Mercator, and what clients read of those sets."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gis_service.api.hot import HotRoute
from gis_service.api.matrix_openapi import MATRIX_OPENAPI_PATHS
from gis_service.api.tile_request import read_matrix_set
from gis_service.api.tiles import OF_DESCRIPTION, Described, answer_description, get_tile
from gis_service.domain.map_shift import shown_bounds
from tiles.matrix_sets import TileMatrixSet, describe_matrix_set
from tiles.tilejson import describe
from tiles.tileset import describe_tileset

__all__ = ["MATRIX_OPENAPI_PATHS", "matrix_set_routes", "matrix_tile_routes"]


async def get_matrix_set(request: Request) -> Response:
    """Answer a tile matrix set as OGC writes it."""
    body = orjson.dumps(describe_matrix_set(read_matrix_set(request)))
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": f"public, {OF_DESCRIPTION}"}
    return Response(body, media_type="application/json", headers=headers)


async def get_tileset(request: Request) -> Response:
    """Answer what tiles there are in a matrix set: TileJSON where it is Web Mercator's, else OGC's metadata."""
    matrix_set = read_matrix_set(request)
    return await answer_description(request, partial(_write_tileset, request, matrix_set))


matrix_set_routes: list[Route] = [
    HotRoute("/tiles/matrix-sets/{matrix}.json", get_matrix_set, methods=["GET", "HEAD"])
]
"""To stand before the routes of tiles, which would take it for layers of an edition."""

matrix_tile_routes: list[Route] = [
    HotRoute("/tiles/{edition}/{layers}/{matrix}/{z}/{x}/{y}.mvt", get_tile, methods=["GET", "HEAD"]),
    HotRoute("/tiles/{edition}/{layers}/{matrix}.json", get_tileset, methods=["GET", "HEAD"]),
]
"""To stand behind the routes of plans, which they would take for editions."""


def _write_tileset(request: Request, matrix_set: TileMatrixSet, described: Described) -> object:
    edition = described.edition
    tiles_url = f"{request.base_url}tiles/{edition.number}/{described.names}/{matrix_set.id}"
    if matrix_set.is_geographic:
        return describe_tileset(
            edition,
            described.layers,
            matrix_set,
            tiles_url=f"{tiles_url}/{{tileMatrix}}/{{tileCol}}/{{tileRow}}.mvt{described.query}",
            matrix_set_url=f"{request.base_url}tiles/matrix-sets/{matrix_set.id}.json",
            attribution=request.state.attribution,
            exact=described.exact,
        )
    return describe(
        replace(edition, bounds=shown_bounds(edition.bounds)) if matrix_set.is_shifted else edition,
        described.layers,
        tiles_url=f"{tiles_url}/{{z}}/{{x}}/{{y}}.mvt{described.query}",
        attribution=request.state.attribution,
        exact=described.exact,
    )
