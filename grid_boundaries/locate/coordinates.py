"""Coordinates at the door: whatever a caller has becomes longitude and latitude in WGS 84.

Arrays are one-dimensional float64, longitude (or easting) first, whatever order an authority lists its axes in.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from grid_boundaries.locate.shifts import Degrees, bd09_to_wgs84, gcj02_to_wgs84
from grid_boundaries.partition import LATTICE_PER_DEG, from_lattice, to_lattice

KNOWN_CRS = "EPSG:4326, EPSG:4490, EPSG:4513 to EPSG:4554, gcj02, bd09"

LIMITS = {"lon": ("longitude", 180.0), "lat": ("latitude", 90.0)}

_FIRST_WITH_ZONE, _FIRST_WITHOUT_ZONE, _LAST_PROJECTED = 4513, 4534, 4554
_ZONE_REACH_DEG = 6.0
"""A place this far from the central meridian of a three-degree zone is no place of that zone."""


class UnknownCrsError(ValueError):
    """A coordinate reference system that the service does not take."""

    def __init__(self, crs: str) -> None:
        super().__init__(f"{crs[:40]!r} is not known here; known are {KNOWN_CRS}")
        self.crs = crs


class CoordinateError(ValueError):
    """One coordinate is not finite or out of range: ``axis`` is lon or lat, ``index`` its place in the input."""

    def __init__(self, axis: str, index: int, value: float, reason: str) -> None:
        super().__init__(f"{axis}s[{index}] is {value}: {reason}")
        self.axis = axis
        self.index = index
        self.value = value
        self.reason = reason


class DegreesError(CoordinateError):
    """Degrees where a projected system takes metres."""


def to_wgs84(lons: Degrees, lats: Degrees, crs: str = "EPSG:4326") -> tuple[Degrees, Degrees]:
    """Return coordinates of any known system as longitude and latitude in WGS 84.

    CGCS2000 (EPSG:4490) is taken as it stands: the two differ by less than boundaries are surveyed to (decision 4).
    Projected CGCS2000 is unprojected and then taken as it stands.  GCJ-02 and BD-09 lose their offsets; what is
    left is about a metre of the true GCJ-02 that the public formula does not know.

    Args:
        lons: longitudes, or eastings in metres; of the zoned systems (EPSG:4513 to 4533) with the zone in front.
        lats: latitudes, or northings in metres; of the same length.
        crs: one of ``KNOWN_CRS``; letters of either case.

    Raises:
        UnknownCrsError: the system is not one of those.
        CoordinateError: the first coordinate that is not finite, out of range or far from its zone; a DegreesError
            where it looks like degrees and the system takes metres.
    """
    name = crs.strip().lower()
    if name in {"epsg:4326", "epsg:4490"}:
        check_degrees(lons, lats)
        return lons, lats
    if name in {"gcj02", "bd09"}:
        check_degrees(lons, lats)
        return (gcj02_to_wgs84 if name == "gcj02" else bd09_to_wgs84)(lons, lats)
    code = projection_of(crs)
    assert code is not None  # noqa: S101 - those in degrees have been taken
    return _unproject(lons, lats, code)


def to_wgs84_where_possible(lons: Degrees, lats: Degrees, crs: str = "EPSG:4326") -> tuple[Degrees, Degrees]:
    """Return what ``to_wgs84`` returns, and NaN twice for each coordinate for which it would raise.

    Raises:
        UnknownCrsError: as ``to_wgs84``.
    """
    code = projection_of(crs)
    if code is None:
        wrong = ~((np.abs(lons) <= LIMITS["lon"][1]) & (np.abs(lats) <= LIMITS["lat"][1]))
        if not wrong.any():
            return to_wgs84(lons, lats, crs)
        true_lons, true_lats = to_wgs84(np.where(wrong, 0.0, lons), np.where(wrong, 0.0, lats), crs)
    else:
        true_lons, true_lats, wrong = _unproject_all(lons, lats, code)
    return np.where(wrong, np.nan, true_lons), np.where(wrong, np.nan, true_lats)


def projection_of(crs: str) -> int | None:
    """Return the EPSG code of a projected system that is known; None for those in degrees.

    Raises:
        UnknownCrsError: the system is not one of ``KNOWN_CRS``.
    """
    name = crs.strip().lower()
    if name in {"epsg:4326", "epsg:4490", "gcj02", "bd09"}:
        return None
    if (number := re.fullmatch(r"epsg:(\d{4})", name, re.ASCII)) is not None:
        code = int(number[1])
        if _FIRST_WITH_ZONE <= code <= _LAST_PROJECTED:
            return code
    raise UnknownCrsError(crs)


def check_degrees(lons: Degrees, lats: Degrees) -> None:
    """Raise ``CoordinateError`` for the first longitude, else the first latitude, that is none."""
    for axis, values in (("lon", lons), ("lat", lats)):
        word, limit = LIMITS[axis]
        wrong = ~(np.abs(values) <= limit)
        if wrong.any():
            index = int(np.argmax(wrong))
            reason = f"a {word} is a finite number from {-limit:g} to {limit:g}"
            if look_swapped(float(lons[index]), float(lats[index])):
                reason += "; longitude and latitude look swapped, longitude comes first"
            raise CoordinateError(axis, index, float(values[index]), reason)


def look_swapped(lon: float, lat: float) -> bool:
    """Tell whether a pair that is out of range would be in range the other way round."""
    return abs(lon) <= LIMITS["lat"][1] < abs(lat) <= LIMITS["lon"][1]


def look_like_degrees(eastings: Degrees, northings: Degrees) -> NDArray[np.bool_]:
    """Tell which metres look like degrees, in either order.

    As metres they would lie on the equator; of the projected systems that are known no zone is used there.
    """
    most = LIMITS["lon"][1]
    return (np.abs(eastings) <= most) & (np.abs(northings) <= most)


def quantise(lons: Degrees, lats: Degrees) -> tuple[Degrees, Degrees]:
    """Return points moved to the lattice: the doubles that boundaries are made of (decision 3).

    Raises:
        CoordinateError: the first coordinate that is not finite or out of range.
    """
    check_degrees(lons, lats)
    return from_lattice(to_lattice(lons)), from_lattice(to_lattice(lats))


def quantise_one(lon: float, lat: float) -> tuple[float, float]:
    """Return one point moved to the lattice: ``quantise`` without the price of arrays."""
    if not (abs(lon) <= LIMITS["lon"][1] and abs(lat) <= LIMITS["lat"][1]):
        check_degrees(np.array([lon]), np.array([lat]))
    # round() settles halves as np.rint does: to the even step.
    return round(lon * LATTICE_PER_DEG) / LATTICE_PER_DEG, round(lat * LATTICE_PER_DEG) / LATTICE_PER_DEG


@cache
def _unprojection(code: int) -> Transformer:
    # To CGCS2000, not to WGS 84: nothing but the projection is to be undone.
    return Transformer.from_crs(f"EPSG:{code}", "EPSG:4490", always_xy=True)


def _meridian(code: int) -> int:
    return 75 + 3 * (code - (_FIRST_WITH_ZONE if code < _FIRST_WITHOUT_ZONE else _FIRST_WITHOUT_ZONE))


def _unproject_all(
    eastings: NDArray[np.float64], northings: NDArray[np.float64], code: int
) -> tuple[Degrees, Degrees, NDArray[np.bool_]]:
    """Return longitudes, latitudes, and which of them are no place of the zone."""
    lons, lats = _unprojection(code).transform(eastings, northings)
    lons, lats = np.asarray(lons, np.float64), np.asarray(lats, np.float64)
    is_near = (np.abs(lons - _meridian(code)) <= _ZONE_REACH_DEG) & (np.abs(lats) <= LIMITS["lat"][1])
    return lons, lats, ~is_near | look_like_degrees(eastings, northings)


def _unproject(eastings: NDArray[np.float64], northings: NDArray[np.float64], code: int) -> tuple[Degrees, Degrees]:
    lons, lats, wrong = _unproject_all(eastings, northings, code)
    if wrong.any():
        meridian = _meridian(code)
        index = int(np.argmax(wrong))
        axis, values = ("lat", northings) if np.isfinite(eastings[index]) else ("lon", eastings)
        if np.isfinite(values[index]):
            axis, values = "lon", eastings
        false_easting = meridian // 3 * 1_000_000 + 500_000 if code < _FIRST_WITHOUT_ZONE else 500_000
        reason = (
            f"EPSG:{code} takes metres, easting first; its eastings lie around {false_easting:,}"
            f" and its central meridian is {meridian}° E"
        )
        if look_like_degrees(eastings[index : index + 1], northings[index : index + 1])[0]:
            reason += "; these look like degrees, which are crs=EPSG:4490 or EPSG:4326"
            raise DegreesError(axis, index, float(values[index]), reason)
        raise CoordinateError(axis, index, float(values[index]), reason)
    return lons, lats
