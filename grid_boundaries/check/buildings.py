"""What the ground of a finding means for people: the buildings on it, and those that no grid or two grids have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry import mapping
from shapely.geometry import shape as as_shape
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check import messages
from grid_boundaries.check.findings import GAPS, Finding, Report, with_more
from grid_boundaries.check.validity import inspect_shapes
from grid_boundaries.partition import Grid

_AREAS = frozenset({"Polygon", "MultiPolygon"})


def _no_floats() -> NDArray[np.float64]:
    return np.zeros(0)


def _no_numbers() -> NDArray[np.intp]:
    return np.zeros(0, np.intp)


@dataclass(frozen=True, slots=True)
class BuildingPoints:
    """Buildings as points in degrees, with their entrances or other points that belong to them.

    Attributes:
        codes: the codes of the buildings.
        lon: their longitudes; as long as ``codes``, like ``lat`` and ``households``.
        lat: their latitudes.
        households: how many live there.
        point_lon: the longitudes of further points, entrances above all.
        point_lat: their latitudes.
        building_of_point: the number of the building that each further point belongs to.

    Raises:
        ValueError: the lengths do not agree.
    """

    codes: Sequence[str]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    households: NDArray[np.int64]
    point_lon: NDArray[np.float64] = field(default_factory=_no_floats)
    point_lat: NDArray[np.float64] = field(default_factory=_no_floats)
    building_of_point: NDArray[np.intp] = field(default_factory=_no_numbers)

    def __post_init__(self) -> None:
        if not len(self.codes) == len(self.lon) == len(self.lat) == len(self.households):
            raise ValueError("codes, lon, lat and households are not of one length")
        if not len(self.point_lon) == len(self.point_lat) == len(self.building_of_point):
            raise ValueError("point_lon, point_lat and building_of_point are not of one length")


def weigh_with_buildings(report: Report, grids: Sequence[Grid], buildings: BuildingPoints) -> Report:
    """Return the report with the buildings on the ground of each finding, and with the findings about buildings.

    A point on an edge counts on either side: a building is missed by no finding, and is not split by a border that it
    lies on.  Leaf grids are those that are nobody's parent.

    * ``unowned-building``: no leaf grid has it.  An error where it lies on the ground of a root, or in a gap: whoever
      lives there belongs to the city and to nobody's grid.  Beyond that ground a warning: the place may be wrong, or
      the building another city's.
    * ``split-building``, a warning: no one leaf grid has all its points.  Points that no grid has are left out.

    Args:
        report: of a check of these grids.
        grids: the set or the tree that was checked.
        buildings: those on its ground and around it.
    """
    centres = np.asarray(shapely.points(buildings.lon, buildings.lat), dtype=object)
    findings = [
        *_unowned(report, grids, buildings, centres),
        *_split(grids, buildings, centres),
    ]
    weighed = replace(report, findings=count_on_findings(report.findings, buildings))
    return with_more(weighed, findings)


def count_on_findings(findings: Sequence[Finding], buildings: BuildingPoints) -> tuple[Finding, ...]:
    """Return findings, those with ground with the number of buildings and households on it, edges included."""
    shapes = [(number, shape) for number, one in enumerate(findings) if (shape := ground_of(one)) is not None]
    areal = [number for number, _ in shapes]
    centres = np.asarray(shapely.points(buildings.lon, buildings.lat), dtype=object)
    point, place = STRtree([shape for _, shape in shapes]).query(centres, predicate="intersects")
    counts = np.bincount(place, minlength=len(areal))
    households = np.bincount(place, weights=buildings.households[point], minlength=len(areal))
    weighed = list(findings)
    for number, count, homes in zip(areal, counts.tolist(), households.tolist(), strict=True):
        weighed[number] = replace(findings[number], buildings=count, households=round(homes))
    return tuple(weighed)


def ground_of(finding: Finding) -> BaseGeometry | None:
    """Return the ground that a finding is about, in degrees; None where it is about a place or none at all."""
    if finding.geometry is None or finding.geometry["type"] not in _AREAS:
        return None
    return as_shape(dict(finding.geometry))


def _unowned(
    report: Report, grids: Sequence[Grid], buildings: BuildingPoints, centres: NDArray[np.object_]
) -> Iterator[Finding]:
    _, leaves = _leaves(grids)
    alone = np.ones(len(centres), np.bool_)
    alone[STRtree(leaves).query(centres, predicate="intersects")[0]] = False
    numbers = np.flatnonzero(alone)
    if not len(numbers):
        return
    gaps = [ground for one in report.findings if one.rule in GAPS and (ground := ground_of(one)) is not None]
    codes = {grid.code for grid in grids}
    roots = _sound([grid for grid in grids if grid.parent not in codes])[1]
    inside = set(STRtree([*gaps, *roots]).query(centres[numbers], predicate="intersects")[0].tolist())
    for position, number in enumerate(numbers.tolist()):
        place = (float(buildings.lon[number]), float(buildings.lat[number]))
        code, within = buildings.codes[number], position in inside
        yield Finding(
            "unowned-building",
            "error" if within else "warning",
            (),
            *messages.unowned_building(code, place, within=within),
            geometry=mapping(centres[number]),
            households=int(buildings.households[number]),
            fixes=({"action": "extend" if within else "move", "building": code},),
            place=place,
            buildings=1,
        )


def _split(grids: Sequence[Grid], buildings: BuildingPoints, centres: NDArray[np.object_]) -> Iterator[Finding]:
    having = np.unique(buildings.building_of_point)
    if not len(having):
        return
    codes, leaves = _leaves(grids)
    points = np.concatenate([centres[having], shapely.points(buildings.point_lon, buildings.point_lat)])
    building = np.concatenate([having, buildings.building_of_point])
    owners: defaultdict[int, dict[int, list[str]]] = defaultdict(dict)
    for point, leaf in zip(
        *(one.tolist() for one in STRtree(leaves).query(points, predicate="intersects")), strict=True
    ):
        owners[int(building[point])].setdefault(point, []).append(codes[leaf])
    for number in sorted(owners):
        by_point = list(owners[number].values())
        if set(by_point[0]).intersection(*by_point[1:]):
            continue
        names = tuple(sorted({min(candidates) for candidates in by_point}))
        place = (float(buildings.lon[number]), float(buildings.lat[number]))
        yield Finding(
            "split-building",
            "warning",
            names,
            *messages.split_building(buildings.codes[number], names, place),
            geometry=mapping(centres[number]),
            households=int(buildings.households[number]),
            fixes=tuple({"action": "assign", "building": buildings.codes[number], "to": name} for name in names),
            place=place,
            buildings=1,
        )


def _leaves(grids: Sequence[Grid]) -> tuple[list[str], NDArray[np.object_]]:
    parents = {grid.parent for grid in grids}
    return _sound([grid for grid in grids if grid.code not in parents])


def _sound(grids: Sequence[Grid]) -> tuple[list[str], NDArray[np.object_]]:
    """Return the codes and shapes of the grids that have a valid polygon."""
    inspection = inspect_shapes([grid.code for grid in grids], [grid.shape for grid in grids])
    return [grids[number].code for number in inspection.sound.tolist()], inspection.shapes
