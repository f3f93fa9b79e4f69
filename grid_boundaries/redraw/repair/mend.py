"""Polygons that are not valid by themselves, made valid where there is something to make it from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check.validity import inspect_shapes, lay_on_lattice
from grid_boundaries.partition import from_lattice, to_lattice

_POLYGONS = {"Polygon", "MultiPolygon"}


@dataclass(frozen=True, slots=True)
class Mended:
    """Sound shapes by number, None where nothing can be made of the input; ``made_valid`` are those that changed."""

    shapes: list[BaseGeometry | None]
    made_valid: tuple[int, ...]


def mend(shapes: Sequence[BaseGeometry | None]) -> Mended:
    """Return shapes flat and on the lattice, and made valid by their structure where their rings cross or touch.

    Structure: outer rings are united and holes taken off them, so that a bow-tie becomes its two triangles.  Pieces
    without area are dropped.
    """
    inspection = inspect_shapes([""] * len(shapes), shapes)
    sound: list[BaseGeometry | None] = [None] * len(shapes)
    for number, shape in zip(inspection.sound.tolist(), inspection.shapes, strict=True):
        sound[number] = shape
    made = []
    for number, shape in enumerate(shapes):
        if sound[number] is None and shape is not None:
            sound[number] = _make_valid(shape)
            if sound[number] is not None:
                made.append(number)
    return Mended(sound, tuple(made))


def _make_valid(shape: BaseGeometry) -> BaseGeometry | None:
    points = shapely.get_coordinates(shape)
    if shape.geom_type not in _POLYGONS or shape.is_empty or not np.isfinite(points).all():
        return None
    if (np.abs(points) > (180, 90)).any():
        return None
    flat = lay_on_lattice(np.array([shape], dtype=object))[0]
    origin = to_lattice(points).min(axis=0)

    def to_steps(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        steps: NDArray[np.float64] = (to_lattice(degrees) - origin).astype(np.float64)
        return steps

    local = shapely.make_valid(shapely.transform(flat, to_steps), method="structure", keep_collapsed=False)
    local = shapely.set_precision(_polygons(local), 1.0)
    mended = shapely.transform(_polygons(local), lambda steps: from_lattice(np.rint(steps).astype(np.int64) + origin))
    return mended if not mended.is_empty and shapely.is_valid(mended) else None


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    """Return the polygons of any geometry."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    found = [part for part in parts if part.geom_type == "Polygon" and part.area > 0]
    return found[0] if len(found) == 1 else shapely.MultiPolygon(found)
