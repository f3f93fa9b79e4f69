"""Styles for map clients: everyone gets the same, whatever a token shows in the tiles."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gis_service.api.hot import HotRoute
from gis_service.api.style_openapi import STYLE_OPENAPI_PATHS
from gis_service.api.tile_cache import TileCache
from gis_service.api.tile_request import answer_document
from gis_service.domain.access import PUBLIC
from gis_service.errors import InputFault, NotFoundError, RuleBrokenError
from gis_service.use_cases.describe_tiles import list_indicators, read_tile_edition
from gis_service.use_cases.read_ground import list_levels
from tiles.choropleth import Choropleth
from tiles.palette import PALETTES
from tiles.style import LANGUAGES, build_style

__all__ = ["STYLE_OPENAPI_PATHS", "style_routes"]

LIFETIME = "public, max-age=300"
"""A style names no tile, only where its TileJSON is: a new edition needs no new style but for a new level."""

LEVELS_LIFETIME_S = 60.0
"""Names of levels and indicators are read again after this long."""

_EDITION = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


async def get_style(request: Request) -> Response:
    """Answer the style of one theme; its sources are the TileJSON of the edition asked for, or of the current one."""
    theme = request.path_params["theme"]
    if theme not in PALETTES:
        raise NotFoundError(f"there is no style {theme!r}; there are {', '.join(PALETTES)}", code="no-style")
    lang = _choose(request, "lang", LANGUAGES[0])
    if lang not in LANGUAGES:
        raise _wrong("lang", f"lang is one of {', '.join(LANGUAGES)}")
    written = _choose(request, "edition", "current")
    snapshot = request.state.snapshots.current
    if written != "current" and not _EDITION.fullmatch(written):
        raise _wrong("edition", "edition is a number or 'current'; see /v1/editions")
    if written == "current" and snapshot is None:
        raise NotFoundError("no edition is in force yet", code="no-edition")
    number = snapshot.edition if written == "current" else int(written)

    def url_of(layers: str, query: str) -> str:
        return f"{request.base_url}tiles/{written}/{layers}.json{'?' if query else ''}{query}"

    style = await make_style(request, theme, lang, number, url_of)
    return answer_style(request, style)


async def make_style(
    request: Request, theme: str, lang: str, number: int, url_of: Callable[[str, str], str]
) -> dict[str, Any]:
    """Return the style of an edition; ``url_of`` tells where its sources are, as for ``build_style``."""
    cache: TileCache = request.state.tile_cache
    work = request.state.open_work()
    edition = await cache.fact(("edition", number), partial(read_tile_edition, number, work), math.inf)
    levels = await cache.fact("levels", partial(list_levels, request.state.open_work()), LEVELS_LIFETIME_S)
    read = partial(list_indicators, PUBLIC.data_classes, request.state.open_work())
    indicators = await cache.fact("choropleths", read, LEVELS_LIFETIME_S)
    choropleths = [
        Choropleth(one.code, one.name if lang == "zh" else one.name_en, one.unit, one.thresholds)
        for one in (newest.indicator for newest in indicators)
    ]
    names = {level.code: level.name if lang == "zh" else level.name_en for level in levels}
    return build_style(theme, lang, edition.present_levels(), names, url_of, choropleths)


def answer_style(request: Request, style: Mapping[str, Any]) -> Response:
    """Answer a style, or that the caller has it already."""
    return answer_document(request, style, {"Access-Control-Allow-Origin": "*", "Cache-Control": LIFETIME})


style_routes: list[Route] = [HotRoute("/styles/{theme}.json", get_style, methods=["GET", "HEAD"])]


def _choose(request: Request, name: str, otherwise: str) -> str:
    given = request.query_params.getlist(name)
    if len(given) > 1:
        raise _wrong(name, f"{name} is given twice")
    return given[0] if given else otherwise


def _wrong(name: str, sentence: str) -> RuleBrokenError:
    return RuleBrokenError(sentence, faults=[InputFault(name, sentence)])
