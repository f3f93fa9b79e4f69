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


def remark_on_grids(
    grids: Sequence[Grid],
    shapes: NDArray[np.object_],
    rules: CheckRules,
    about: Sequence[int] | None = None,
    *,
    in_tree: bool = False,
) -> list[Finding]:
    """Return warnings about single grids; ``shapes[i]`` is the sound shape of ``grids[i]``.

    Args:
        grids: the grids of a set or of a tree.
        shapes: their shapes.
        rules: the figures of the jurisdiction.
        about: the numbers of the grids to remark on, ascending; all when left out.
        in_tree: only parent, siblings and children are neighbours of a grid.
    """
    if about is None or len(about) == len(grids):
        chosen, theirs = grids, shapes
    else:
        chosen, theirs = [grids[number] for number in about], shapes[list(about)]
    return [
        *_multipart(chosen, theirs, (grids, shapes), rules, in_tree=in_tree),
        *_narrow(chosen, theirs, rules),
        *_households(chosen, theirs, rules),
    ]


def _multipart(
    grids: Sequence[Grid],
    shapes: NDArray[np.object_],
    near: tuple[Sequence[Grid], NDArray[np.object_]],
    rules: CheckRules,
    *,
    in_tree: bool,
) -> Iterator[Finding]:
    """Warn of grids in pieces: at the levels that must be one piece, and elsewhere of pieces that stand alone.

    A district may have exclaves, and those lie among other grids: a piece that meets no other grid is an oversight.
    """
    split = np.flatnonzero(shapely.get_num_geometries(shapes) > 1).tolist()
    tree = STRtree(near[1]) if len(split) else None
    for number in split:
        parts = shapely.get_parts(shapes[number])
        if tree is not None and grids[number].level not in rules.single_part_levels:
            part, other = tree.query(parts, predicate="intersects")
            kin = [_are_kin(grids[number], near[0][one], in_tree=in_tree) for one in other.tolist()]
            if len(np.unique(part[np.array(kin, dtype=np.bool_)])) == len(parts):
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


def _are_kin(grid: Grid, other: Grid, *, in_tree: bool) -> bool:
    if other is grid:
        return False
    return not in_tree or grid.parent in (other.parent, other.code) or other.parent == grid.code


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
