"""Vector tiles of plans, for who may read plans; drawn in memory, once for a version of the plan."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import partial

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gis_service.api.access import permission_as
from gis_service.api.content_coding import choose_coding
from gis_service.api.drawn_tiles import encode_drawings
from gis_service.api.hot import HotRoute
from gis_service.api.tile_cache import TileCache
from gis_service.api.tile_openapi import PLAN_TILE_OPENAPI_PATHS
from gis_service.api.tile_request import answer_document, answer_tile, read_address, read_layers
from gis_service.errors import NotFoundError
from gis_service.use_cases.draw_plan import (
    DrawnPlan,
    PlanState,
    draw_changes,
    draw_findings,
    draw_grids,
    read_base,
    read_drawn_plan,
    read_plan_state,
)
from gis_service.use_cases.lock_draft import LARGEST_ID
from tiles.drawing import Drawing
from tiles.etag import DrawnTileKey, drawn_tile_etag, names_etag
from tiles.layers import TileLayer
from tiles.plan_layers import PLAN_LAYERS
from tiles.tilejson import describe_plan

__all__ = ["PLAN_TILE_OPENAPI_PATHS", "make_plan_cache", "plan_tile_routes"]

MOST_DRAWINGS = 48
"""Editions, plans and drawn layers held at a time: a plan looked at from every zoom has a dozen."""

DRAWN_AT_A_TIME = 2
"""Plans are drawn by few threads: a large one takes seconds, and the maps of others shall not wait."""

READERS = ("planner", "auditor")

_PLAN_ID = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)


def make_plan_cache() -> TileCache:
    """Return what a worker remembers of plans: drawings, no bodies."""
    return TileCache(0, DRAWN_AT_A_TIME, most_facts=MOST_DRAWINGS)


async def get_plan_tile(request: Request) -> Response:
    """Answer one tile of a plan, all of one version."""
    await permission_as(request, *READERS)
    layers = read_layers(request, PLAN_LAYERS)
    address = read_address(request)
    state = await _read_state(request, layers)
    coding = choose_coding(request.headers.get("accept-encoding"))
    named = request.headers.get("if-none-match")
    key = DrawnTileKey(f"plan {state.plan.id}", state.words, tuple(layer.name for layer in layers), address)
    headers = _headers(state) | {"ETag": drawn_tile_etag(key, coding)}
    if names_etag(named, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    drawn = await _drawn_plan(request, state)
    if (drawn.plan.version, drawn.plan.state) != (state.plan.version, state.plan.state):
        # The plan has been changed since: what is drawn is the later version, and so is the answer.
        state = PlanState(drawn.plan, state.surroundings)
        key = replace(key, state=state.words)
        headers = _headers(state) | {"ETag": drawn_tile_etag(key, coding)}
    if not address.covers(drawn.bounds):
        raise NotFoundError(f"{address} is outside plan {state.plan.id}")
    if named == "*":
        return Response(status_code=304, headers=headers)
    drawings = [(layer, await _drawing(request, layer, drawn, state, address.z)) for layer in layers]
    cache: TileCache = request.state.tile_cache
    body = await cache.body((key, coding), partial(encode_drawings, drawings, address, coding))
    return answer_tile(request, body, coding, headers)


async def get_plan_tilejson(request: Request) -> Response:
    """Answer the TileJSON of some layers of a plan."""
    await permission_as(request, *READERS)
    layers = read_layers(request, PLAN_LAYERS)
    drawn = await _drawn_plan(request, await _read_state(request, ()))
    plan, names = drawn.plan, ",".join(layer.name for layer in layers)
    description = describe_plan(
        (plan.id, plan.version, plan.base_edition),
        layers,
        drawn.bounds,
        drawn.base.levels,
        tiles_url=f"{request.base_url}tiles/plans/{plan.id}/{names}/{{z}}/{{x}}/{{y}}.mvt",
        attribution=request.state.attribution,
    )
    return answer_document(request, description, _headers(PlanState(plan, "")))


plan_tile_routes: list[Route] = [
    HotRoute(
        "/tiles/plans/{plan_id}/{layers}/{z}/{x}/{y}.mvt", get_plan_tile, methods=["GET", "HEAD"], roles=READERS
    ),
    HotRoute("/tiles/plans/{plan_id}/{layers}.json", get_plan_tilejson, methods=["GET", "HEAD"], roles=READERS),
]


async def _read_state(request: Request, layers: tuple[TileLayer, ...]) -> PlanState:
    """Return the state of the plan now: never remembered, since who has just changed it wants to see that."""
    written = request.path_params["plan_id"]
    if not _PLAN_ID.fullmatch(written) or int(written) > LARGEST_ID:
        raise NotFoundError(f"no plan has the id {written}")
    with_surroundings = any(layer.name == "findings" for layer in layers)
    work = request.state.open_work()
    return await to_thread.run_sync(partial(read_plan_state, int(written), work, with_surroundings=with_surroundings))


async def _drawn_plan(request: Request, state: PlanState) -> DrawnPlan:
    cache: TileCache = request.state.plan_cache
    plan, open_work = state.plan, request.state.open_work
    edition = plan.base_edition
    base = await cache.fact(("base", edition), partial(read_base, edition, open_work()), math.inf)
    read = partial(read_drawn_plan, plan.id, base, open_work())
    return await cache.fact(("plan", plan.id, plan.version, plan.state), read, math.inf)


async def _drawing(request: Request, layer: TileLayer, drawn: DrawnPlan, state: PlanState, zoom: int) -> Drawing:
    cache: TileCache = request.state.plan_cache
    key = (layer.name, drawn.plan.id, drawn.plan.version, drawn.plan.state)
    if layer.name == "changes":
        return await cache.fact(key, partial(draw_changes, drawn), math.inf)
    work = request.state.open_work()
    if layer.name == "findings":
        return await cache.fact((*key, state.surroundings), partial(draw_findings, drawn, work), math.inf)
    view = drawn.view_at(zoom)
    return await cache.fact((*key, view), partial(draw_grids, drawn, view, work), math.inf)


def _headers(state: PlanState) -> dict[str, str]:
    edition = {} if state.plan.base_edition is None else {"X-Edition": str(state.plan.base_edition)}
    return {
        "Cache-Control": "private, no-cache",
        "Vary": "Accept-Encoding, Authorization",
        "X-Plan-Version": str(state.plan.version),
        **edition,
    }
