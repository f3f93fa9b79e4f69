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
_DEGREES = np.array([180.0, 90.0])
_HALF_THE_EARTH = 180  # degrees of longitude
_AT_ONCE = 2000  # shapes whose coordinates a processor's cache holds
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
    inspected = [_inspect(codes, array, first) for first in range(0, len(array), _AT_ONCE)]
    if not inspected:
        return Inspection((), np.zeros(0, np.intp), array)
    return Inspection(
        tuple(finding for some in inspected for finding in some.findings),
        np.concatenate([some.sound for some in inspected]),
        np.concatenate([some.shapes for some in inspected]),
    )


def _inspect(codes: Sequence[str], shapes: NDArray[np.object_], first: int) -> Inspection:
    """Inspect ``_AT_ONCE`` shapes, from ``first`` on."""
    array = shapes[first : first + _AT_ONCE]
    faults = _without_coordinates(array)
    in_order = np.ones(len(array), np.bool_)
    in_order[list(faults)] = False
    sound = np.flatnonzero(in_order)
    flat = lay_on_lattice(array[sound])
    good = np.asarray(shapely.is_valid(flat), np.bool_)
    for i, shape in zip(sound[~good].tolist(), flat[~good], strict=True):
        faults[i] = _invalid(array[i], shape)
    findings = tuple(_finding(codes[first + i], *faults[i]) for i in sorted(faults))
    return Inspection(findings, first + sound[good], flat[good])


def _without_coordinates(array: NDArray[np.object_]) -> dict[int, tuple[str, BaseGeometry | None]]:
    """Return what is no polygon with finite coordinates in degrees: why, and an example."""
    faults: dict[int, tuple[str, BaseGeometry | None]] = {}
    kinds = shapely.get_type_id(array)
    for i in np.flatnonzero((kinds != _POLYGON) & (kinds != _MULTIPOLYGON)).tolist():
        faults[i] = ("missing", None) if kinds[i] == _MISSING else _wrong_kind(array[i])
    for i in np.flatnonzero(shapely.is_empty(array)).tolist():
        faults.setdefault(i, ("empty", None))
    for i in np.flatnonzero(shapely.get_num_coordinates(array) > MAX_VERTICES).tolist():
        faults.setdefault(i, ("too-many-vertices", None))
    points = shapely.get_coordinates(array)
    if not (np.abs(points) <= _DEGREES).all():  # not a number is not
        _find_out_of_range(array, points, faults)
    bounds = shapely.bounds(array)
    for i in np.flatnonzero(bounds[:, 2] - bounds[:, 0] > _HALF_THE_EARTH).tolist():
        faults.setdefault(i, ("round-the-earth", None))
    return faults


def _find_out_of_range(
    array: NDArray[np.object_], points: NDArray[np.float64], faults: dict[int, tuple[str, BaseGeometry | None]]
) -> None:
    """Add what has coordinates that are no finite degrees."""
    shape_of_point = shapely.get_coordinates(array, return_index=True)[1]
    finite = np.isfinite(points[:, 0]) & np.isfinite(points[:, 1])
    for i in np.unique(shape_of_point[~finite]).tolist():
        faults[i] = ("not-finite", _some_finite_point(array[i]))
    with np.errstate(invalid="ignore"):  # not a number is not far
        far = (np.abs(points) > _DEGREES).any(axis=1)
    for i in np.unique(shape_of_point[far]).tolist():
        faults.setdefault(i, ("not-degrees", None))


def lay_on_lattice(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return finite shapes without heights, vertices on the lattice; those that are so already as they are."""
    flat: NDArray[np.object_] = shapely.force_2d(shapes) if shapely.has_z(shapes).any() else shapes.copy()
    points = shapely.get_coordinates(flat)
    moved = from_lattice(to_lattice(points)) != points
    if moved.any():
        shape_of_point = shapely.get_coordinates(flat, return_index=True)[1]
        off = np.unique(shape_of_point[moved[:, 0] | moved[:, 1]])
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
