"""Areas of callers: converted at the door, refused with the place of the fault."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis_service.domain.coordinates import OUT_OF_RANGE
from gis_service.errors import InputFault, RuleBrokenError
from grid_boundaries.locate.coordinates import CoordinateError, UnknownCrsError, check_degrees, to_wgs84
from grid_boundaries.locate.shifts import Degrees

_AS_THEY_STAND = {"epsg:4326", "epsg:4490"}
_SHIFTED = {"gcj02", "bd09"}
_STEP_M, _STEP_DEG = 1_000.0, 0.01
"""An edge of another system is bent in ours, by centimetres over this length."""
_MOST_STEPS = 20_000
_HALF_ROUND_DEG = 180.0


def area_in_wgs84(shape: BaseGeometry, crs: str, pointer: str) -> BaseGeometry:
    """Return a polygon or multipolygon of any known system in WGS 84, without heights.

    Edges are straight in the system that the caller names; those of another one get vertices on the way.

    Args:
        shape: coordinates as they were given, rings closed.
        crs: the system that the caller names.
        pointer: where the geometry stands in the body.

    Raises:
        RuleBrokenError: code ``unknown-crs``; ``coordinate-out-of-range`` at the first position that is not finite,
            out of range or far from its zone; ``invalid-geometry`` where edges cross or a ring has no ground;
            ``crosses-antimeridian`` where a part is more than 180 degrees wide.
    """
    shape = shapely.force_2d(shape)
    try:
        converted = shapely.transform(shape, lambda given: _converted(given, crs))
        name = crs.strip().lower()
        if name not in _AS_THEY_STAND:
            step = max(_STEP_DEG if name in _SHIFTED else _STEP_M, shape.length / _MOST_STEPS)
            converted = shapely.transform(shapely.segmentize(shape, step), lambda given: _converted(given, crs))
    except UnknownCrsError as error:
        raise RuleBrokenError(str(error), code="unknown-crs", faults=[InputFault("crs", str(error))]) from None
    except CoordinateError as error:
        place = _pointer_to(shape, error.index, pointer)
        sentence = f"{place}: {error.axis} is {error.value}: {error.reason}"
        raise RuleBrokenError(sentence, code=OUT_OF_RANGE, faults=[InputFault(place, error.reason)]) from None
    if not shapely.is_valid(converted):
        sentence = f"is no valid area: {shapely.is_valid_reason(converted)}"
        raise _broken(sentence, "invalid-geometry", pointer)
    for part in shapely.get_parts(converted):
        west, _, east, _ = part.bounds
        if east - west > _HALF_ROUND_DEG:
            sentence = "is more than 180 degrees wide; cut it at the antimeridian (RFC 7946, 3.1.9)"
            raise _broken(sentence, "crosses-antimeridian", pointer)
    return converted


def _converted(given: Degrees, crs: str) -> Degrees:
    lons, lats = to_wgs84(given[:, 0], given[:, 1], crs)
    check_degrees(lons, lats)
    return np.column_stack([lons, lats])


def _pointer_to(shape: BaseGeometry, index: int, pointer: str) -> str:
    """Return where in the body a position stands, by its number among all."""
    for number, part in enumerate(shapely.get_parts(shape)):
        for place, ring in enumerate(shapely.get_rings(part)):
            count = shapely.get_num_coordinates(ring)
            if index < count:
                within = f"/{number}" if shape.geom_type == "MultiPolygon" else ""
                return f"{pointer}/coordinates{within}/{place}/{index}"
            index -= count
    return pointer  # a vertex that was set on the way


def _broken(sentence: str, code: str, pointer: str) -> RuleBrokenError:
    return RuleBrokenError(
        f"{pointer or 'the geometry'} {sentence}", code=code, faults=[InputFault(pointer, sentence)]
    )
