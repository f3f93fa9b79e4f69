"""Whose ground are these many points?  The hot path for batches: plain Starlette routes (decision 5)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime
from functools import partial

import numpy as np
from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Scope

from gis_service.api.duplex import DuplexResponse, pieces_of
from gis_service.api.hot import HotRoute
from gis_service.api.locate_arrow import answer_arrow
from gis_service.api.locate_batch_openapi import LOCATE_BATCH_OPENAPI_PATHS
from gis_service.api.locate_columns import answer_columns
from gis_service.api.locate_lines import answer_lines
from gis_service.api.locate_pairs import answer_pairs, read_pairs
from gis_service.api.media_types import ARROW, BINARY, JSON, NDJSON, media_type_of
from gis_service.api.query import crs_of, instant_of, refuse_unknown, wrong_parameter
from gis_service.domain.coordinates import points_in_wgs84
from gis_service.use_cases.list_codes import list_codes
from gis_service.use_cases.locate_batch import BatchGround, find_ground

__all__ = ["LOCATE_BATCH_OPENAPI_PATHS", "is_stream", "locate_batch_routes"]

PATH = "/v1/locate/batch"
PARAMETERS = ("crs", "at")


async def post_batch(request: Request) -> Response:
    """Return whose ground many points are, in the form in which they come."""
    answer = _FORMS.get(media_type_of(request))
    if answer is None:
        raise HTTPException(415, f"the body must be {', '.join([*_FORMS][:-1])} or {[*_FORMS][-1]}")
    refuse_unknown(request.query_params, PARAMETERS)
    try:
        return await answer(request)
    except ClientDisconnect:
        return Response(status_code=400)  # for the log: nobody reads it


async def get_codes(request: Request) -> Response:
    """Return the codes that the indices of a binary batch stand for."""
    refuse_unknown(request.query_params, ())
    number = request.path_params["number"]
    look = partial(list_codes, request.state.snapshots, request.state.open_work, number)
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Edition": str(number)}
    return Response(await to_thread.run_sync(look), media_type=JSON, headers=headers)


locate_batch_routes = [
    HotRoute(PATH, post_batch, methods=["POST"]),
    HotRoute("/v1/editions/{number:int}/codes", get_codes, methods=["GET"]),
]


def is_stream(scope: Scope) -> bool:
    """Tell whether a request is a stream of points, which is answered as it comes and may be of any length."""
    return scope["path"] == PATH and media_type_of(Request(scope)) in {NDJSON, ARROW}


async def _answer_json(request: Request) -> Response:
    # Left unread, they would answer another question than the one meant.
    for name in PARAMETERS:
        if name in request.query_params:
            raise wrong_parameter(name, "goes into the body, beside lons and lats, when points come as JSON")
    body = await request.body()
    state = request.state
    find = partial(find_ground, state.snapshots, state.open_work, pointer="/at")
    answer = await to_thread.run_sync(answer_columns, body, state.batch_limit, find)
    return Response(answer, media_type=JSON)


async def _answer_binary(request: Request) -> Response:
    crs, at = _crs_and_at(request)
    pairs = await read_pairs(request, request.state.batch_limit)
    ground = await _ground_at(request, at)
    owners = await to_thread.run_sync(answer_pairs, pairs, crs, ground)
    headers = {**_edition_of(ground), "Content-Length": str(len(owners))}
    return DuplexResponse(_each(owners), BINARY, headers)


async def _answer_ndjson(request: Request) -> Response:
    crs, at = _crs_and_at(request)
    ground = await _ground_at(request, at)
    return DuplexResponse(answer_lines(pieces_of(request), ground, crs), NDJSON, _edition_of(ground))


async def _answer_arrow(request: Request) -> Response:
    crs, at = _crs_and_at(request)
    ground = await _ground_at(request, at)
    answers = answer_arrow(pieces_of(request), ground, crs, request.state.batch_limit)
    # What is wrong with the first record batch can still be told by a problem.
    first = await anext(answers)
    return DuplexResponse(_each(first, answers), ARROW, _edition_of(ground))


_FORMS: dict[str, Callable[[Request], Awaitable[Response]]] = {
    JSON: _answer_json,
    BINARY: _answer_binary,
    NDJSON: _answer_ndjson,
    ARROW: _answer_arrow,
}


async def _each(first: bytes, others: AsyncGenerator[bytes] | None = None) -> AsyncGenerator[bytes]:
    yield first
    if others is not None:
        async for piece in others:
            yield piece


def _crs_and_at(request: Request) -> tuple[str, datetime | None]:
    crs = crs_of(request.query_params)
    nothing = np.empty(0)
    points_in_wgs84(nothing, nothing, crs, pointers=("", ""))  # an unknown system is refused before the body is read
    return crs, instant_of(request.query_params, "at")


async def _ground_at(request: Request, at: datetime | None) -> BatchGround:
    return await to_thread.run_sync(find_ground, request.state.snapshots, request.state.open_work, at)


def _edition_of(ground: BatchGround) -> dict[str, str]:
    return {"X-Edition": str(ground.edition)}
