"""Four ways to the owners of the province's points, and how often they differ.

Run it by ``python -m benchmarks.province_parity``.
The points are every vertex, every middle of an edge, a step of 1e-7 degree beside vertices and middles, and places
anywhere.  The ways are the raster, the STRtree, PostGIS, and brute force: each polygon in turn, tested without
rounding against every point in its box, with nothing of the locator.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text

from benchmarks.database import open_work
from benchmarks.province import province
from benchmarks.province_database import EDITION, province_url
from benchmarks.province_lookup import locator
from gis_service.database.unit_of_work import UnitOfWork
from grid_boundaries.locate.coordinates import quantise
from grid_boundaries.locate.tree_locator import TreeLocator
from grid_boundaries.partition import Grid
from grid_boundaries.synthetic.province import LEVELS

Points = NDArray[np.float64]
"""Longitudes and latitudes in two rows, degrees EPSG:4326 on the lattice of 1e-9 degree."""

_ROUNDING = 16 * float(np.finfo(np.float64).eps)
_POINTS_AT_ONCE = 1024
_SEED = 20_261_122


def brute_force(
    points: Points, grids: Iterable[Grid], rank_of: Mapping[str, int], codes: list[str]
) -> NDArray[np.int32]:
    """Return the index in ``codes`` of each point's owner, -1 for none, by testing polygon after polygon.

    Ties go to the deepest level, then to the smallest code compared byte by byte.
    """
    index_of = {code: index for index, code in enumerate(codes)}
    order = np.argsort(points[0], kind="stable")
    lons, lats = points[:, order]
    owners = np.full(len(order), -1, dtype=np.int32)
    for grid in sorted(grids, key=lambda grid: (-rank_of[str(grid.level)], grid.code.encode())):
        west, south, east, north = grid.shape.bounds
        low, high = np.searchsorted(lons, west, "left"), np.searchsorted(lons, east, "right")
        near = low + np.flatnonzero((lats[low:high] >= south) & (lats[low:high] <= north) & (owners[low:high] < 0))
        if len(near):
            owners[near[_covers(grid.shape, lons[near], lats[near])]] = index_of[grid.code]
    unsorted = np.empty_like(owners)
    unsorted[order] = owners
    return unsorted


def _covers(shape: BaseGeometry, lons: NDArray[np.float64], lats: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which points lie in a polygon or on its edge: an even-odd count of crossings."""
    rings, ring_of = shapely.get_coordinates(shapely.get_rings(shape), return_index=True)
    is_edge = ring_of[1:] == ring_of[:-1]
    starts, stops = rings[:-1][is_edge], rings[1:][is_edge]
    lows, highs = np.minimum(starts[:, 1], stops[:, 1]), np.maximum(starts[:, 1], stops[:, 1])
    covered = np.zeros(len(lons), dtype=np.bool_)
    northwards = np.argsort(lats)
    for begin in range(0, len(lons), _POINTS_AT_ONCE):
        part = northwards[begin : begin + _POINTS_AT_ONCE]
        x, y = lons[part, None], lats[part, None]
        beside = (lows <= y.max()) & (highs >= y.min())  # an edge that is not has no say
        x0, y0, x1, y1 = *starts[beside].T, *stops[beside].T
        side = _side(x0, y0, x1, y1, x, y)
        is_in_box = (np.minimum(x0, x1) <= x) & (x <= np.maximum(x0, x1))
        is_in_box &= (np.minimum(y0, y1) <= y) & (y <= np.maximum(y0, y1))
        is_on_edge = ((side == 0) & is_in_box).any(axis=1)
        crosses = ((y0 <= y) & (y < y1) & (side > 0)) | ((y1 <= y) & (y < y0) & (side < 0))
        covered[part] = is_on_edge | (crosses.sum(axis=1) % 2 == 1)
    return covered


def _side(*corners: NDArray[np.float64]) -> NDArray[np.int8]:
    """Return on which side of the line from (x0, y0) to (x1, y1) each (x, y) lies: 1 left, -1 right, 0 on it.

    Doubles decide where their rounding cannot matter; fractions, which do not round, decide the rest.
    """
    x0, y0, x1, y1, x, y = np.broadcast_arrays(*corners)
    first, second = (x1 - x0) * (y - y0), (x - x0) * (y1 - y0)
    side = np.sign(first - second).astype(np.int8)
    doubtful = np.abs(first - second) <= _ROUNDING * (np.abs(first) + np.abs(second))
    for at in zip(*np.nonzero(doubtful), strict=True):
        ax, ay, bx, by, px, py = (Fraction(float(values[at])) for values in (x0, y0, x1, y1, x, y))
        turn = (bx - ax) * (py - ay) - (px - ax) * (by - ay)
        side[at] = (turn > 0) - (turn < 0)
    return side


