"""Tiles of the edition in force as an Esri vector tile service: what QGIS and ArcGIS read in any system."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gis_service.api.esri_openapi import ESRI_OPENAPI_PATHS
from gis_service.api.hot import HotRoute
from gis_service.api.styles import answer_style, make_style
from gis_service.api.tile_request import read_layers, read_matrix_set
from gis_service.api.tiles import Described, answer_description, answer_tile_in
from gis_service.errors import NotFoundError
from tiles.esri import ESRI_SETS, describe_service, service_style
from tiles.layers import LAYERS
from tiles.matrix_sets import TileMatrixSet
from tiles.palette import PALETTES
from tiles.style import LANGUAGES

__all__ = ["ESRI_OPENAPI_PATHS", "esri_routes"]


async def get_service(request: Request) -> Response:
    """Answer the description of a service, whatever form ``f`` asks for: there is JSON alone."""
    matrix_set = read_matrix_set(request, ESRI_SETS)
    return await answer_description(request, partial(_write_service, request, matrix_set))


async def get_service_tile(request: Request) -> Response:
    """Answer one tile; in the address the row stands before the column."""
    return await answer_tile_in(request, ESRI_SETS)


async def get_service_style(request: Request) -> Response:
    """Answer the style of a service."""
    layers = read_layers(request, LAYERS)
    read_matrix_set(request, ESRI_SETS)
    snapshot = request.state.snapshots.current
    if snapshot is None:
        raise NotFoundError("no edition is in force yet", code="no-edition")
    style = await make_style(request, next(iter(PALETTES)), LANGUAGES[0], snapshot.edition, lambda *_: "")
    service, _, _ = str(request.url.replace(query="")).partition("/resources/")
    return answer_style(request, service_style(style, [layer.name for layer in layers], service))


def _routes(service: str) -> list[Route]:
    return [
        HotRoute(service, get_service, methods=["GET", "HEAD"]),
        HotRoute(f"{service}/tile/{{z}}/{{y}}/{{x}}.pbf", get_service_tile, methods=["GET", "HEAD"]),
        HotRoute(f"{service}/resources/styles", get_service_style, methods=["GET", "HEAD"]),
        HotRoute(f"{service}/resources/styles/root.json", get_service_style, methods=["GET", "HEAD"]),
    ]


esri_routes: list[Route] = [
    *_routes("/esri/{layers}/VectorTileServer"),
    *_routes("/esri/{layers}/{matrix}/VectorTileServer"),
]


def _write_service(request: Request, matrix_set: TileMatrixSet, described: Described) -> object:
    return describe_service(described.edition, described.layers, matrix_set, request.state.attribution)
