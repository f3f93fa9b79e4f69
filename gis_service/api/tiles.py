"""Vector tiles and their description: plain routes, since a map asks for twenty at a time (decision 5)."""

from __future__ import annotations

import hashlib
import math
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gis_service.api.access import permission_of
from gis_service.api.content_coding import Coding, choose_coding, compress
from gis_service.api.gone import unless_gone
from gis_service.api.hot import HotRoute
from gis_service.api.tile_cache import TileCache
from gis_service.api.tile_figures import Tally, TileFigures
from gis_service.api.tile_folder import TileFolder
from gis_service.api.tile_openapi import TILE_OPENAPI_PATHS
from gis_service.api.tile_request import answer_tile, read_address, read_layers
from gis_service.domain.access import Principal
from gis_service.errors import InputFault, NotFoundError, RuleBrokenError
from gis_service.use_cases.describe_tiles import (
    add_indicator_fields,
    list_indicators,
    read_kinds,
    read_tile_edition,
)
from gis_service.use_cases.render_tile import (
    permission_class,
    read_data_version,
    render_tile,
    sees_single_incidents,
    visible_layers,
)
from tiles.address import TileAddress
from tiles.bands import is_final
from tiles.etag import TileKey, names_etag, tile_etag
from tiles.filters import PARAMETERS, TileFilterError, TileFilters
from tiles.layers import TileEdition, TileLayer
from tiles.tilejson import describe

__all__ = ["TILE_OPENAPI_PATHS", "TILE_PATH", "tile_routes"]

TILE_PATH = "/tiles/{edition}/{layers}/{z}/{x}/{y}.mvt"
SETTLED = "settled_tile"
"""Where a request's state says that the answer may be given again."""

VERSION_LIFETIME_S = 1.0
"""A tile of what moves is at most this much older than the database."""

# docs/tiles.md tells why.
FOREVER = "max-age=31536000, immutable"
OF_CURRENT = "max-age=30, stale-while-revalidate=30"
OF_MOVING = "max-age=5, stale-while-revalidate=10"
OF_DESCRIPTION = "max-age=300"

CLIENT_GONE = 499
"""For the log alone, as nginx writes it: nobody reads this answer."""

_EDITION_NUMBER = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)
_LAST_EDITION = 2**31 - 1


@dataclass(frozen=True, slots=True)
class _Ground:
    """Which edition is asked for, and how."""

    edition: int
    by_number: bool


@dataclass(frozen=True, slots=True)
class SettledTile:
    """What decided an answer that holds for all who ask the same, as long as ``key`` is the same."""

    key: TileKey
    etag: str
    tally: Tally


async def get_tile(request: Request) -> Response:
    """Answer one tile; what is wrong whatever is stored is refused before anything but the caller is looked up."""
    principal = await permission_of(request)
    layers = read_layers(request, visible_layers(principal))
    address = read_address(request)
    filters = _parse_filters(request).only(frozenset().union(*(layer.filters for layer in layers)))
    if not any(layer.is_drawn_at(address.z) for layer in layers):
        raise NotFoundError(f"no layer of {request.path_params['layers']} is drawn at zoom {address.z}")
    await _check_kind(request, layers, filters)
    ground = _parse_edition(request)
    cache: TileCache = request.state.tile_cache
    key = TileKey(
        edition=ground.edition,
        layers=tuple(layer.name for layer in layers),
        address=address,
        data_versions=tuple([(layer.name, await _version(request, layer)) for layer in layers if layer.moves]),
        permission_class=permission_class(principal),
        filters=filters,
    )
    coding = choose_coding(request.headers.get("accept-encoding"))
    etag = tile_etag(key, coding)
    headers = _headers(ground.edition, principal, _lifetime(layers, by_number=ground.by_number)) | {
        "ETag": etag,
        "Vary": "Accept-Encoding, Authorization",
    }
    figures: TileFigures = request.state.tile_figures
    tally = figures.of(key.layers, address.z)
    named = request.headers.get("if-none-match")
    if names_etag(named, etag):
        tally.by_tag += 1
        return Response(status_code=304, headers=headers)
    edition = await _read_edition(request, ground)
    _check_place(address, filters, edition)
    is_settled = is_final(address.z, edition.bands) or all(layer.geometry != "polygon" for layer in layers)
    if not is_settled:
        # Its generalised shapes are still to be made: the tile of this key will have other bytes, so it has no tag.
        del headers["ETag"]
        headers["Cache-Control"] = _cache_control(principal, _lifetime(layers, by_number=False))
    else:
        setattr(request.state, SETTLED, SettledTile(key, etag, tally))
    if named == "*":
        tally.by_tag += 1
        return Response(status_code=304, headers=headers)
    body = cache.known_body(etag)
    if body is not None:
        tally.from_memory += 1
    else:
        is_kept = is_settled and not key.data_versions and request.state.tile_folder is not None
        making = _Making(request, key, edition, principal, coding, f"{edition.content}{etag}" if is_kept else None)
        wanted = cache.body(etag, making.render, making.read if is_kept else None)
        body = await unless_gone(wanted, request.receive)
        if body is None:
            return Response(status_code=CLIENT_GONE)
        making.count(tally)
    tally.sent_bytes += len(body)
    return answer_tile(request, body, coding, headers)


