"""Whose ground is this?  The hot path: plain Starlette routes that answer from memory (decision 5)."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

import numpy as np
import orjson
from anyio import to_thread
from numpy.typing import NDArray
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.hot import HotRoute
from gis_service.api.locate_openapi import LOCATE_OPENAPI_PATHS
from gis_service.api.media_types import media_type_of
from gis_service.api.query import instant_of, needed_number_of, number_of, parse_instant, text_of, wrong_parameter
from gis_service.domain.coordinates import DEFAULT_CRS, point_in_wgs84, points_in_wgs84
from gis_service.domain.lookup import PointAnswer, Question
from gis_service.errors import InputFault, RuleBrokenError, TooLargeError
from gis_service.use_cases.list_codes import list_codes
from gis_service.use_cases.locate_batch import BatchAnswer, locate_batch
from gis_service.use_cases.locate_point import held_for, locate_at_once, locate_point

__all__ = ["LOCATE_OPENAPI_PATHS", "locate_routes"]

LARGEST_ACCURACY_M = 100_000.0
SMALLEST_CONFIDENCE, LARGEST_CONFIDENCE = 0.01, 0.9999
POINT_BYTES = 16
BINARY = "application/octet-stream"
JSON = "application/json"


async def get_owner(request: Request) -> Response:
    """Return whose ground a point is."""
    question = _parse_question(request)
    snapshots, open_work = request.state.snapshots, request.state.open_work
    snapshot = held_for(snapshots, question.at, question.known_at)
    answer = None if snapshot is None else locate_at_once(snapshot, question)
    if answer is None:
        answer = await to_thread.run_sync(locate_point, snapshots, open_work, question)
    request.state.shadow.offer(answer.lon, answer.lat, answer.edition, answer.owner.code if answer.owner else None)
    return Response(render(answer), media_type=JSON)


async def post_batch(request: Request) -> Response:
    """Return whose ground many points are, as codes or as indices."""
    media_type = media_type_of(request)
    if media_type not in {JSON, BINARY}:
        raise HTTPException(415, f"the body must be {JSON} or {BINARY}")
    body = await request.body()
    return await to_thread.run_sync(_answer_binary if media_type == BINARY else _answer_json, request, body)


async def get_codes(request: Request) -> Response:
    """Return the codes that the indices of a binary batch stand for."""
    number = request.path_params["number"]
    look = partial(list_codes, request.state.snapshots, request.state.open_work, number)
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Edition": str(number)}
    return Response(await to_thread.run_sync(look), media_type=JSON, headers=headers)


locate_routes = [
    HotRoute("/v1/locate", get_owner, methods=["GET"]),
    HotRoute("/v1/locate/batch", post_batch, methods=["POST"]),
    HotRoute("/v1/editions/{number:int}/codes", get_codes, methods=["GET"]),
]


def render(answer: PointAnswer) -> bytes:
    """Return an answer as JSON; grids are rendered already."""
    return orjson.dumps(
        {
            "edition": answer.edition,
            "point": {"lon": answer.lon, "lat": answer.lat},
            "match": answer.match,
            "owner": orjson.Fragment(answer.owner.json) if answer.owner else None,
            "chain": [orjson.Fragment(grid.json) for grid in answer.chain],
            "tied_with": answer.tied_with,
            "nearest": (
                {"code": answer.nearest.code, "distance_m": round(answer.nearest.distance_m, 3)}
                if answer.nearest
                else None
            ),
            "candidates": [{"code": code, "probability": share} for code, share in answer.candidates],
        }
    )


def _parse_question(request: Request) -> Question:
    query = request.query_params
    lon, lat = point_in_wgs84(
        needed_number_of(query, "lon"), needed_number_of(query, "lat"), text_of(query, "crs") or DEFAULT_CRS
    )
    accuracy_m, confidence = number_of(query, "accuracy_m"), number_of(query, "confidence")
    if accuracy_m is not None and not 0 <= accuracy_m <= LARGEST_ACCURACY_M:
        raise wrong_parameter("accuracy_m", f"must be metres from 0 to {LARGEST_ACCURACY_M:g}")
    instants = instant_of(query, "at"), instant_of(query, "known_at")
    if confidence is None:
        return Question(lon, lat, *instants, accuracy_m)
    if not SMALLEST_CONFIDENCE <= confidence <= LARGEST_CONFIDENCE:
        raise wrong_parameter("confidence", f"must lie between {SMALLEST_CONFIDENCE} and {LARGEST_CONFIDENCE}")
    return Question(lon, lat, *instants, accuracy_m, confidence)


def _answer_json(request: Request, body: bytes) -> Response:
    members = _parse_members(body)
    lons, lats = _numbers(members, "lons", request), _numbers(members, "lats", request)
    if len(lons) != len(lats):
        sentence = f"has {len(lats)} numbers, lons has {len(lons)}"
        raise wrong_parameter("/lats", sentence)
    crs, at = members.get("crs", DEFAULT_CRS), members.get("at")
    if not isinstance(crs, str):
        raise wrong_parameter("/crs", "must be a string")
    if at is not None and not isinstance(at, str):
        raise wrong_parameter("/at", "must be a string")
    instant = None if at is None else parse_instant(at, "/at")
    answer = _locate(request, *points_in_wgs84(lons, lats, crs), instant)
    return Response(orjson.dumps({"edition": answer.edition, "codes": answer.owner_codes()}), media_type=JSON)


def _answer_binary(request: Request, body: bytes) -> Response:
    if len(body) % POINT_BYTES:
        sentence = f"the body has {len(body)} bytes; each point takes {POINT_BYTES}: two little-endian float64"
        raise RuleBrokenError(sentence, faults=[InputFault("", sentence)])
    _check_count(len(body) // POINT_BYTES, request)
    pairs = np.frombuffer(body, dtype="<f8").reshape(-1, 2).astype(np.float64)
    crs, instant = text_of(request.query_params, "crs") or DEFAULT_CRS, instant_of(request.query_params, "at")
    lons, lats = points_in_wgs84(pairs[:, 0], pairs[:, 1], crs, pointers=("", ""))
    answer = _locate(request, lons, lats, instant)
    headers = {"X-Edition": str(answer.edition)}
    return Response(answer.owners.astype("<i4").tobytes(), media_type=BINARY, headers=headers)


def _locate(
    request: Request, lons: NDArray[np.float64], lats: NDArray[np.float64], at: datetime | None
) -> BatchAnswer:
    return locate_batch(request.state.snapshots, request.state.open_work, lons, lats, at)


def _parse_members(body: bytes) -> dict[str, Any]:
    try:
        members = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RuleBrokenError(f"the body is not valid JSON: {error}", code="invalid-json") from None
    if not isinstance(members, dict):
        sentence = "the body must be an object with lons and lats"
        raise RuleBrokenError(sentence, faults=[InputFault("", sentence)])
    return members


def _numbers(members: dict[str, Any], name: str, request: Request) -> NDArray[np.float64]:
    values = members.get(name)
    if not isinstance(values, list):
        raise wrong_parameter(f"/{name}", "must be an array of numbers")
    _check_count(len(values), request)
    # By type and not by conversion: NumPy would take "1" and true for numbers.
    if not {*map(type, values)} <= {float, int}:
        index = next(place for place, value in enumerate(values) if type(value) not in {float, int})
        raise wrong_parameter(f"/{name}/{index}", "must be a number")
    return np.array(values, dtype=np.float64)


def _check_count(count: int, request: Request) -> None:
    limit: int = request.state.batch_limit
    if count > limit:
        raise TooLargeError(f"{count} points are more than the {limit} that one batch takes", code="too-many-points")
