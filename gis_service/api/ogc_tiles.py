"""OGC API - Tiles: the vector tiles of the edition in force, by row and column, and their description.

Source:
    OGC 20-057 (OGC API - Tiles, Part 1: Core), 17-083r4 (Tile Matrix Set, version 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gis_service.api.access import permission_as, permission_of
from gis_service.api.dependencies import Work
from gis_service.api.hot import HotRoute
from gis_service.api.ogc import Caller, Chosen
from gis_service.api.ogc_links import JSON, MVT, REL, link, ogc_url, refuse_unknown
from gis_service.api.ogc_openapi import FORMAT, OGC_TILE_OPENAPI_PATHS, TILESETS_PARAMETERS
from gis_service.api.query import text_of, wrong_parameter
from gis_service.api.tiles import answer_tile_in
from gis_service.domain.access import ROLES, Principal
from gis_service.domain.feature import COLLECTIONS
from gis_service.domain.feature_crs import CRS84
from gis_service.errors import NotFoundError
from gis_service.use_cases.read_features import read_extent
from gis_service.use_cases.render_tile import sees_single_incidents
from tiles.filters import PARAMETERS
from tiles.layers import LAYERS, TileLayer
from tiles.matrix_sets import OGC_MATRIX_SETS, TileMatrixSet, describe_matrix_set
from tiles.tileset import describe_layer, tile_limits

__all__ = ["OGC_TILE_OPENAPI_PATHS", "ogc_tile_routes", "router"]

router = APIRouter(tags=["ogc"])


async def get_ogc_tile(request: Request) -> Response:
    """Answer one tile of several collections, of all that the caller sees when none are named."""
    refuse_unknown(request, "collections", *PARAMETERS, formats=("mvt",))
    return await _answer(request, _chosen(request, await permission_of(request)))


async def get_ogc_collection_tile(request: Request) -> Response:
    """Answer one tile of a collection."""
    refuse_unknown(request, *PARAMETERS, formats=("mvt",))
    name = request.path_params["collection"]
    if name not in COLLECTIONS:
        raise NotFoundError(f"there is no collection {name[:64]!r}; there are {', '.join(COLLECTIONS)}")
    if COLLECTIONS[name].is_restricted:
        await permission_as(request, *ROLES)
    return await _answer(request, [name])


_PLACE = "{tile_matrix_set}/{tile_matrix}/{tile_row}/{tile_col}"

ogc_tile_routes: list[Route] = [
    HotRoute(f"/ogc/tiles/{_PLACE}", get_ogc_tile, methods=["GET", "HEAD"]),
    HotRoute(f"/ogc/collections/{{collection}}/tiles/{_PLACE}", get_ogc_collection_tile, methods=["GET", "HEAD"]),
]


async def _answer(request: Request, layers: Sequence[str]) -> Response:
    """Let the tiles' own route answer: the same bytes, tags, limits and memory."""
    written = request.path_params
    filters = [(name, value) for name, value in request.query_params.multi_items() if name in PARAMETERS]
    place = {
        "matrix": written["tile_matrix_set"],
        "z": written["tile_matrix"],
        "x": written["tile_col"],
        "y": written["tile_row"],
    }
    asked = {
        **request.scope,
        "path_params": {"edition": "current", "layers": ",".join(layers), **place},
        "query_string": urlencode(filters).encode(),
    }
    return await answer_tile_in(Request(asked, request.receive), OGC_MATRIX_SETS)


@router.get("/ogc/tileMatrixSets", openapi_extra=FORMAT)
def get_tile_matrix_sets(request: Request) -> dict[str, Any]:
    """Return the tile matrix sets in which there are tiles."""
    refuse_unknown(request)
    return {"tileMatrixSets": [_listed(request, one) for one in OGC_MATRIX_SETS.values()]}


@router.get("/ogc/tileMatrixSets/{tile_matrix_set}", openapi_extra=FORMAT)
def get_tile_matrix_set(request: Request, tile_matrix_set: str) -> dict[str, Any]:
    """Return the definition of a tile matrix set."""
    refuse_unknown(request)
    return describe_matrix_set(_matrix_set(tile_matrix_set))


@router.get("/ogc/tiles", openapi_extra=TILESETS_PARAMETERS)
def get_tilesets(request: Request, principal: Caller) -> dict[str, Any]:
    """Return the tilesets of several collections together, of all that the caller sees when none are named."""
    refuse_unknown(request, "collections")
    chosen = _chosen(request, principal)
    query = _query_of(request, chosen)
    return _tilesets(request, "/tiles", _title(chosen) if query else "All collections", query)


@router.get("/ogc/tiles/{tile_matrix_set}", openapi_extra=TILESETS_PARAMETERS)
def get_tileset(request: Request, tile_matrix_set: str, principal: Caller, work: Work) -> dict[str, Any]:
    """Return what a tileset of several collections holds."""
    refuse_unknown(request, "collections")
    chosen = _chosen(request, principal)
    query = _query_of(request, chosen)
    return _tileset(request, _matrix_set(tile_matrix_set), "/tiles", chosen, principal, work, query)


