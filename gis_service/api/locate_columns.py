"""Points as two columns of JSON, answered by a column of codes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from gis_service.api.json_columns import parse_columns
from gis_service.api.locate_pairs import check_count
from gis_service.api.query import parse_instant, refuse_unknown_members, wrong_parameter
from gis_service.domain.coordinates import DEFAULT_CRS, points_in_wgs84
from gis_service.errors import InputFault, RuleBrokenError
from gis_service.use_cases.locate_batch import BatchGround

WRITTEN_AT_ONCE = 10_000
"""Codes; the event loop has its turn in between."""

MEMBERS = ("lons", "lats", "crs", "at")


def answer_columns(body: bytes, most_points: int, find_ground: Callable[[datetime | None], BatchGround]) -> bytes:
    """Return the edition and the owners of the points of a body, in input order.

    Raises:
        RuleBrokenError: the body is no JSON, code ``invalid-json``; a member is wrong, or none that
            a batch has, code ``unknown-parameter``; a point is no place on earth.
        TooLargeError: there are too many points, code ``too-many-points``.
        NotFoundError: no edition was in force then, code ``no-edition``.
        UnavailableError: the database is asked and does not answer.
    """
    members = _parse_members(body)
    lons, lats = _numbers(members, "lons", most_points), _numbers(members, "lats", most_points)
    if len(lons) != len(lats):
        raise wrong_parameter("/lats", f"has {len(lats)} numbers, lons has {len(lons)}")
    crs, at = members.get("crs"), members.get("at")
    if crs is not None and not isinstance(crs, str):
        raise wrong_parameter("/crs", "must be a string")
    if at is not None and not isinstance(at, str):
        raise wrong_parameter("/at", "must be a string")
    lons, lats = points_in_wgs84(lons, lats, DEFAULT_CRS if crs is None else crs)
    ground = find_ground(None if at is None else parse_instant(at, "/at"))
    owners = ground.owners_of(lons, lats)
    parts = [
        orjson.dumps(ground.codes[owners[start : start + WRITTEN_AT_ONCE]].tolist())[1:-1]
        for start in range(0, len(owners), WRITTEN_AT_ONCE)
    ]
    return b'{"edition":%d,"codes":[%b]}' % (ground.edition, b",".join(parts))


def _parse_members(body: bytes) -> dict[str, Any]:
    try:
        members = parse_columns(body)
    except orjson.JSONDecodeError as error:
        raise RuleBrokenError(f"the body is not valid JSON: {error}", code="invalid-json") from None
    if not isinstance(members, dict):
        sentence = "the body must be an object with lons and lats"
        raise RuleBrokenError(sentence, faults=[InputFault("", sentence)])
    refuse_unknown_members(members, MEMBERS)
    return members


def _numbers(members: dict[str, Any], name: str, most_points: int) -> NDArray[np.float64]:
    values = members.get(name)
    if isinstance(values, np.ndarray):
        check_count(len(values), most_points)
        return values
    if not isinstance(values, list):
        raise wrong_parameter(f"/{name}", "must be an array of numbers")
    check_count(len(values), most_points)
    # By type and not by conversion: NumPy would take "1" and true for numbers.
    if not {*map(type, values)} <= {float, int}:
        index = next(place for place, value in enumerate(values) if type(value) not in {float, int})
        raise wrong_parameter(f"/{name}/{index}", "must be a number")
    return np.array(values, dtype=np.float64)
