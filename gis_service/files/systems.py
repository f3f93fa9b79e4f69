"""Coordinate systems of files: which are taken, which as they stand, and whether the numbers fit what is declared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.transformer import TransformerGroup

from gis_service.errors import RuleBrokenError

_DEGREES_AS_STORED = {4326, 4490}  # CGCS2000 is stored as it stands (decision 4)
_CHINESE_OFFSETS = {"gcj02", "gcj-02", "bd09", "bd-09"}
_SAME_DATUMS = ("china 2000", "d_china_2000", "china geodetic", "cgcs2000", "world geodetic system 1984", "wgs_1984")
_BEYOND_DEG = 6.0
"""Grids this far outside a system's area of use are in another system: two three-degree zones."""
_FALSE_EASTING = 500_000
_ZONE_STEP = 1_000_000
_FIRST_ZONE, _LAST_ZONE = (
    25,
    45,
)  # three-degree zones of CGCS2000: EPSG:4513 to 4533 with number, 4534 to 4554 without
_WITH_NUMBER, _WITHOUT_NUMBER = 4513, 4534


def system_of(path: Path, name: Any) -> pyproj.CRS | None:  # noqa: ANN401  a name, WKT, or PROJJSON as a dict
    """Return the system that a file or a caller names; None for degrees that are stored as they stand.

    Raises:
        RuleBrokenError: it is not known; or GCJ-02 or BD-09, in which boundaries are not taken; or its shift to
            WGS 84 is not known.
    """
    if isinstance(name, str) and name.strip().lower() in _CHINESE_OFFSETS:
        raise RuleBrokenError(
            f"{path} is said to be in {name.strip().upper()}, in which boundaries are not taken: its offset is known "
            "to a metre only, and a boundary decides to the millimetre whose ground a door is; get the grids in "
            "CGCS2000 (EPSG:4490) from whoever drew them. "
            "边界不接受 GCJ-02 或 BD-09 坐标：其偏移只能还原到米级；请向绘制单位索取 CGCS2000（EPSG:4490）数据。",
            code="offset-crs",
        )
    try:
        crs = pyproj.CRS.from_user_input(name)
    except pyproj.exceptions.CRSError:
        shown = name if isinstance(name, str) else "the one in its metadata"
        raise RuleBrokenError(
            f"{path} has a coordinate system that is not known: {shown}.", code="unknown-crs"
        ) from None
    if not (crs.is_geographic or crs.is_projected):
        raise RuleBrokenError(
            f"{path} is in {crs.name}, which is neither degrees nor a map projection.", code="unknown-crs"
        )
    if crs.to_epsg() in _DEGREES_AS_STORED or crs.to_authority() == ("OGC", "CRS84"):
        return None
    if not stands_as_it_is(crs):
        _refuse_unknown_shift(path, crs)
    is_plain = crs.is_geographic and all(axis.unit_name == "degree" for axis in crs.axis_info[:2])
    return None if is_plain and stands_as_it_is(crs) else crs


def stands_as_it_is(crs: pyproj.CRS) -> bool:
    """Say whether the degrees behind a system are those of CGCS2000 or WGS 84, which are stored as they stand."""
    geodetic = crs.geodetic_crs
    datum = "" if geodetic is None or geodetic.datum is None else geodetic.datum.name
    return datum.lower().startswith(_SAME_DATUMS)


def _refuse_unknown_shift(path: Path, crs: pyproj.CRS) -> None:
    best = TransformerGroup(crs, "EPSG:4326", always_xy=True).transformers
    if not best or best[0].accuracy < 0 or "allpark" in best[0].description:
        raise RuleBrokenError(
            f"{path} is in {crs.name}, whose shift to CGCS2000 is not public: the same numbers would lie up to 100 m "
            "off; have the survey office convert it to CGCS2000 (EPSG:4490). "
            f"{crs.name} 到 CGCS2000 的转换参数未公开，请由测绘部门转换后再导入。",
            code="unknown-shift",
        )