async def get_tilejson(request: Request) -> Response:
    """Answer the TileJSON of some layers; its tiles name the edition by number, so that a map never mixes two."""
    principal = await permission_of(request)
    layers = read_layers(request, visible_layers(principal))
    filters = _parse_filters(request).only(frozenset().union(*(layer.filters for layer in layers)))
    await _check_kind(request, layers, filters)
    ground = _parse_edition(request)
    edition = await _read_edition(request, ground)
    _check_level(filters, edition)
    names = ",".join(layer.name for layer in layers)
    kept = [(name, value) for name, value in request.query_params.multi_items() if name in PARAMETERS]
    query = f"?{urlencode(kept)}" if kept else ""
    described = await _with_all_fields(request, layers, principal)
    description = describe(
        edition,
        described,
        tiles_url=f"{request.base_url}tiles/{edition.number}/{names}/{{z}}/{{x}}/{{y}}.mvt{query}",
        attribution=request.state.attribution,
        exact=sees_single_incidents(principal),
    )
    body = orjson.dumps(description)
    lifetime = OF_DESCRIPTION if ground.by_number else OF_MOVING
    headers = _headers(ground.edition, principal, lifetime) | {
        "ETag": f'"{hashlib.blake2b(body, digest_size=15).hexdigest()}"',
        "Vary": "Authorization",
    }
    if names_etag(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


tile_routes: list[Route] = [
    HotRoute(TILE_PATH, get_tile, methods=["GET", "HEAD"]),
    HotRoute("/tiles/{edition}/{layers}.json", get_tilejson, methods=["GET", "HEAD"]),
]


def _parse_filters(request: Request) -> TileFilters:
    try:
        return TileFilters.parse(request.query_params.multi_items())
    except TileFilterError as error:
        raise RuleBrokenError(str(error), faults=[InputFault(error.name, str(error))]) from error


def _parse_edition(request: Request) -> _Ground:
    written = request.path_params["edition"]
    if written == "current":
        snapshot = request.state.snapshots.current
        if snapshot is None:
            raise NotFoundError("no edition is in force yet", code="no-edition")
        return _Ground(edition=snapshot.edition, by_number=False)
    if not _EDITION_NUMBER.fullmatch(written) or int(written) > _LAST_EDITION:
        raise NotFoundError("an edition is a number or 'current'; see /v1/editions", code="no-edition")
    return _Ground(edition=int(written), by_number=True)


async def _read_edition(request: Request, ground: _Ground) -> TileEdition:
    cache: TileCache = request.state.tile_cache
    work = request.state.open_work()
    read = partial(read_tile_edition, ground.edition, work)
    return await cache.fact(("edition", ground.edition), read, math.inf)


async def _version(request: Request, layer: TileLayer) -> str:
    cache: TileCache = request.state.tile_cache
    read = partial(read_data_version, layer.name, request.state.open_work())
    return await cache.fact(("version", layer.name), read, VERSION_LIFETIME_S)


def _check_place(address: TileAddress, filters: TileFilters, edition: TileEdition) -> None:
    if not address.covers(edition.bounds):
        raise NotFoundError(f"{address} is outside edition {edition.number}")
    _check_level(filters, edition)


def _check_level(filters: TileFilters, edition: TileEdition) -> None:
    codes = [level.code for level in edition.levels]
    if filters.level is not None and filters.level not in codes:
        sentence = f"level is one of {', '.join(codes)}"
        raise RuleBrokenError(sentence, code="unknown-level", faults=[InputFault("level", sentence)])


async def _check_kind(request: Request, layers: tuple[TileLayer, ...], filters: TileFilters) -> None:
    """Refuse a kind that no layer of the tile has."""
    if filters.kind is None:
        return
    cache: TileCache = request.state.tile_cache
    known: list[str] = []
    for layer in layers:
        if "kind" in layer.filters:
            read = partial(read_kinds, layer, request.state.open_work())
            known += await cache.fact(("kinds", layer.name), read, VERSION_LIFETIME_S)
    if filters.kind not in known:
        sentence = f"kind is one of {', '.join(dict.fromkeys(known))}" if known else "there are no kinds yet"
        raise RuleBrokenError(sentence, faults=[InputFault("kind", sentence)])


async def _with_all_fields(
    request: Request, layers: tuple[TileLayer, ...], principal: Principal
) -> Sequence[TileLayer]:
    """Return the layers with the fields that are data, as the caller receives them."""
    if all(layer.name != "indicators" for layer in layers):
        return layers
    cache: TileCache = request.state.tile_cache
    classes = principal.data_classes
    read = partial(list_indicators, classes, request.state.open_work())
    return add_indicator_fields(layers, await cache.fact(("indicators", classes), read, VERSION_LIFETIME_S))


class _Making:
    """How the body of one request comes to be, should it be the one for which it is made; in a worker thread."""

    def __init__(
        self,
        request: Request,
        key: TileKey,
        edition: TileEdition,
        principal: Principal,
        coding: Coding,
        content: str | None,
    ) -> None:
        self._state = request.state
        self._tile = key, edition, principal
        self._coding = coding
        # A digest is a name that any file system takes.
        self._name = None if content is None else hashlib.blake2b(content.encode(), digest_size=20).hexdigest()
        self._source = ""
        self._sql_seconds = 0.0

    def read(self) -> bytes | None:
        """Return the body from disk when it is there."""
        folder: TileFolder = self._state.tile_folder
        body = folder.read(str(self._name))
        if body is not None:
            self._source = "disk"
        return body

    def render(self) -> bytes:
        """Return the body from the database, and keep it on disk when it has a name."""
        began = time.perf_counter()
        tile = render_tile(*self._tile, self._state.open_work())
        self._sql_seconds = time.perf_counter() - began
        self._source = "database"
        body = compress(tile, self._coding)
        if self._name is not None:
            self._state.tile_folder.write(self._name, body)
        return body

    def count(self, tally: Tally) -> None:
        """Count the answer; who waited for what another request made has it from memory."""
        tally.from_disk += self._source == "disk"
        tally.from_database += self._source == "database"
        tally.from_memory += not self._source
        tally.sql_seconds += self._sql_seconds


def _lifetime(layers: tuple[TileLayer, ...], *, by_number: bool) -> str:
    if any(layer.moves for layer in layers):
        return OF_MOVING
    return FOREVER if by_number else OF_CURRENT


def _headers(edition: int, principal: Principal, lifetime: str) -> dict[str, str]:
    is_public = not sees_single_incidents(principal)
    headers = {
        "Cache-Control": _cache_control(principal, lifetime),
        "X-Edition": str(edition),
    }
    if is_public:
        headers["Access-Control-Allow-Origin"] = "*"
    return headers


def _cache_control(principal: Principal, lifetime: str) -> str:
    return f"{'private' if sees_single_incidents(principal) else 'public'}, {lifetime}"
