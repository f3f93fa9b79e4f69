"""Partitions to plant faults in: random, noded on the lattice, with bent edges; and metres to move them by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from grid_boundaries.partition import Grid
from grid_boundaries.projection import LocalPlane

CENTRE = (102.72, 25.04)


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
    origin = np.rint(np.array(CENTRE) * 1e9)
    shapes = [shapely.transform(face, lambda local: (local + origin) / 1e9) for face in faces if face.area > steps]
    parent = shapely.coverage_union_all(shapes)
    grids = tuple(Grid(f"g{number:02d}", shape) for number, shape in enumerate(shapes))
    return Partition(grids, parent, LocalPlane.around(parent))


def _bend(line: BaseGeometry, rng: np.random.Generator, box: BaseGeometry) -> BaseGeometry:
    """Return an inner edge by way of a point beside its middle, an outer one as it is."""
    (lon, lat), (lon_end, lat_end) = line.coords[0], line.coords[-1]
    if len(line.coords) > 2 or box.exterior.distance(line.interpolate(0.5, normalized=True)) < 1:
        return line
    aside = rng.uniform(-0.05, 0.05)
    middle = ((lon + lon_end) / 2 - aside * (lat_end - lat), (lat + lat_end) / 2 + aside * (lon_end - lon))
    return shapely.LineString([(lon, lat), np.rint(middle), (lon_end, lat_end)])


def square(code: str, west: float, south: float, east: float, north: float, **more: object) -> Grid:
    """Return a rectangle in thousandths of a degree east and north of the centre: about 100 m by 110 m each."""
    lon, lat = CENTRE
    box = shapely.box(lon + west / 1000, lat + south / 1000, lon + east / 1000, lat + north / 1000)
    return Grid(code, box, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def make_partition() -> Callable[..., Partition]:
    return random_partition


@pytest.fixture(scope="session")
def make_square() -> Callable[..., Grid]:
    return square


@pytest.fixture(scope="session")
def rules_of() -> Callable[..., set[str]]:
    def rules_of(findings: Sequence[object]) -> set[str]:
        return {finding.rule for finding in findings}  # type: ignore[attr-defined]

    return rules_of