def refuse_wrong_numbers(path: Path, crs: pyproj.CRS | None, shapes: NDArray[np.object_]) -> None:
    """Refuse numbers that cannot be what the file declares; the sentence names what was found.

    Args:
        path: the file, for the sentence.
        crs: what it declares; None for degrees.
        shapes: its geometries, in its own coordinates; those that are not finite are left to the check.

    Raises:
        RuleBrokenError: metres where degrees are declared, degrees where metres are, or a place far outside the
            system's area of use.
    """
    points = shapely.get_coordinates(shapes)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return
    middle = np.median(points, axis=0)
    found = f"its numbers are like {middle[0]:.10g}, {middle[1]:.10g}"
    are_degrees = bool((np.abs(points) <= (180, 90)).all())
    if crs is None or crs.is_geographic:
        if not are_degrees and (np.abs(middle) > (180, 180)).any():
            name = "degrees" if crs is None else crs.name
            raise RuleBrokenError(
                f"{path} declares {name}, but {found}, which look like metres; declare the system that they are in"
                f"{_guess(middle[0])}.",
                code="crs-contradicted",
            )
        return
    if are_degrees:
        raise RuleBrokenError(
            f"{path} declares {crs.name}, but {found}, so that its coordinates are degrees; "
            "declare EPSG:4326 or EPSG:4490.",
            code="crs-contradicted",
        )
    _refuse_elsewhere(path, crs, middle, found)


def _refuse_elsewhere(path: Path, crs: pyproj.CRS, middle: NDArray[np.float64], found: str) -> None:
    area = crs.area_of_use
    geodetic = crs.geodetic_crs
    if area is None or geodetic is None:
        return
    lon, lat = pyproj.Transformer.from_crs(crs, geodetic, always_xy=True).transform(*middle.tolist())
    is_near = (
        area.west - _BEYOND_DEG <= lon <= area.east + _BEYOND_DEG
        and area.south - _BEYOND_DEG <= lat <= area.north + _BEYOND_DEG
    )
    if area.west <= area.east and not is_near:
        place = f"longitude {lon:.2f}, latitude {lat:.2f}" if np.isfinite([lon, lat]).all() else "nowhere on Earth"
        raise RuleBrokenError(
            f"{path} declares {crs.name}, but {found}, which would be {place}, far outside that system's area of use "
            f"({area.west:g} to {area.east:g} E, {area.south:g} to {area.north:g} N)"
            f"{_guess(float(middle[0]))}.",
            code="crs-contradicted",
        )


def _guess(easting: float) -> str:
    """Return a hint at the zone that an easting names, or at one that names none; empty where there is nothing."""
    zone, rest = divmod(easting, _ZONE_STEP)
    if _FIRST_ZONE <= zone <= _LAST_ZONE:
        meant = _WITH_NUMBER + int(zone) - _FIRST_ZONE
        return f"; eastings that begin with {int(zone)} are of zone {int(zone)}, EPSG:{meant}"
    if zone == 0 and abs(rest - _FALSE_EASTING) < _FALSE_EASTING:
        return (
            f"; eastings without a zone number are of EPSG:{_WITHOUT_NUMBER} to "
            f"{_WITHOUT_NUMBER + _LAST_ZONE - _FIRST_ZONE}, by central meridian"
        )
    return ""


def expect_degrees(path: Path, shapes: NDArray[np.object_]) -> None:
    """Refuse a file without a coordinate system whose numbers are no degrees."""
    points = shapely.get_coordinates(shapes)
    if (np.abs(points[np.isfinite(points).all(axis=1)]) > (180, 90)).any():
        raise RuleBrokenError(
            f"{path} does not say its coordinate system and its numbers are no degrees; add a .prj file, declare it "
            "with --crs, or convert the file to EPSG:4326. 文件未声明坐标系且坐标不是度，请补充 .prj 文件。",
            code="crs-missing",
        )
