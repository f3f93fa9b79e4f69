"""Vector tiles and their description: plain routes, since a map asks for twenty at a time (decision 5)."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gis_service.api.access import permission_of
from gis_service.api.audit_notes import note_read
from gis_service.api.content_coding import Coding, choose_coding, compress
from gis_service.api.gone import unless_gone
from gis_service.api.hot import HotRoute
from gis_service.api.kept_tile import KeptTile
from gis_service.api.tile_body import pack, tell_dropped, unpack
from gis_service.api.tile_cache import TileCache
from gis_service.api.tile_figures import Tally, TileFigures
from gis_service.api.tile_folder import TileFolder
from gis_service.api.tile_openapi import TILE_OPENAPI_PATHS
from gis_service.api.tile_request import answer_document, answer_tile, read_address, read_layers
from gis_service.api.tile_versions import VERSION_LIFETIME_S, VersionOf
from gis_service.domain.access import GENERAL, Principal
from gis_service.domain.map_shift import ground_of
from gis_service.errors import InputFault, NotFoundError, RuleBrokenError
from gis_service.use_cases.describe_tiles import (
    add_indicator_fields,
    list_indicators,
    read_categories,
    read_dates_of_effect,
    read_kinds,
    read_tile_edition,
)
from gis_service.use_cases.refuse_unknown_category import refuse_unknown_category
from gis_service.use_cases.render_tile import (
    permission_class,
    render_and_count,
    sees_single_incidents,
    visible_layers,
)
from tiles.address import TileAddress, meet
from tiles.bands import is_final
from tiles.etag import TileKey, names_etag, tile_etag
from tiles.filters import PARAMETERS, TileFilterError, TileFilters, parse_instant
from tiles.layers import TileEdition, TileLayer
from tiles.matrix_sets import MATRIX_SETS, WEB_MERCATOR, TileMatrixSet
from tiles.tilejson import describe

__all__ = ["TILE_OPENAPI_PATHS", "TILE_PATH", "tile_routes"]

TILE_PATH = "/tiles/{edition}/{layers}/{z}/{x}/{y}.mvt"
SETTLED = "settled_tile"
"""Where a request's state says that the answer may be given again."""

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
    """Which edition is asked for, and how.

    ``is_fixed`` says that the address means this edition for ever.  ``at`` is the instant by which it was found.
    """

    edition: int
    is_fixed: bool
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SettledTile:
    """What decided an answer that holds for all who ask the same, as long as ``key`` is the same."""

    key: TileKey
    etag: str
    tally: Tally
    versions: tuple[VersionOf, ...]


@dataclass(frozen=True, slots=True)
class Described:
    """What is described: layers of an edition, their names joined by commas, and the filters as the query of a URL.

    ``exact`` says that incidents are shown one by one.
    """

    edition: TileEdition
    layers: tuple[TileLayer, ...]
    names: str
    query: str
    exact: bool


async def get_tile(request: Request) -> Response:
    """Answer one tile; what is wrong whatever is stored is refused before anything but the caller is looked up."""
    return await answer_tile_in(request, MATRIX_SETS)


