"""The features of files on their way from any coordinates to degrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis_service.errors import RuleBrokenError
from gis_service.files.features import VectorFile
from gis_service.files.systems import refuse_wrong_numbers, stands_as_it_is
from grid_boundaries.noding import node_long_edges

_POLYGONS = {"Polygon", "MultiPolygon"}


def convert_to_degrees(files: Sequence[VectorFile]) -> tuple[list[VectorFile], int]:
    """Return files in degrees, and how many vertices had to be set on long edges before (``node_long_edges``).

    Files of one projected system are noded together, so that a parent's long edge gets its children's corners.

    Raises:
        RuleBrokenError: a file has no polygon among its geometries, its parent is none, its numbers contradict the
            system that it declares, or degrees are out of range.
    """
    noded, count = list(files), 0
    for file in files:
        refuse_wrong_numbers(file.path, file.crs, _array(_shapes(file)))
    for crs in {file.crs for file in files if file.crs is not None and file.crs.is_projected}:
        together = [number for number, file in enumerate(files) if file.crs == crs]
        shapes, added = node_long_edges(_array([shape for number in together for shape in _shapes(files[number])]))
        count += added
        for number in together:
            own, shapes = shapes[: len(_shapes(files[number]))], shapes[len(_shapes(files[number])) :]
            noded[number] = _with_shapes(files[number], own)
    converted = [_degrees(file) for file in noded]
    for file in converted:
        _refuse_other_shapes(file)
    return converted, count


def points_in_degrees(file: VectorFile) -> VectorFile:
    """Return a file whose geometries are points in degrees.

    Raises:
        RuleBrokenError: it has other geometries, or its numbers contradict the system that it declares.
    """
    refuse_wrong_numbers(file.path, file.crs, _array(_shapes(file)))
    kinds = {feature.shape.geom_type for feature in file.features if feature.shape is not None} - {"Point"}
    if kinds:
        raise RuleBrokenError(
            f"{file.path} holds {', '.join(sorted(kinds))} where Point is needed.", code="not-a-point"
        )
    return _degrees(file)


def _refuse_other_shapes(file: VectorFile) -> None:
    """Refuse a file of points or lines, and numbers that are no degrees; single odd geometries are findings."""
    kinds = {feature.shape.geom_type for feature in file.features if feature.shape is not None}
    parent = file.parent.shape if file.parent else None
    if (kinds and not kinds & _POLYGONS) or (parent is not None and parent.geom_type not in _POLYGONS):
        found = ", ".join(sorted(kinds | ({parent.geom_type} if parent is not None else set())))
        raise RuleBrokenError(
            f"{file.path} holds {found} where Polygon or MultiPolygon is needed.", code="not-a-polygon"
        )
    points = shapely.get_coordinates(_array(_shapes(file)))
    wrong = points[(np.abs(points) > (180, 90)).any(axis=1) & np.isfinite(points).all(axis=1)]
    if len(wrong):
        lon, lat = wrong[0].tolist()
        raise RuleBrokenError(
            f"{file.path}: longitude {lon}, latitude {lat} is out of range; degrees are expected, longitude first.",
            code="coordinate-out-of-range",
        )


def _degrees(file: VectorFile) -> VectorFile:
    if file.crs is None:
        return file
    target = file.crs.geodetic_crs if stands_as_it_is(file.crs) else None
    degrees = pyproj.Transformer.from_crs(file.crs, target or pyproj.CRS("EPSG:4326"), always_xy=True)
    shapes = shapely.transform(
        shapely.force_2d(_array(_shapes(file))),
        lambda points: np.column_stack(degrees.transform(points[:, 0], points[:, 1])),
    )
    return replace(_with_shapes(file, shapes), crs=None)


def _shapes(file: VectorFile) -> list[BaseGeometry | None]:
    return [feature.shape for feature in (*file.features, *([file.parent] if file.parent else []))]


def _with_shapes(file: VectorFile, shapes: NDArray[np.object_]) -> VectorFile:
    features = tuple(replace(row, shape=shape) for row, shape in zip(file.features, shapes, strict=False))
    return replace(file, features=features, parent=replace(file.parent, shape=shapes[-1]) if file.parent else None)


def _array(shapes: Sequence[BaseGeometry | None]) -> NDArray[np.object_]:
    array = np.empty(len(shapes), dtype=object)
    array[:] = list(shapes)
    return array
