"""Exact coverages of every build: random cells or hexagons, with rivers, enclaves, islands, lakes and exclaves.

A picture is drawn in whole units, noded on them, and its faces are handed out; so grids meet exactly, whatever
was drawn.  A unit is a lattice step (0.1 mm) or a millimetre of a Gauss-Kruger zone.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from grid_boundaries.noding import node_long_edges
from grid_boundaries.partition import Grid, on_lattice
from grid_boundaries.projection import LocalPlane
from tests.support.partitions import CENTRE, Partition

LATTICE_UNITS_PER_M = 10_000
"""A lattice step is 0.1 mm from south to north."""

GAUSS_KRUGER = "EPSG:4543"
"""CGCS2000, three-degree zone, central meridian 102 E, in metres; Kunming lies in it."""

_ORIGIN_M = (570_000.0, 2_770_000.0)


@dataclass(frozen=True)
class Build:
    """What a coverage is made of; lengths in metres."""

    seed: int = 0
    tiles: str = "cells"  # or "hexagons"
    size_m: float = 4_000.0
    count: int = 12
    river_m: float = 0.0
    enclaves: int = 0
    island: bool = False
    lake: bool = False


@cache
def coverage(build: Build) -> Partition:
    """Return grids that tile their parent exactly, on the lattice."""
    faces = _faces(build, LATTICE_UNITS_PER_M)
    origin = np.rint(np.array(CENTRE) * 1e9)
    grids = tuple(
        Grid(code, shapely.transform(face, lambda units: (units + origin) / 1e9)) for code, face in faces.items()
    )
    parent = shapely.coverage_union_all([grid.shape for grid in grids])
    return Partition(grids, parent, LocalPlane.around(parent))


@cache
def coverage_by_way_of_a_plane(build: Build) -> Partition:
    """Return grids drawn in millimetres of a Gauss-Kruger zone, noded there, and turned into degrees.

    The parent is drawn with its four corners only, so that noding has something to do.
    """
    faces = _faces(build, 1_000)
    box = _box(build, 1_000)
    shapes = np.array([*faces.values(), box], dtype=object)
    plane = shapely.transform(shapes, lambda units: units / 1_000 + np.array(_ORIGIN_M))
    noded, _ = node_long_edges(plane)
    degrees = [on_lattice(from_gauss_kruger(shape)) for shape in noded]
    grids = tuple(Grid(code, shape) for code, shape in zip(faces, degrees[:-1], strict=True))
    return Partition(grids, degrees[-1], LocalPlane.around(degrees[-1]))


def to_gauss_kruger(shape: BaseGeometry) -> BaseGeometry:
    """Return a shape in degrees as eastings and northings of the zone, rounded to the millimetre."""
    plane = _transformer()
    return shapely.transform(shape, lambda points: np.column_stack(plane.transform(*points.T)).round(3))


def from_gauss_kruger(shape: BaseGeometry) -> BaseGeometry:
    """Return a shape of the zone in degrees."""
    plane = _transformer()
    return shapely.transform(shape, lambda points: np.column_stack(plane.transform(*points.T, direction="INVERSE")))


@cache
def _transformer() -> pyproj.Transformer:
    return pyproj.Transformer.from_crs("EPSG:4326", GAUSS_KRUGER, always_xy=True)


def with_noise_in_the_last_bit(grid: Grid, rng: np.random.Generator) -> Grid:
    """Return a grid whose vertices lie up to one unit in the last place off, each ring closed."""
    rings = {}

    def nudge(points: np.ndarray) -> np.ndarray:
        keys = [tuple(point) for point in points.tolist()]
        for key, toward in zip(keys, rng.choice([-np.inf, np.inf], points.shape), strict=True):
            rings.setdefault(key, np.nextafter(np.array(key), toward))
        return np.array([rings[key] for key in keys])

    return Grid(grid.code, shapely.transform(grid.shape, nudge), grid.level, grid.parent)


# ------------------------------------------------------------------------------------------------------- the picture
def _box(build: Build, scale: int) -> BaseGeometry:
    return shapely.box(0, 0, round(build.size_m) * scale, round(build.size_m) * scale)


def _faces(build: Build, scale: int) -> dict[str, BaseGeometry]:
    """Return the grids by code, in units."""
    rng = np.random.default_rng(build.seed)
    base = _hexagons(build, scale) if build.tiles == "hexagons" else _cells(build, scale, rng)
    named = {f"g{number:02d}": shape for number, shape in enumerate(base)}
    overlays = {}
    if build.river_m:
        overlays["river"] = _river(build, scale, rng)
    for number in range(min(build.enclaves, len(base))):
        overlays[f"enclave{number}"] = _pentagon(base[number * len(base) // build.enclaves], rng)
    drawn = _redrawn(named, overlays) if overlays else named
    if build.lake:  # never around an enclave, which would be an island that shares no edge with the rest
        outline = shapely.coverage_union_all(list(drawn.values())).exterior
        inner = sorted(
            (shape.area, code)
            for code, shape in drawn.items()
            if shape.distance(outline) > 0 and code.startswith("g") and len(shapely.get_rings(shape)) == 1
        )
        if inner:
            del drawn[inner[-1][1]]
    if build.island:
        edge = round(build.size_m * scale)
        west, middle, east, top = (round(edge * share) for share in (1.2, 1.31, 1.4, 0.2))
        drawn["island0"] = shapely.Polygon([(west, 0), (middle, 0), (middle, top), (west, top)])
        drawn["island1"] = shapely.Polygon([(middle, 0), (east, 0), (east, top // 2), (middle, top)])
        exclave = shapely.Polygon([(east, 0), (east + top, 0), (east, top // 2)])
        drawn["g00"] = shapely.MultiPolygon([*shapely.get_parts(drawn["g00"]), exclave])
    return drawn


def _redrawn(named: dict[str, BaseGeometry], overlays: dict[str, BaseGeometry]) -> dict[str, BaseGeometry]:
    """Node all borders on whole units, and hand each face to the last overlay, or else to the grid, that has it."""
    lines = shapely.boundary(np.array([*named.values(), *overlays.values()], dtype=object))
    whole = shapely.coverage_union_all(list(named.values()))
    noded = shapely.get_parts(shapely.union_all(lines, grid_size=1.0))
    faces = shapely.get_parts(shapely.polygonize(noded))
    points = shapely.point_on_surface(faces)
    owned = defaultdict(list)
    tree = shapely.STRtree(list(named.values()))
    for face, point, nearest in zip(faces, points, tree.nearest(points), strict=True):
        if not whole.contains(point):
            continue
        above = [code for code, shape in overlays.items() if shape.contains(point)]
        owned[above[-1] if above else list(named)[nearest]].append(face)
    return {code: shapely.coverage_union_all(owned[code]) for code in sorted(owned)}


def _cells(build: Build, scale: int, rng: np.random.Generator) -> list[BaseGeometry]:
    """Return Voronoi cells whose inner edges are bent in the middle, so that hardly any is straight."""
    box = _box(build, scale)
    sites = shapely.MultiPoint(rng.uniform(0, box.bounds[2], (build.count, 2)))
    inner = shapely.intersection(shapely.voronoi_polygons(sites, only_edges=True), box)
    noded = shapely.get_parts(shapely.union_all([*shapely.get_parts(inner), box.exterior], grid_size=1.0))
    bent = [_bent(line, box, rng) for line in noded]
    return list(shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(bent, grid_size=1.0)))))


def _bent(line: BaseGeometry, box: BaseGeometry, rng: np.random.Generator) -> BaseGeometry:
    (x, y), (x_end, y_end) = line.coords[0], line.coords[-1]
    if len(line.coords) > 2 or box.exterior.distance(line.interpolate(0.5, normalized=True)) < 1:
        return line
    aside = rng.uniform(-0.06, 0.06)
    middle = ((x + x_end) / 2 - aside * (y_end - y), (y + y_end) / 2 + aside * (x_end - x))
    return shapely.LineString([(x, y), np.rint(middle), (x_end, y_end)])


def _hexagons(build: Build, scale: int) -> list[BaseGeometry]:
    """Return about ``count`` hexagons whose corners are whole units, in rows and columns."""
    columns = max(2, round(math.sqrt(build.count)))
    quarter = round(build.size_m * scale / (3 * columns + 1))
    half = round(quarter * math.sqrt(3))
    found = []
    for column in range(columns):
        for row in range(columns):
            x, y = 3 * quarter * column + 2 * quarter, 2 * half * row + half * (1 + column % 2)
            corners = ((2, 0), (1, 1), (-1, 1), (-2, 0), (-1, -1), (1, -1))
            found.append(shapely.Polygon([(x + across * quarter, y + up * half) for across, up in corners]))
    return found


def _river(build: Build, scale: int, rng: np.random.Generator) -> BaseGeometry:
    """Return a band from west to east that winds."""
    edge = build.size_m * scale
    along = np.linspace(-0.1, 1.1, 9) * edge
    across = edge * (0.5 + rng.uniform(-0.15, 0.15, 9))
    banks = shapely.LineString(np.column_stack([along, across]))
    return banks.buffer(build.river_m * scale / 2, cap_style="flat", join_style="mitre")


def _pentagon(shape: BaseGeometry, rng: np.random.Generator) -> BaseGeometry:
    """Return a pentagon well inside the largest part of a shape, its corners whole units."""
    part = max(shapely.get_parts(shape), key=lambda one: one.area)
    radius = shapely.maximum_inscribed_circle(part, tolerance=math.sqrt(part.area) / 50)
    (x, y), reach = radius.coords[0], radius.length * 0.6
    angles = rng.uniform(0, 2 * math.pi) + np.arange(5) * 2 * math.pi / 5
    return shapely.Polygon(np.rint(np.column_stack([x + reach * np.cos(angles), y + reach * np.sin(angles)])))