async def answer_tile_in(request: Request, known: Mapping[str, TileMatrixSet]) -> Response:
    """Answer one tile of a matrix set among those known; of the edition in force where the path names none."""
    principal = await permission_of(request)
    layers = read_layers(request, visible_layers(principal))
    address = read_address(request, known)
    asked, at = _parse_query(request)
    if not any(layer.is_drawn_at(address.detail) for layer in layers):
        raise NotFoundError(f"no layer of {request.path_params['layers']} is drawn at {address}")
    ground = await _find_edition(request, at)
    filters = _filters_of(layers, asked, ground)
    await _check_kind(request, layers, filters)
    await _check_category(request, filters)
    cache: TileCache = request.state.tile_cache
    moving = tuple(VersionOf.make(layer, address, principal) for layer in layers if layer.moves)
    key = TileKey(
        edition=ground.edition,
        layers=tuple(layer.name for layer in layers),
        address=address,
        data_versions=tuple([(one.layer, await one.read(request.state)) for one in moving]),
        permission_class=permission_class(principal),
        filters=filters,
    )
    coding = choose_coding(request.headers.get("accept-encoding"))
    etag = tile_etag(key, coding)
    headers = _headers(ground.edition, principal, _lifetime(layers, is_fixed=ground.is_fixed)) | {
        "ETag": etag,
        "Vary": "Accept-Encoding, Authorization",
    }
    figures: TileFigures = request.state.tile_figures
    tally = figures.of(key.layers, address.detail)
    note_read(request, {layer.data_class for layer in layers}, 1)
    named = request.headers.get("if-none-match")
    if names_etag(named, etag):
        tally.by_tag += 1
        return Response(status_code=304, headers=headers)
    edition = await _read_edition(request, ground)
    _check_place(address, filters, edition)
    is_settled = is_final(address.detail, edition.bands) or all(layer.geometry != "polygon" for layer in layers)
    if not is_settled:
        # Its generalised shapes are still to be made: the tile of this key will have other bytes, so it has no tag.
        del headers["ETag"]
        headers["Cache-Control"] = _cache_control(principal, _lifetime(layers, is_fixed=False))
    elif address.matrix is WEB_MERCATOR and all(layer.data_class == GENERAL for layer in layers):
        # What most maps ask for is answered again in front of all layers; the others come here each time, as do reads
        # that have to be recorded.
        setattr(request.state, SETTLED, SettledTile(key, etag, tally, moving))
    if named == "*":
        tally.by_tag += 1
        return Response(status_code=304, headers=headers)
    body = cache.known_body(etag)
    if body is not None:
        tally.from_memory += 1
    else:
        is_kept = is_settled and not key.data_versions and request.state.tile_folder is not None
        making = _Making(request, key, edition, principal, coding, is_kept=is_kept)
        wanted = cache.body(etag, making.render, making.read if is_kept else None, making.call_off)
        body = await unless_gone(wanted, request.receive)
        if body is None:
            return Response(status_code=CLIENT_GONE)
        making.count(tally)
    tally.sent_bytes += len(body)
    return answer_tile(request, body, coding, headers)


async def get_tilejson(request: Request) -> Response:
    """Answer the TileJSON of some layers; its tiles name the edition by number, so that a map never mixes two."""
    return await answer_description(request, partial(_write_tilejson, request))


async def answer_description(request: Request, write: Callable[[Described], object]) -> Response:
    """Answer as JSON what ``write`` says of the tiles of some layers, of the edition in force where none is named."""
    principal = await permission_of(request)
    layers = read_layers(request, visible_layers(principal))
    asked, at = _parse_query(request)
    ground = await _find_edition(request, at)
    filters = _filters_of(layers, asked, ground)
    await _check_kind(request, layers, filters)
    await _check_category(request, filters)
    edition = await _read_edition(request, ground)
    _check_level(filters, edition)
    names = ",".join(layer.name for layer in layers)
    kept = [(name, value) for name, value in request.query_params.multi_items() if name in PARAMETERS]
    if ground.at is not None and filters.as_of is not None:
        kept.append(("as_of", filters.as_of.isoformat()))
    query = f"?{urlencode(kept)}" if kept else ""
    described = tuple(await _with_all_fields(request, layers, principal))
    written = write(Described(edition, described, names, query, sees_single_incidents(principal)))
    lifetime = OF_DESCRIPTION if ground.is_fixed else OF_MOVING
    headers = _headers(ground.edition, principal, lifetime) | {"Vary": "Authorization"}
    return answer_document(request, written, headers)


def _write_tilejson(request: Request, described: Described) -> object:
    edition = described.edition
    return describe(
        edition,
        described.layers,
        tiles_url=f"{request.base_url}tiles/{edition.number}/{described.names}/{{z}}/{{x}}/{{y}}.mvt{described.query}",
        attribution=request.state.attribution,
        exact=described.exact,
    )


tile_routes: list[Route] = [
    HotRoute(TILE_PATH, get_tile, methods=["GET", "HEAD"]),
    HotRoute("/tiles/{edition}/{layers}.json", get_tilejson, methods=["GET", "HEAD"]),
]


def _parse_query(request: Request) -> tuple[TileFilters, datetime | None]:
    """Return the filters, and the instant at which the edition is to be in force."""
    try:
        asked = TileFilters.parse(request.query_params.multi_items())
        return asked, _read_at(request, asked)
    except TileFilterError as error:
        raise RuleBrokenError(str(error), faults=[InputFault(error.name, str(error))]) from error


