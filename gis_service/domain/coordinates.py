"""Coordinates of callers: converted at the door, refused with the place of the fault."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis_service.errors import InputFault, RuleBrokenError
from grid_boundaries.locate.coordinates import (
    LIMITS,
    CoordinateError,
    DegreesError,
    UnknownCrsError,
    check_degrees,
    to_wgs84,
)

DEFAULT_CRS = "EPSG:4326"
OUT_OF_RANGE = "coordinate-out-of-range"
LOOKS_LIKE_DEGREES = "looks-like-degrees"


class Misplaced(NamedTuple):
    """Why a point is no place on earth: a stable code and a sentence."""

    code: str
    detail: str


def point_in_wgs84(lon: float, lat: float, crs: str = DEFAULT_CRS) -> tuple[float, float]:
    """Return one point as longitude and latitude in WGS 84; faults point at ``lon``, ``lat`` and ``crs``.

    Raises:
        RuleBrokenError: code ``unknown-crs``; ``coordinate-out-of-range`` where one is not finite, out of range or
            far from its zone; ``looks-like-degrees`` where both look so and the system takes metres.
    """
    if crs == DEFAULT_CRS and abs(lon) <= LIMITS["lon"][1] and abs(lat) <= LIMITS["lat"][1]:
        return lon, lat  # the usual case, without the price of arrays; NaN fails both tests
    try:
        lons, lats = _converted(np.array([lon]), np.array([lat]), crs)
    except UnknownCrsError as error:
        raise _unknown_crs(error, "crs") from None
    except CoordinateError as error:
        fault = InputFault(error.axis, error.reason)
        sentence = f"{error.axis} is {error.value}: {error.reason}"
        raise RuleBrokenError(sentence, code=_code_of(error), faults=[fault]) from None
    return float(lons[0]), float(lats[0])


def points_in_wgs84(
    lons: NDArray[np.float64], lats: NDArray[np.float64], crs: str, *, pointers: Sequence[str] = ("/lons", "/lats")
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points as longitudes and latitudes in WGS 84; the fault points at the first wrong element.

    Args:
        lons: longitudes or eastings, one-dimensional.
        lats: latitudes or northings, equally long.
        crs: the system that the caller names.
        pointers: where in the input the two lists stand; empty strings where no pointer reaches.

    Raises:
        RuleBrokenError: as for one point.
    """
    try:
        return _converted(lons, lats, crs)
    except UnknownCrsError as error:
        raise _unknown_crs(error, "/crs" if pointers[0] else "crs") from None
    except CoordinateError as error:
        within = pointers[0 if error.axis == "lon" else 1]
        fault = InputFault(f"{within}/{error.index}" if within else "", error.reason)
        raise RuleBrokenError(str(error), code=_code_of(error), faults=[fault]) from None


def each_in_wgs84(
    lons: NDArray[np.float64], lats: NDArray[np.float64], crs: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], dict[int, Misplaced]]:
    """Return points as longitudes and latitudes in WGS 84, each on its own merits.

    Returns:
        Longitudes, latitudes, and by its place why a point is no place on earth; such a point stands as 0, 0.

    Raises:
        RuleBrokenError: code ``unknown-crs``.
    """
    try:
        return *_converted(lons, lats, crs), {}
    except UnknownCrsError as error:
        raise _unknown_crs(error, "crs") from None
    except CoordinateError as error:
        if len(lons) == 1:
            why = Misplaced(_code_of(error), f"{error.axis} is {error.value}: {error.reason}")
            return np.zeros(1), np.zeros(1), {0: why}
    middle = len(lons) // 2
    first_lons, first_lats, faults = each_in_wgs84(lons[:middle], lats[:middle], crs)
    other_lons, other_lats, more = each_in_wgs84(lons[middle:], lats[middle:], crs)
    faults.update((middle + place, reason) for place, reason in more.items())
    return np.concatenate([first_lons, other_lons]), np.concatenate([first_lats, other_lats]), faults


def _converted(
    lons: NDArray[np.float64], lats: NDArray[np.float64], crs: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    all_lons, all_lats = to_wgs84(lons, lats, crs)
    if all_lons is not lons:
        # What lay at the very edge of the range may have been shifted over it.
        check_degrees(all_lons, all_lats)
    return all_lons, all_lats


def _code_of(error: CoordinateError) -> str:
    return LOOKS_LIKE_DEGREES if isinstance(error, DegreesError) else OUT_OF_RANGE


def _unknown_crs(error: UnknownCrsError, pointer: str) -> RuleBrokenError:
    return RuleBrokenError(str(error), code="unknown-crs", faults=[InputFault(pointer, str(error))])
