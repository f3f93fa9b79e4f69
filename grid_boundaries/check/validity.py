"""Each polygon by itself: what must hold before edges can prove anything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check import messages
from grid_boundaries.check.findings import Finding, place_of
from grid_boundaries.partition import from_lattice, to_lattice

_POLYGON, _MULTIPOLYGON, _MISSING = 3, 6, -1
MAX_VERTICES = 2_000_000
"""Of one polygon; what is left over of more would take minutes and many gigabytes (docs/boundaries.md, Size)."""

_PLACE = re.compile(r"\[(\S+) ([^\s\]]+)\]")


@dataclass(frozen=True, slots=True)
class Inspection:
    """What came through: ``shapes[i]``, on the lattice and flat, is the shape of input number ``sound[i]``."""

    findings: tuple[Finding, ...]
    sound: NDArray[np.intp]
    shapes: NDArray[np.object_]


def inspect_shapes(codes: Sequence[str], shapes: Sequence[BaseGeometry | None]) -> Inspection:
    """Sort out what is no valid polygon in degrees; heights are dropped, vertices rounded to the lattice.

    Not sound are: no geometry, an empty one, anything but a polygon or multipolygon, coordinates that are not
    finite or no degrees, more than half the Earth from west to east, more than ``MAX_VERTICES``, no area, and rings
    that cross or touch themselves as OGC 06-103r4 (Simple Features) forbids.  What is valid as given and no more so
    on the lattice is not sound either.
    """
    array = np.empty(len(shapes), dtype=object)
    array[:] = list(shapes)
    faults: dict[int, tuple[str, BaseGeometry | None]] = {}
    kinds = shapely.get_type_id(array)
    for i in np.flatnonzero((kinds != _POLYGON) & (kinds != _MULTIPOLYGON)).tolist():
        faults[i] = ("missing", None) if kinds[i] == _MISSING else _wrong_kind(array[i])
    for i in np.flatnonzero(shapely.is_empty(array)).tolist():
        faults.setdefault(i, ("empty", None))
    for i in np.flatnonzero(shapely.get_num_coordinates(array) > MAX_VERTICES).tolist():
        faults.setdefault(i, ("too-many-vertices", None))
    points, shape_of_point = shapely.get_coordinates(array, return_index=True)
    finite = np.isfinite(points[:, 0]) & np.isfinite(points[:, 1])
    for i in np.unique(shape_of_point[~finite]).tolist():
        faults[i] = ("not-finite", _some_finite_point(array[i]))
    with np.errstate(invalid="ignore"):  # not a number is not far
        far = (np.abs(points[:, 0]) > 180) | (np.abs(points[:, 1]) > 90)  # noqa: PLR2004  the degrees of the Earth
    for i in np.unique(shape_of_point[far]).tolist():
        faults.setdefault(i, ("not-degrees", None))
    bounds = shapely.bounds(array)
    for i in np.flatnonzero(bounds[:, 2] - bounds[:, 0] > 180).tolist():  # noqa: PLR2004  half the Earth
        faults.setdefault(i, ("round-the-earth", None))
    in_order = np.ones(len(array), np.bool_)
    in_order[list(faults)] = False
    sound = np.flatnonzero(in_order)
    flat = lay_on_lattice(array[sound])
    good = np.asarray(shapely.is_valid(flat), np.bool_)
    for i, shape in zip(sound[~good].tolist(), flat[~good], strict=True):
        faults[i] = _invalid(array[i], shape)
    findings = tuple(_finding(codes[i], *faults[i]) for i in sorted(faults))
    return Inspection(findings, sound[good], flat[good])


def lay_on_lattice(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return finite shapes without heights, vertices on the lattice; those that are so already as they are."""
    flat: NDArray[np.object_] = shapely.force_2d(shapes) if shapely.has_z(shapes).any() else shapes.copy()
    points, shape_of_point = shapely.get_coordinates(flat, return_index=True)
    moved = from_lattice(to_lattice(points)) != points
    off = np.unique(shape_of_point[moved[:, 0] | moved[:, 1]])
    if len(off):
        flat[off] = shapely.transform(flat[off], lambda degrees: from_lattice(to_lattice(degrees)))
    return flat


def _wrong_kind(shape: BaseGeometry) -> tuple[str, BaseGeometry | None]:
    if not np.isfinite(shapely.get_coordinates(shape)).all() or shape.is_empty:
        return "not-a-polygon", None
    return "not-a-polygon", shapely.point_on_surface(shape)


def _some_finite_point(shape: BaseGeometry) -> BaseGeometry | None:
    points = shapely.get_coordinates(shape)
    finite = points[np.isfinite(points).all(axis=1)]
    return shapely.Point(finite[0]) if len(finite) else None


def _invalid(given: BaseGeometry, on_lattice: BaseGeometry) -> tuple[str, BaseGeometry | None]:
    """Return why a polygon is not valid, and where."""
    if shapely.get_dimensions(shapely.convex_hull(given)) < 2:  # noqa: PLR2004  2: area
        return "no-area", shapely.Point(shapely.get_coordinates(on_lattice)[0])
    if shapely.is_valid(given):
        return "rounds-away", shapely.point_on_surface(given)
    reason = shapely.is_valid_reason(on_lattice)
    found = _PLACE.search(reason)
    place = shapely.Point(float(found[1]), float(found[2])) if found else shapely.Point(on_lattice.bounds[:2])
    return _PLACE.sub("", reason).strip().lower().replace(" ", "-"), place


def _finding(code: str, reason: str, where: BaseGeometry | None) -> Finding:
    place = None if where is None else place_of(where)
    message, message_zh = messages.invalid_geometry(code, reason, place)
    return Finding(
        rule="invalid-geometry",
        severity="error",
        grids=(code,) if code else (),
        message=message,
        message_zh=message_zh,
        geometry=None if place is None else mapping(shapely.Point(place)),
        fixes=({"action": "redraw" if reason in messages.NOTHING_TO_MEND else "make-valid", "grid": code},),
        place=place,
    )
