"""An area in the query of an address: the GeoJSON that ``POST /v1/locate/area`` takes, short enough for a URL."""

from __future__ import annotations

import re

from starlette.datastructures import QueryParams

from gis_service.api.geojson import parse_area
from gis_service.api.query import crs_of, instant_of, refuse_unknown, text_of, wrong_parameter
from gis_service.domain.area import AreaQuestion
from gis_service.domain.area_in_degrees import area_in_wgs84
from gis_service.errors import InputFault, RuleBrokenError, TooLargeError
from tiles.lookup_layers import MOST_AFFECTED

PARAMETERS = ("area", "crs", "level", "edition", "at")

LONGEST_AREA = 4_000
"""Characters of an area: percent-encoded it still fits in the 8 kB that proxies take as a request line."""

_LONGEST_LEVEL = 64
_EDITION = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)


def parse_area_question(query: QueryParams, most_positions: int) -> AreaQuestion:
    """Return the question that a query asks of an area.

    Raises:
        RuleBrokenError: a parameter is missing, wrong or unknown; what is said of a body is said of ``area``.
        TooLargeError: the area is longer than ``LONGEST_AREA``, code ``area-too-long``; as ``parse_area``.
    """
    refuse_unknown(query, PARAMETERS)
    written, crs = text_of(query, "area"), crs_of(query)
    level, edition = text_of(query, "level"), text_of(query, "edition")
    if written is None:
        raise wrong_parameter("area", "is missing")
    if len(written) > LONGEST_AREA:
        sentence = (
            f"an area of {len(written)} characters is more than the {LONGEST_AREA} that an address takes;"
            " give fewer positions and decimals"
        )
        raise TooLargeError(sentence, code="area-too-long", faults=[InputFault("area", sentence)])
    if level is not None and len(level) > _LONGEST_LEVEL:
        raise wrong_parameter("level", f"has at most {_LONGEST_LEVEL} characters")
    if edition is not None and not _EDITION.fullmatch(edition):
        raise wrong_parameter("edition", "must be the number of an edition")
    at = instant_of(query, "at")
    try:
        shape, pointer = parse_area(written.encode(), most_positions)
        shape = area_in_wgs84(shape, crs, pointer)
    except RuleBrokenError as error:
        raise _of_parameter(error) from None
    return AreaQuestion(shape, None if edition is None else int(edition), at, level, MOST_AFFECTED)


def _of_parameter(error: RuleBrokenError) -> RuleBrokenError:
    """Return what is said of a body as it is said of the parameter ``area``."""
    faults = [
        one if one.pointer == "crs" else InputFault("area", f"{one.pointer} {one.detail}".strip())
        for one in error.faults or [InputFault("", "is not valid JSON")]
    ]
    return RuleBrokenError(f"{faults[0].pointer}: {faults[0].detail}", code=error.code, faults=faults)
