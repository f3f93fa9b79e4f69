"""What may be said about one grid whose polygon is valid: pieces, slenderness, households."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check import messages
from grid_boundaries.check.findings import Finding, place_of
from grid_boundaries.check.rules import CheckRules
from grid_boundaries.check.widths import width_m
from grid_boundaries.partition import Grid
from grid_boundaries.projection import LocalPlane, straight_area_m2

_SHORT_DEGREE_M = 10_000.0  # a degree of longitude is longer than this up to latitude 84


def remark_on_grids(grids: Sequence[Grid], shapes: NDArray[np.object_], rules: CheckRules) -> list[Finding]:
    """Return warnings about single grids; ``shapes[i]`` is the sound shape of ``grids[i]``."""
    return [
        *_multipart(grids, shapes, rules),
        *_narrow(grids, shapes, rules),
        *_households(grids, shapes, rules),
    ]


def _multipart(grids: Sequence[Grid], shapes: NDArray[np.object_], rules: CheckRules) -> Iterator[Finding]:
    """Warn of grids in pieces: at the levels that must be one piece, and elsewhere of pieces that stand alone.

    A district may have exclaves, and those lie among other grids: a piece that meets no other grid is an oversight.
    """
    split = np.flatnonzero(shapely.get_num_geometries(shapes) > 1).tolist()
    tree = STRtree(shapes) if len(split) else None
    for number in split:
        parts = shapely.get_parts(shapes[number])
        if tree is not None and grids[number].level not in rules.single_part_levels:
            part, other = tree.query(parts, predicate="intersects")
            if len(np.unique(part[other != number])) == len(parts):
                continue
        smallest = min(parts, key=lambda part: (part.area, place_of(part)))
        place = place_of(smallest)
        yield Finding(
            "multipart",
            "warning",
            (grids[number].code,),
            *messages.multipart(grids[number].code, len(parts), place),
            geometry=mapping(shapely.normalize(smallest)),
            area_m2=straight_area_m2(smallest),
            fixes=({"action": "split", "grid": grids[number].code},),
            place=place,
        )


def _narrow(grids: Sequence[Grid], shapes: NDArray[np.object_], rules: CheckRules) -> Iterator[Finding]:
    """Warn of grids that are slivers as a whole: left over from some overlay, nobody's ground to walk."""
    mean_deg = 2 * shapely.area(shapes) / shapely.length(shapes)  # at most the width
    for number in np.flatnonzero(mean_deg <= rules.sliver_m / _SHORT_DEGREE_M).tolist():
        shape: BaseGeometry = shapes[number]
        wide = width_m(LocalPlane.around(shape).to_metres(shape))
        if wide <= rules.sliver_m:
            place = place_of(shape)
            yield Finding(
                "narrow",
                "warning",
                (grids[number].code,),
                *messages.narrow(grids[number].code, wide, place),
                geometry=mapping(shapely.normalize(shape)),
                width_class=rules.class_of(wide),
                area_m2=straight_area_m2(shape),
                length_m=straight_area_m2(shape) / wide if wide else 0.0,
                width_m=wide,
                fixes=({"action": "merge", "grid": grids[number].code},),
                place=place,
            )


def _households(grids: Sequence[Grid], shapes: NDArray[np.object_], rules: CheckRules) -> Iterator[Finding]:
    for grid, shape in zip(grids, shapes, strict=True):
        if grid.level not in rules.household_levels or grid.households is None:
            continue
        if rules.households_min <= grid.households <= rules.households_max:
            continue
        place = place_of(shape)
        few = grid.households < rules.households_min
        yield Finding(
            "household-range",
            "warning",
            (grid.code,),
            *messages.household_range(grid.code, grid.households, rules.households_min, rules.households_max),
            geometry=None if place is None else mapping(shapely.Point(place)),
            households=grid.households,
            fixes=({"action": "merge" if few else "split", "grid": grid.code},),
            place=place,
        )