def points_of(shapes: list[BaseGeometry], others: int) -> Iterator[tuple[str, Points]]:
    """Yield the name and the places of each kind of points; vertices and middles that polygons share come once."""
    random = np.random.default_rng(_SEED)
    rings, ring_of = shapely.get_coordinates(shapely.get_rings(shapes), return_index=True)
    vertices = _lattice(rings)
    middles = _lattice(((rings[1:] + rings[:-1]) / 2)[ring_of[1:] == ring_of[:-1]])
    yield "vertices", vertices
    yield "middles", middles
    edges = np.hstack([vertices, middles])
    aside = random.choice([-1e-7, 0.0, 1e-7], (2, others))
    yield "beside", _lattice((edges[:, random.integers(0, edges.shape[1], others)] + aside).T)
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=np.object_))
    yield "random", _lattice(random.uniform((west, south), (east, north), (others, 2)))


def _lattice(places: NDArray[np.float64]) -> Points:
    return np.stack(quantise(*np.ascontiguousarray(np.unique(places, axis=0).T)))


_POINTS = """
CREATE TEMPORARY TABLE asked ON COMMIT DROP AS
SELECT position, ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS place
FROM unnest(CAST(:lons AS float8[]), CAST(:lats AS float8[])) WITH ORDINALITY AS given (lon, lat, position)
"""

# The predicate is that of owner_of_points.sql, which asks it point by point; here each polygon is prepared once.
_OWNERS = """
SELECT asked.position, min(grid.code COLLATE "C") AS code
FROM grid
JOIN level ON level.code = grid.level
JOIN asked ON asked.place && grid.shape
WHERE level.rank = :rank
    AND grid.editions @> CAST(:edition AS integer)
    AND (
        ST_Contains(grid.shape, asked.place)
        OR (ST_Covers(grid.shape, asked.place) AND NOT ST_Relate(grid.shape, asked.place, 'FF*FF****'))
    )
GROUP BY asked.position
"""


def postgis(points: Points, codes: list[str], work: UnitOfWork) -> NDArray[np.int32]:
    """Return the index in ``codes`` of each point's owner, -1 for none, as the database says: level by level."""
    index_of = {code: index for index, code in enumerate(codes)}
    owners = np.full(points.shape[1], -1, dtype=np.int32)
    for rank in reversed(range(len(LEVELS))):
        left = np.flatnonzero(owners < 0)
        with work:
            session = work._session  # noqa: SLF001 - no repository asks a million points at once
            lons, lats = ("{" + ",".join(map(repr, column[left].tolist())) + "}" for column in points)
            session.execute(text(_POINTS), {"lons": lons, "lats": lats})
            session.execute(text("CREATE INDEX ON asked USING gist (place)"))
            session.execute(text("ANALYZE asked"))
            session.execute(text("SET LOCAL enable_hashjoin = off"))
            session.execute(text("SET LOCAL statement_timeout = 0"))
            found = session.execute(text(_OWNERS), {"rank": rank, "edition": EDITION}).all()
        for position, code in found:
            owners[left[position - 1]] = index_of[code]
    return owners


def main() -> None:
    """Print, for each kind of points, how often each way differs from the raster; exit 1 when one does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--others", type=int, default=1_000_000, help="how many points beside edges, and anywhere")
    parser.add_argument("--ways", nargs="+", default=["strtree", "brute-force", "postgis"])
    asked = parser.parse_args()
    raster = locator()
    codes = list(raster.codes)
    rank_of = {level: rank for rank, level in enumerate(LEVELS)}
    grids = province()
    tree = TreeLocator.build(grids, rank_of)
    ways: dict[str, Callable[[Points], NDArray[np.int32]]] = {
        "strtree": lambda points: tree.locate_many(*points),
        "brute-force": lambda points: brute_force(points, grids, rank_of, codes),
        "postgis": lambda points: postgis(points, codes, open_work(province_url())),
    }
    differs = 0
    for name, points in points_of([grid.shape for grid in grids if grid.level == LEVELS[-1]], asked.others):
        owners = raster.locate_many(*points)
        for way in asked.ways:
            began = time.perf_counter()
            found = int((ways[way](points) != owners).sum())
            differs += found
            taken = time.perf_counter() - began
            print(f"{name:9} {len(owners):9,} {way:12} {found} differences, {taken:.0f} s", flush=True)
    raise SystemExit(differs > 0)


if __name__ == "__main__":
    main()