@router.get("/ogc/collections/{collection_id}/tiles", openapi_extra=FORMAT)
def get_collection_tilesets(request: Request, collection: Chosen) -> dict[str, Any]:
    """Return the tilesets of a collection."""
    refuse_unknown(request)
    return _tilesets(request, f"/collections/{collection.name}/tiles", collection.title)


@router.get("/ogc/collections/{collection_id}/tiles/{tile_matrix_set}", openapi_extra=FORMAT)
def get_collection_tileset(
    request: Request, collection: Chosen, tile_matrix_set: str, principal: Caller, work: Work
) -> dict[str, Any]:
    """Return what a tileset of a collection holds."""
    refuse_unknown(request)
    path = f"/collections/{collection.name}/tiles"
    return _tileset(request, _matrix_set(tile_matrix_set), path, [collection.name], principal, work)


def _seen_by(principal: Principal) -> list[str]:
    return [one.name for one in COLLECTIONS.values() if not one.is_restricted or principal.role in ROLES]


def _chosen(request: Request, principal: Principal) -> list[str]:
    """Return the collections that the request names by id or by address; all that the caller sees if none.

    Source:
        OGC 20-057 (Tiles, Part 1: Core), requirements class collections-selection.
    """
    seen = _seen_by(principal)
    written = text_of(request.query_params, "collections")
    if written is None:
        return seen
    address = ogc_url(request, "/collections/")
    chosen = list(dict.fromkeys(name.removeprefix(address) for name in written.split(",")))
    if unknown := [name for name in chosen if name not in seen]:
        raise wrong_parameter("collections", f"names {unknown[0][:64]!r}; there are {', '.join(seen)}")
    return chosen


def _query_of(request: Request, chosen: Sequence[str]) -> str:
    """Return what links carry on of a choice of collections."""
    return f"?collections={','.join(chosen)}" if "collections" in request.query_params else ""


def _title(names: Sequence[str]) -> str:
    return ", ".join(COLLECTIONS[name].title for name in names)


def _matrix_set(name: str) -> TileMatrixSet:
    found = OGC_MATRIX_SETS.get(name)
    if found is None:
        sentence = f"there is no tile matrix set {name[:64]!r} here; there are {', '.join(OGC_MATRIX_SETS)}"
        raise NotFoundError(sentence, code="no-matrix-set")
    return found


def _scheme(request: Request, matrix_set: TileMatrixSet) -> dict[str, Any]:
    href = ogc_url(request, f"/tileMatrixSets/{matrix_set.id}")
    return link(f"{REL}tiling-scheme", href, JSON, "Its tile matrix set")


def _listed(request: Request, matrix_set: TileMatrixSet) -> dict[str, Any]:
    definition = describe_matrix_set(matrix_set)
    href = ogc_url(request, f"/tileMatrixSets/{matrix_set.id}")
    known: dict[str, Any] = {name: definition[name] for name in ("title", "uri", "crs") if name in definition}
    return {"id": matrix_set.id, **known, "links": [link("self", href, JSON, "Its definition")]}


def _head(request: Request, matrix_set: TileMatrixSet, path: str, title: str, query: str) -> dict[str, Any]:
    definition = describe_matrix_set(matrix_set)
    known = {"tileMatrixSetURI": definition["uri"]} if "uri" in definition else {}
    here = ogc_url(request, f"{path}/{matrix_set.id}{query}")
    links = [link("self", here, JSON, title), _scheme(request, matrix_set)]
    return {"title": title, "dataType": "vector", "crs": definition["crs"], **known, "links": links}


def _tilesets(request: Request, path: str, title: str, query: str = "") -> dict[str, Any]:
    return {
        "links": [link("self", ogc_url(request, f"{path}{query}"), JSON, "This document")],
        "tilesets": [_head(request, one, path, title, query) for one in OGC_MATRIX_SETS.values()],
    }


def _tileset(
    request: Request,
    matrix_set: TileMatrixSet,
    path: str,
    names: Sequence[str],
    principal: Principal,
    work: Work,
    query: str = "",
) -> dict[str, Any]:
    layers = [LAYERS[name] for name in names]
    extent = read_extent(COLLECTIONS["grids"], work)
    document = _head(request, matrix_set, path, _title(names), query)
    template = ogc_url(request, f"{path}/{matrix_set.id}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}{query}")
    document["links"].append(link("item", template, MVT, "Its tiles", templated=True))
    if extent.edition is not None:
        document["edition"] = extent.edition
    if extent.bounds is not None:
        west, south, east, north = extent.bounds
        first = min(layer.min_zoom for layer in layers)
        document["tileMatrixSetLimits"] = [
            tile_limits(extent.bounds, matrix_set, zoom)
            for zoom in range(max(first - matrix_set.finer_by, 0), matrix_set.max_zoom + 1)
        ]
        document["boundingBox"] = {"lowerLeft": [west, south], "upperRight": [east, north], "crs": CRS84}
    exact = sees_single_incidents(principal)
    document["layers"] = [_layer(layer, matrix_set, exact=exact) for layer in layers]
    return document


def _layer(layer: TileLayer, matrix_set: TileMatrixSet, *, exact: bool) -> dict[str, Any]:
    return {**describe_layer(layer, matrix_set, exact=exact), "title": COLLECTIONS[layer.name].title}