def _read_at(request: Request, asked: TileFilters) -> datetime | None:
    given = request.query_params.getlist("at")
    if not given:
        return None
    if len(given) > 1:
        raise TileFilterError("at", "at is given twice.")
    if request.path_params.get("edition", "current") != "current":
        raise TileFilterError("at", "at chooses an edition, and the address names one; ask for current.")
    if asked.as_of is not None:
        raise TileFilterError("as_of", "as_of is said by at already; leave one of them out.")
    return parse_instant("at", given[0])


def _filters_of(layers: tuple[TileLayer, ...], asked: TileFilters, ground: _Ground) -> TileFilters:
    """Return the filters that the layers obey; who looks at an instant sees incidents as they were then."""
    wanted = asked if ground.at is None else replace(asked, as_of=ground.at)
    return wanted.only(frozenset().union(*(layer.filters for layer in layers)))


async def _find_edition(request: Request, at: datetime | None) -> _Ground:
    if at is None:
        return _parse_edition(request)
    cache: TileCache = request.state.tile_cache
    read = partial(read_dates_of_effect, request.state.open_work())
    dates = await cache.fact(("dates of effect",), read, VERSION_LIFETIME_S)
    edition = dates.edition_at(at)
    if edition is None:
        raise NotFoundError(f"no edition was in force at {at.isoformat()}; see /v1/editions", code="no-edition")
    return _Ground(edition=edition, is_fixed=dates.is_settled(at), at=at)


def _parse_edition(request: Request) -> _Ground:
    written = request.path_params.get("edition", "current")
    if written == "current":
        snapshot = request.state.snapshots.current
        if snapshot is None:
            raise NotFoundError("no edition is in force yet", code="no-edition")
        return _Ground(edition=snapshot.edition, is_fixed=False)
    if not _EDITION_NUMBER.fullmatch(written) or int(written) > _LAST_EDITION:
        raise NotFoundError("an edition is a number or 'current'; see /v1/editions", code="no-edition")
    return _Ground(edition=int(written), is_fixed=True)


async def _read_edition(request: Request, ground: _Ground) -> TileEdition:
    cache: TileCache = request.state.tile_cache
    work = request.state.open_work()
    read = partial(read_tile_edition, ground.edition, work)
    return await cache.fact(("edition", ground.edition), read, math.inf)


def _check_place(address: TileAddress, filters: TileFilters, edition: TileEdition) -> None:
    if not meet(ground_of(address), edition.bounds):
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


async def _check_category(request: Request, filters: TileFilters) -> None:
    """Refuse a category that there is not."""
    if filters.category is not None:
        cache: TileCache = request.state.tile_cache
        read = partial(read_categories, request.state.open_work())
        known = await cache.fact(("categories",), read, VERSION_LIFETIME_S)
        refuse_unknown_category(filters.category, known)


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
        *,
        is_kept: bool,
    ) -> None:
        self._state = request.state
        self._tile = key, edition, principal
        self._coding = coding
        self._kept = KeptTile(key, coding) if is_kept else None
        self._name = "" if self._kept is None else self._kept.name(edition)
        self._work = request.state.open_reading()
        self.call_off = self._work.allow_calling_off()
        self._source = ""
        self._sql_seconds = 0.0

    def read(self) -> bytes | None:
        """Return the body from disk when it is there."""
        folder: TileFolder = self._state.tile_folder
        stored = folder.read(self._name)
        if stored is None:
            return None
        self._source = "disk"
        return unpack(stored)

    def render(self) -> bytes:
        """Return the body from the database, and keep it on disk when it has a name."""
        began = time.perf_counter()
        tile = render_and_count(*self._tile, self._work)
        self._sql_seconds = time.perf_counter() - began
        self._source = "database"
        body = tell_dropped(compress(tile.body, self._coding), tile.dropped)
        if self._kept is not None:
            self._state.tile_folder.write(self._name, pack(body), self._kept.about())
        return body

    def count(self, tally: Tally) -> None:
        """Count the answer; who waited for what another request made has it from memory."""
        tally.from_disk += self._source == "disk"
        tally.from_database += self._source == "database"
        tally.from_memory += not self._source
        tally.sql_seconds += self._sql_seconds


def _lifetime(layers: tuple[TileLayer, ...], *, is_fixed: bool) -> str:
    if any(layer.moves for layer in layers):
        return OF_MOVING
    return FOREVER if is_fixed else OF_CURRENT


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
