"""Whose ground is this?  The hot path: plain Starlette routes that answer from memory (decision 5)."""

from __future__ import annotations

import re

import orjson
from anyio import to_thread
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.hot import HotRoute
from gis_service.api.locate_openapi import LOCATE_OPENAPI_PATHS
from gis_service.api.query import (
    crs_of,
    instant_of,
    needed_number_of,
    number_of,
    refuse_unknown,
    text_of,
    wrong_parameter,
)
from gis_service.domain.coordinates import point_in_wgs84
from gis_service.domain.lookup import Given, PointAnswer, Question
from gis_service.use_cases.locate_point import locate_at_once, locate_point, snapshot_for
from grid_boundaries.locate.uncertainty import DEFAULT_CONFIDENCE

__all__ = ["LOCATE_OPENAPI_PATHS", "locate_routes"]

LOCATE_PATH = "/v1/locate"
PARAMETERS = ("lon", "lat", "crs", "at", "known_at", "accuracy_m", "confidence", "min_edition")

LARGEST_ACCURACY_M = 100_000.0
SMALLEST_CONFIDENCE, LARGEST_CONFIDENCE = 0.01, 0.9999
_EDITION = re.compile(r"[0-9]{1,9}", re.ASCII)
JSON = "application/json"


async def get_owner(request: Request) -> Response:
    """Return whose ground a point is."""
    question = parse_question(request)
    snapshots, open_work = request.state.snapshots, request.state.open_work
    snapshot = snapshot_for(snapshots, question)
    answer = None if snapshot is None else locate_at_once(snapshot, question)
    if answer is None:
        answer = await to_thread.run_sync(locate_point, snapshots, open_work, question)
    request.state.shadow.offer(answer.lon, answer.lat, answer.edition, answer.owner.code if answer.owner else None)
    return Response(render(answer), media_type=JSON)


locate_routes = [HotRoute(LOCATE_PATH, get_owner, methods=["GET"])]


def render(answer: PointAnswer) -> bytes:
    """Return an answer as JSON; grids are rendered already.  ``warning`` is a member only where there is one."""
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
            **({"warning": answer.warning} if answer.warning else {}),
        }
    )


def parse_question(request: Request) -> Question:
    """Return the question that a query asks of a point.

    Raises:
        RuleBrokenError: a parameter is missing, wrong or unknown.
    """
    query = request.query_params
    refuse_unknown(query, PARAMETERS)
    given = Given(needed_number_of(query, "lon"), needed_number_of(query, "lat"), crs_of(query))
    lon, lat = point_in_wgs84(given.x, given.y, given.crs)
    accuracy_m, confidence = number_of(query, "accuracy_m"), number_of(query, "confidence")
    if accuracy_m is not None and not 0 <= accuracy_m <= LARGEST_ACCURACY_M:
        raise wrong_parameter("accuracy_m", f"must be metres from 0 to {LARGEST_ACCURACY_M:g}")
    if confidence is not None and not SMALLEST_CONFIDENCE <= confidence <= LARGEST_CONFIDENCE:
        raise wrong_parameter("confidence", f"must lie between {SMALLEST_CONFIDENCE} and {LARGEST_CONFIDENCE}")
    at, known_at = instant_of(query, "at"), instant_of(query, "known_at")
    return Question(
        lon,
        lat,
        at,
        known_at,
        accuracy_m,
        DEFAULT_CONFIDENCE if confidence is None else confidence,
        given,
        _min_edition_of(query, is_for_now=at is None and known_at is None),
    )


def _min_edition_of(query: QueryParams, *, is_for_now: bool) -> int:
    asked = text_of(query, "min_edition")
    if asked is None:
        return 0
    if not _EDITION.fullmatch(asked):
        raise wrong_parameter("min_edition", "must be the number of an edition")
    if not is_for_now:
        raise wrong_parameter("min_edition", "goes with a question about now, without at and known_at")
    return int(asked)
