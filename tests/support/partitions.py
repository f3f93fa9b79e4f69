"""Partitions to plant faults in: random, exact on the lattice, with bent edges; and squares to draw them by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check import Finding
from grid_boundaries.partition import Grid, on_lattice
from grid_boundaries.projection import LocalPlane, straight_area_m2

CENTRE = (102.72, 25.04)
_DISTRICTS = Path(__file__).resolve().parents[2] / "gis_service/demo/data/kunming_districts.geojson"


@dataclass(frozen=True)
class Partition:
    """Grids that tile a parent exactly, and a plane of metres around them."""

    grids: tuple[Grid, ...]
    parent: BaseGeometry
    plane: LocalPlane

    def redraw(self, number: int, draw: Callable[[BaseGeometry], BaseGeometry]) -> list[Grid]:
        """Return the grids with one of them redrawn in metres."""
        grids = list(self.grids)
        old = grids[number]
        grids[number] = Grid(old.code, self.plane.to_degrees(draw(self.plane.to_metres(old.shape))), old.level)
        return grids


@cache
def random_partition(seed: int, cells: int = 12, width_deg: float = 0.05) -> Partition:
    """Return a Voronoi partition of a box of some kilometres whose inner edges are bent in the middle."""
    rng = np.random.default_rng(seed)
    steps = width_deg * 1e9
    sites = shapely.MultiPoint(rng.uniform(0, steps, (cells, 2)))
    box = shapely.box(0, 0, np.rint(steps), np.rint(steps))
    lines = shapely.get_parts(shapely.intersection(shapely.voronoi_polygons(sites, only_edges=True), box))
    noded = shapely.get_parts(shapely.union_all([*lines, box.exterior], grid_size=1.0))
    bent = [_bend(line, rng, box) for line in noded]
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(bent, grid_size=1.0))))
    shapes = [shapely.transform(face, _degrees) for face in faces]
    parent = shapely.coverage_union_all(shapes)
    grids = tuple(Grid(f"g{number:02d}", cell) for number, cell in enumerate(shapes))
    return Partition(grids, parent, LocalPlane.around(parent))


def _bend(line: BaseGeometry, rng: np.random.Generator, box: BaseGeometry) -> BaseGeometry:
    """Return an inner edge by way of a point beside its middle, an outer one as it is."""
    (lon, lat), (lon_end, lat_end) = line.coords[0], line.coords[-1]
    if len(line.coords) > 2 or box.exterior.distance(line.interpolate(0.5, normalized=True)) < 1:
        return line
    aside = rng.uniform(-0.05, 0.05)
    middle = ((lon + lon_end) / 2 - aside * (lat_end - lat), (lat + lat_end) / 2 + aside * (lon_end - lon))
    return shapely.LineString([(lon, lat), np.rint(middle), (lon_end, lat_end)])


def _steps(degrees: np.ndarray) -> np.ndarray:
    return np.rint((degrees - np.array(CENTRE)) * 1e9)


def _degrees(steps: np.ndarray) -> np.ndarray:
    return (steps + np.rint(np.array(CENTRE) * 1e9)) / 1e9


def square(code: str, west: float, south: float, east: float, north: float, **more: object) -> Grid:
    """Return a rectangle in thousandths of a degree from the centre: 101 m to the east, 111 m to the north each."""
    lon, lat = CENTRE
    box = shapely.box(lon + west / 1000, lat + south / 1000, lon + east / 1000, lat + north / 1000)
    return Grid(code, on_lattice(box), **more)  # type: ignore[arg-type]  # the fields of a grid


def polygon(code: str, *corners: tuple[float, float], holes: Sequence[Sequence[tuple[float, float]]] = ()) -> Grid:
    """Return a polygon by its corners in thousandths of a degree from the centre."""
    rings = [[(CENTRE[0] + x / 1000, CENTRE[1] + y / 1000) for x, y in ring] for ring in (corners, *holes)]
    return Grid(code, on_lattice(shapely.Polygon(rings[0], rings[1:])))


@cache
def kunming() -> tuple[Grid, ...]:
    """Return the fourteen districts of Kunming, each as it was published."""
    features = json.loads(_DISTRICTS.read_text(encoding="utf-8"))["features"]
    return tuple(Grid(row["properties"]["code"], shape(row["geometry"]), "district") for row in features)


@dataclass(frozen=True)
class Overlay:
    """What fixed-precision overlay of whole polygons finds, in square metres: slow, and no code of ours."""

    overlaps: dict[tuple[str, str], float]
    gap: float
    outside: float


def overlay(grids: Sequence[Grid], parent: BaseGeometry) -> Overlay:
    """Intersect all pairs, and subtract the union from the parent and the parent from the union, on the lattice."""
    local = np.array([shapely.transform(on_lattice(grid.shape), _steps) for grid in grids], dtype=object)
    pairs = {}
    for one, other in zip(*shapely.STRtree(local).query(local), strict=True):
        if one < other:
            shared = _ground(shapely.intersection(local[one], local[other], grid_size=1.0))
            if shared:
                first, second = sorted((grids[one].code, grids[other].code))
                pairs[first, second] = shared
    whole = shapely.transform(parent, _steps)
    union = shapely.union_all(local, grid_size=1.0)
    return Overlay(
        pairs,
        _ground(shapely.difference(whole, union, grid_size=1.0)),
        _ground(shapely.difference(union, whole, grid_size=1.0)),
    )


def _ground(shapes: BaseGeometry) -> float:
    polygons = [part for part in shapely.get_parts(shapes) if part.geom_type == "Polygon"]
    return straight_area_m2(shapely.transform(shapely.MultiPolygon(polygons), _degrees))


def area_by_pair(findings: Iterable[Finding]) -> dict[tuple[str, str], float]:
    """Return the ground that each pair of grids shares by the findings, in square metres."""
    pairs: dict[tuple[str, str], float] = {}
    for finding in findings:
        if finding.rule in {"overlap", "contained", "duplicate-geometry"}:
            codes = sorted(finding.grids)
            for i, one in enumerate(codes):
                for other in codes[i + 1 :]:
                    pairs[one, other] = pairs.get((one, other), 0.0) + (finding.area_m2 or 0.0)
    return pairs


def rules_of(findings: Iterable[Finding]) -> set[str]:
    """Return the rules that the findings are about."""
    return {finding.rule for finding in findings}
