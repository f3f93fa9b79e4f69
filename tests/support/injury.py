"""Faults to plant in an exact coverage, each of a size in metres, and a slow oracle to weigh them by."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check import Report
from grid_boundaries.partition import Grid, on_lattice
from tests.support.partitions import Partition, area_by_pair, overlay

STEP_M = 1.2e-4
"""A lattice step on the ground, with what rounding to it adds."""

OVERLAPS = frozenset({"overlap", "contained", "duplicate-geometry"})
GAPS = frozenset({"gap", "uncovered-parent"})


@dataclass(frozen=True)
class Injury:
    """Grids with one fault: who was redrawn, how long the redrawn border is, and what must be told at least."""

    grids: list[Grid]
    who: str
    seam_m: float
    rules: frozenset[str] = field(default_factory=frozenset)


def _redrawn(partition: Partition, number: int, draw: Callable[[BaseGeometry], BaseGeometry | None]) -> Injury | None:
    """Return the coverage with one grid drawn anew in metres; None where the drawing cannot be done."""
    old_m = partition.plane.to_metres(partition.grids[number].shape)
    new_m = draw(old_m)
    if new_m is None:
        return None
    shape = on_lattice(partition.plane.to_degrees(new_m))
    if shape.geom_type not in {"Polygon", "MultiPolygon"} or not shape.is_valid or shape.is_empty:
        return None
    seam_m = shapely.symmetric_difference(old_m, new_m, grid_size=1e-4).length
    grids = list(partition.grids)
    grids[number] = Grid(grids[number].code, shape)
    return Injury(grids, grids[number].code, seam_m)


def _edge(partition: Partition, number: int, angle: float, *, outer: bool = False) -> tuple[np.ndarray, int] | None:
    """Return one of the longer edges of a grid in metres, and the place of its first point in the outer ring."""
    shape = max(shapely.get_parts(partition.grids[number].shape), key=lambda part: part.area)
    ring = np.asarray(partition.plane.to_metres(shape).exterior.coords)
    lengths = np.hypot(*np.diff(ring, axis=0).T)
    degrees = np.asarray(shape.exterior.coords)
    middles = shapely.points((degrees[:-1] + degrees[1:]) / 2)
    on_outline = shapely.distance(partition.parent.boundary, middles) < 2e-9
    fit = np.flatnonzero((lengths >= np.median(lengths)) & (on_outline == outer))
    if not len(fit):
        return None
    chosen = int(fit[int(abs(angle) * 1000) % len(fit)])
    return ring[chosen : chosen + 2], chosen


def _bent_edge(partition: Partition, number: int, size_m: float, angle: float) -> Injury | None:
    """Move the middle of a shared edge of one grid alone: an overlap when outwards, a gap when inwards."""
    edge = _edge(partition, number, angle)
    if edge is None:
        return None
    (start, end), place = edge
    along = (end - start) / np.hypot(*(end - start))
    middle = (start + end) / 2 + size_m * np.array([along[1], -along[0]])

    def draw(shape: BaseGeometry) -> BaseGeometry | None:
        if shape.geom_type != "Polygon":
            return None
        ring = list(shape.exterior.coords)
        return shapely.Polygon([*ring[: place + 1], tuple(middle), *ring[place + 1 :]], shape.interiors)

    return _redrawn(partition, number, draw)


def _edge_strip(
    partition: Partition, number: int, size_m: float, angle: float, *, outer: bool, join: bool
) -> Injury | None:
    """Add or take a strip of ``size_m`` along one edge."""
    edge = _edge(partition, number, angle, outer=outer)
    if edge is None:
        return None
    strip = shapely.LineString(edge[0]).buffer(size_m, cap_style="flat")
    operation = shapely.union if join else shapely.difference
    return _redrawn(partition, number, lambda shape: operation(shape, strip, grid_size=1e-4))


def _moved_vertex(partition: Partition, number: int, size_m: float, angle: float) -> Injury | None:
    edge = _edge(partition, number, angle)
    if edge is None:
        return None
    _, place = edge
    shift = size_m * np.array([math.cos(angle), math.sin(angle)])

    def draw(shape: BaseGeometry) -> BaseGeometry | None:
        if shape.geom_type != "Polygon":
            return None
        ring = np.asarray(shape.exterior.coords)[:-1].copy()
        ring[place] += shift
        return shapely.Polygon(ring, shape.interiors)

    return _redrawn(partition, number, draw)


def _inner_disc(shape: BaseGeometry, size_m: float) -> BaseGeometry | None:
    """Return a heptagon of the size around the roomiest place of a shape; None where it does not fit."""
    part = max(shapely.get_parts(shape), key=lambda one: one.area)
    radius = shapely.maximum_inscribed_circle(part, tolerance=math.sqrt(part.area) / 100)
    if radius.length < 1.1 * size_m:
        return None
    x, y = radius.coords[0]
    angles = np.arange(7) * 2 * math.pi / 7
    return shapely.Polygon(np.column_stack([x + size_m * np.cos(angles), y + size_m * np.sin(angles)]))


def _hole(partition: Partition, number: int, size_m: float) -> Injury | None:
    def draw(shape: BaseGeometry) -> BaseGeometry | None:
        disc = _inner_disc(shape, size_m)
        return None if disc is None else shapely.difference(shape, disc, grid_size=1e-4)

    return _redrawn(partition, number, draw)


def _contained(partition: Partition, number: int, size_m: float) -> Injury | None:
    disc = _inner_disc(partition.plane.to_metres(partition.grids[number].shape), size_m)
    if disc is None:
        return None
    shape = on_lattice(partition.plane.to_degrees(disc))
    grids = [*partition.grids, Grid("within", shape)]
    return Injury(grids, "within", disc.length, frozenset({"contained"})) if shape.is_valid else None


def _twin(partition: Partition, number: int) -> Injury:
    """Return the coverage with a grid twice, the second time turned round and begun elsewhere."""
    shape = partition.grids[number].shape
    turned = shapely.reverse(shapely.normalize(shape))
    grids = [*partition.grids, Grid("twin", turned)]
    seam_m = partition.plane.to_metres(shape).length
    return Injury(grids, "twin", seam_m, frozenset({"duplicate-geometry"}))


def _dropped(partition: Partition, number: int) -> Injury:
    grids = [grid for i, grid in enumerate(partition.grids) if i != number]
    return Injury(grids, "", partition.plane.to_metres(partition.grids[number].shape).length)


KINDS = (
    "bulge",
    "dent",
    "strip-on",
    "strip-off",
    "strip-outside",
    "strip-uncovered",
    "vertex",
    "hole",
    "contained",
    "twin",
    "drop",
    "move",
    "turn",
    "grow",
    "shrink",
)


def injure(  # noqa: PLR0911  one return for each kind
    partition: Partition, kind: str, number: int, size_m: float, angle: float
) -> Injury | None:
    """Return the coverage with one fault of a kind; None where it cannot be planted in that grid at that size."""
    number %= len(partition.grids)
    if kind in {"bulge", "dent"}:
        return _bent_edge(partition, number, size_m if kind == "bulge" else -size_m, angle)
    if kind.startswith("strip"):
        outer, join = kind in {"strip-outside", "strip-uncovered"}, kind in {"strip-on", "strip-outside"}
        return _edge_strip(partition, number, size_m, angle, outer=outer, join=join)
    if kind == "vertex":
        return _moved_vertex(partition, number, size_m, angle)
    if kind == "hole":
        return _hole(partition, number, size_m)
    if kind == "contained":
        return _contained(partition, number, size_m)
    if kind in {"twin", "drop"}:
        return (_twin if kind == "twin" else _dropped)(partition, number)
    if kind == "move":
        east, north = size_m * math.cos(angle), size_m * math.sin(angle)
        return _redrawn(partition, number, lambda shape: affinity.translate(shape, east, north))
    if kind == "turn":
        return _redrawn(partition, number, lambda shape: affinity.rotate(shape, size_m / 500 * 10 + 0.01, "centroid"))
    sign = 1 if kind == "grow" else -1
    return _redrawn(partition, number, lambda shape: shape.buffer(sign * size_m, join_style="mitre"))


def assert_told(report: Report, grids: Sequence[Grid], parent: BaseGeometry, seam_m: float) -> None:
    """Assert that a report agrees with overlay of whole polygons: pair by pair, and in all gaps and outliers.

    Areas agree to 1 %, or to one lattice step along the redrawn border: rounding moves that much.
    """
    grain_m2 = STEP_M * seam_m
    expected = overlay(grids, parent)
    found = area_by_pair(report.findings)
    for pair in found.keys() | expected.overlaps.keys():
        _assert_equal(found.get(pair, 0.0), expected.overlaps.get(pair, 0.0), grain_m2, f"overlap of {pair}")
    _assert_equal(report.summary["gap_area_m2"], expected.gap, grain_m2, "gaps")
    outside = sum(finding.area_m2 or 0.0 for finding in report.findings if finding.rule == "outside-parent")
    _assert_equal(outside, expected.outside, grain_m2, "ground outside")


def _assert_equal(found: float, expected: float, grain_m2: float, what: str) -> None:
    assert abs(found - expected) <= max(0.01 * expected, grain_m2), f"{what}: {found} m2 found, {expected} m2 there"


def assert_neighbours_told(report: Report, grids: Sequence[Grid], plane_of: Partition) -> None:
    """Assert that each gap names those grids that run along it, and none that is not beside it."""
    borders = {grid.code: plane_of.plane.to_metres(grid.shape.boundary) for grid in grids}
    for finding in report.findings:
        if finding.rule not in GAPS:
            continue
        gap = plane_of.plane.to_metres(shapely.geometry.shape(finding.geometry))
        near = gap.boundary.buffer(5 * STEP_M)
        along = {code: border.intersection(near).length for code, border in borders.items()}
        assert set(finding.grids) <= {code for code, length in along.items() if length > 0}
        # A border that runs into the edge of the gap at a flat angle lies in the buffer too, for some decimetres.
        assert {code for code, length in along.items() if length > 1.0} <= set(finding.grids)
