"""How much ground each grid gains and loses, from its polygons before and after."""

from __future__ import annotations

from collections.abc import Iterable

import shapely
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check.edges import edges_of
from grid_boundaries.check.frame import Frame
from grid_boundaries.check.rules import NOISE_STEPS
from grid_boundaries.partition import LATTICE_DEG, to_lattice
from grid_boundaries.projection import straight_area_m2
from grid_boundaries.redraw.repair.proposal import GroundChange


def ground_changes(changed: Iterable[tuple[str, BaseGeometry, BaseGeometry | None]]) -> dict[str, GroundChange]:
    """Return what each grid gains and loses, by code in order; a grid that only gains or loses vertices is left out.

    Args:
        changed: code, polygon before and polygon after; both sound and on the lattice, None for a grid that goes.
    """
    return {
        code: GroundChange(0.0, straight_area_m2(old)) if new is None else _change(old, new)
        for code, old, new in sorted(changed, key=lambda one: one[0])
        if new is None or not only_vertices_differ(old, new)
    }


def only_vertices_differ(one: BaseGeometry, other: BaseGeometry) -> bool:
    """Return whether one of two polygons has all vertices of the other and the rest lie on its edges.

    On an edge is within ``NOISE_STEPS``, as in the check.
    """
    these, those = ({*map(tuple, to_lattice(shapely.get_coordinates(shape)).tolist())} for shape in (one, other))
    return (these <= those or those <= these) and boundaries_within(one, other, NOISE_STEPS)


def boundaries_within(one: BaseGeometry, other: BaseGeometry, steps: float) -> bool:
    """Return whether no point of either boundary is farther from the other's than so many lattice steps."""
    apart = shapely.hausdorff_distance(shapely.boundary(one), shapely.boundary(other))
    return bool(apart <= steps * LATTICE_DEG)


def _change(old: BaseGeometry, new: BaseGeometry) -> GroundChange:
    """Return gain and loss; near a local origin, where a double tells a thousandth of a lattice step."""
    frame = Frame.around(edges_of([old, new]))
    before, after = frame.to_local(old), frame.to_local(new)
    gained, lost = shapely.difference(after, before), shapely.difference(before, after)
    return GroundChange(*(straight_area_m2(frame.to_degrees(_polygons(ground))) for ground in (gained, lost)))


def _polygons(ground: BaseGeometry) -> BaseGeometry:
    return shapely.MultiPolygon([part for part in shapely.get_parts(ground) if part.geom_type == "Polygon"])
