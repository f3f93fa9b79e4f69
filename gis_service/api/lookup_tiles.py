"""Vector tiles of what a lookup sees: its question stands in the query, its answer is drawn in memory."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlencode

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gis_service.api.access import permission_of
from gis_service.api.area_parameter import parse_area_question
from gis_service.api.content_coding import Coding, choose_coding
from gis_service.api.drawn_tiles import encode_drawings
from gis_service.api.hot import HotRoute
from gis_service.api.locate import parse_question
from gis_service.api.lookup_tile_openapi import LOOKUP_TILE_OPENAPI_PATHS
from gis_service.api.tile_body import tell_dropped
from gis_service.api.tile_cache import TileCache
from gis_service.api.tile_request import answer_document, answer_tile, read_address, read_layers
from gis_service.use_cases.draw_lookup import (
    DrawnLookup,
    draw_area,
    draw_point,
    find_area_edition,
    held_edition,
    read_edition,
)
from tiles.address import TileAddress
from tiles.etag import DrawnTileKey, drawn_tile_etag, names_etag
from tiles.layers import TileLayer
from tiles.lookup_layers import AREA_LAYERS, POINT_LAYERS
from tiles.tilejson import describe_lookup

__all__ = ["LOOKUP_TILE_OPENAPI_PATHS", "lookup_tile_routes", "make_lookup_cache"]

MOST_PREVIEWS = 16
"""Previews held at a time: a map asks for its twenty tiles at once, and a thousand grids may take megabytes."""

DRAWN_AT_A_TIME, MOST_WAITING = 2, 64
"""Tiles of previews are encoded by few threads: anyone may ask for them, and the maps of others shall not wait."""

# A shared cache has no use for what one caller has looked up.
OF_TILE, OF_DESCRIPTION = "private, max-age=30", "private, max-age=5"


@dataclass(frozen=True, slots=True)
class _Preview:
    """What is asked of which edition.

    ``drawn``, with which the address begins, and ``state`` are those of ``DrawnTileKey``.  ``pinned`` are parameters
    by which the question keeps its answer after another edition has come into force; None: to be left out.
    """

    edition: int
    drawn: str
    state: tuple[str, ...]
    draw: Callable[[], DrawnLookup]
    pinned: Mapping[str, str | None]


Reader = Callable[[Request], Awaitable[_Preview]]


def make_lookup_cache() -> TileCache:
    """Return what a worker remembers of previews: drawings, no bodies."""
    return TileCache(0, DRAWN_AT_A_TIME, most_waiting=MOST_WAITING, most_facts=MOST_PREVIEWS)


async def get_point_tile(request: Request) -> Response:
    """Answer one tile of what the lookup of a point sees."""
    return await _answer_tile(request, POINT_LAYERS, _read_point)


async def get_point_tilejson(request: Request) -> Response:
    """Answer the TileJSON of what the lookup of a point sees."""
    return await _answer_tilejson(request, POINT_LAYERS, _read_point)


async def get_area_tile(request: Request) -> Response:
    """Answer one tile of what the lookup of an area sees."""
    return await _answer_tile(request, AREA_LAYERS, _read_area)


async def get_area_tilejson(request: Request) -> Response:
    """Answer the TileJSON of what the lookup of an area sees."""
    return await _answer_tilejson(request, AREA_LAYERS, _read_area)


lookup_tile_routes: list[Route] = [
    HotRoute("/tiles/lookup/{layers}/{z}/{x}/{y}.mvt", get_point_tile, methods=["GET", "HEAD"]),
    HotRoute("/tiles/lookup/{layers}.json", get_point_tilejson, methods=["GET", "HEAD"]),
    HotRoute("/tiles/lookup/area/{layers}/{z}/{x}/{y}.mvt", get_area_tile, methods=["GET", "HEAD"]),
    HotRoute("/tiles/lookup/area/{layers}.json", get_area_tilejson, methods=["GET", "HEAD"]),
]
"""To stand before those of editions, whose patterns they fit."""


async def _answer_tile(request: Request, known: Mapping[str, TileLayer], read: Reader) -> Response:
    layers = read_layers(request, known)
    address = read_address(request)
    preview = await read(request)
    coding = choose_coding(request.headers.get("accept-encoding"))
    key = DrawnTileKey(preview.drawn, preview.state, tuple(layer.name for layer in layers), address)
    headers = {
        "Cache-Control": OF_TILE,
        "ETag": drawn_tile_etag(key, coding),
        "Vary": "Accept-Encoding, Authorization",
        "X-Edition": str(preview.edition),
    }
    named = request.headers.get("if-none-match")
    if names_etag(named, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    lookup = await _drawn(request, preview)
    if named == "*":
        return Response(status_code=304, headers=headers)
    cache: TileCache = request.state.lookup_cache
    body = await cache.body((key, coding), partial(_encode, lookup, layers, address, coding))
    return answer_tile(request, body, coding, headers)


async def _answer_tilejson(request: Request, known: Mapping[str, TileLayer], read: Reader) -> Response:
    layers = read_layers(request, known)
    preview = await read(request)
    lookup = await _drawn(request, preview)
    query = {**request.query_params, **preview.pinned}
    asked = urlencode({name: value for name, value in query.items() if value is not None})
    path = f"tiles/{preview.drawn}/{','.join(layer.name for layer in layers)}/{{z}}/{{x}}/{{y}}.mvt"
    description = describe_lookup(
        preview.edition,
        layers,
        lookup.bounds,
        tiles_url=f"{request.base_url}{path}?{asked}",
        attribution=request.state.attribution,
    )
    headers = {"Cache-Control": OF_DESCRIPTION, "Vary": "Authorization", "X-Edition": str(preview.edition)}
    return answer_document(request, description, headers)


async def _read_point(request: Request) -> _Preview:
    question = parse_question(request)
    open_work = request.state.open_work
    edition = held_edition(request.state.snapshots, question)
    if edition is None:
        edition = await to_thread.run_sync(read_edition, question, open_work())
    # Asked of one edition, no instant matters any more.
    settled = replace(question, at=None, known_at=None, min_edition=0)
    return _Preview(
        edition.number,
        "lookup",
        (str(edition.number), repr(settled)),
        partial(draw_point, edition, settled, open_work),
        {"at": edition.effective_from.isoformat(), "min_edition": None},
    )


async def _read_area(request: Request) -> _Preview:
    await permission_of(request)
    state = request.state
    question = await to_thread.run_sync(parse_area_question, request.query_params, state.area_vertex_limit)
    number = await to_thread.run_sync(find_area_edition, state.snapshots, question, state.open_work)
    settled = replace(question, edition=number, at=None)
    shape = hashlib.blake2b(settled.shape.wkb, digest_size=15).hexdigest()
    return _Preview(
        number,
        "lookup/area",
        (str(number), shape, repr(settled.level)),
        partial(draw_area, settled, state.timezone, state.open_work),
        {"edition": str(number), "at": None},
    )


async def _drawn(request: Request, preview: _Preview) -> DrawnLookup:
    cache: TileCache = request.state.lookup_cache
    return await cache.fact((preview.drawn, preview.state), preview.draw, math.inf)


def _encode(lookup: DrawnLookup, layers: tuple[TileLayer, ...], address: TileAddress, coding: Coding) -> bytes:
    body = encode_drawings([(layer, lookup.drawings[layer.name]) for layer in layers], address, coding)
    dropped = {layer.name: lookup.dropped[layer.name] for layer in layers if layer.name in lookup.dropped}
    return tell_dropped(body, dropped) if body else body
