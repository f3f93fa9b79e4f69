"""Tiles of the demo district from zoom 4 to 18: neither gap nor overlap, at any level, in any tile looked at.

Drawn polygons are held against each other edge by edge, in whole tile units.  The edges of the grids of a tile, each
directed so that its grid lies to its right, cancel where two neighbours meet; what is left must be the edges of their
parent, directed alike.  Two areas whose directed edges are the same are the same, so nothing is covered twice and
nothing is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import PUBLIC
from gis_service.use_cases.describe_tiles import read_tile_edition
from gis_service.use_cases.render_tile import permission_class, render_tile
from tests.support.effort import EFFORT
from tests.support.planted_tiles import tiles_to
from tests.support.strict_tiles import faults_of
from tests.support.tile_ground import tile_at
from tiles.address import EXTENT, TileAddress
from tiles.etag import TileKey
from tiles.filters import TileFilters
from tiles.layers import TileEdition, choose_level
from tiles.matrix_sets import CGCS2000_QUAD, GCJ02_WEB_MERCATOR, WEB_MERCATOR, TileMatrixSet

ZOOMS = range(4, 19)
OTHERWISE = [(CGCS2000_QUAD, zoom) for zoom in (5, 10, 13, 16)] + [
    (GCJ02_WEB_MERCATOR, zoom) for zoom in (6, 11, 14, 17)
]
"""Some zooms of the other matrix sets: one with each of the levels drawn, with bands and without."""
ALL_TO = 11
"""Of lower zooms all tiles are looked at."""
AT_EACH_ZOOM = 6 * EFFORT
"""Of higher zooms so many, where boundaries are."""

Edge = tuple[tuple[int, int], tuple[int, int]]


@pytest.fixture(scope="module")
def edition(demo_work: UnitOfWork) -> TileEdition:
    return read_tile_edition(1, demo_work)


@pytest.fixture(scope="module")
def ground(demo_work: UnitOfWork) -> list[BaseGeometry]:
    """The shapes of all grids, the root first."""
    with demo_work:
        return [grid.shape for grid in sorted(demo_work.grids.of_edition(1), key=lambda grid: len(grid.code))]


def looked_at(zoom: int, ground: list[BaseGeometry], matrix: TileMatrixSet = WEB_MERCATOR) -> list[TileAddress]:
    """The tiles of a zoom: all that meet the district, or those that hold some vertices, spread evenly.

    Of other matrix sets always the latter.
    """
    if zoom <= ALL_TO and matrix is WEB_MERCATOR:
        return [one for one in tiles_to(zoom, ground[0]) if one.z == zoom]
    places = shapely.get_coordinates(ground[1:])
    chosen = places[np.linspace(0, len(places) - 1, AT_EACH_ZOOM, dtype=int)]
    return sorted({tile_at(zoom, lon, lat, matrix) for lon, lat in chosen.tolist()})


def draw(
    work: UnitOfWork, edition: TileEdition, address: TileAddress, level: str | None = None
) -> dict[str, tuple[int, BaseGeometry]]:
    """Return id and shape by code, as they are decoded."""
    key = TileKey(1, ("grids",), address, (), permission_class(PUBLIC), TileFilters(level=level))
    tile = render_tile(key, edition, PUBLIC, work)
    assert faults_of(tile) == []
    decoded = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True})
    return {
        one["properties"]["code"]: (one["id"], shape(one["geometry"]))
        for layer in decoded.values()
        for one in layer["features"]
    }


def directed_edges(shapes: Iterable[BaseGeometry]) -> np.ndarray:
    """Return the edges of polygons as rows of x, y, x, y, outlines one way round and holes the other."""
    rings = shapely.get_rings(shapely.get_parts(shapely.orient_polygons(list(shapes))))
    found = []
    for ring in rings:
        places = shapely.get_coordinates(ring).astype(np.int64)
        found.append(np.hstack([places[:-1], places[1:]]))
    return np.vstack(found) if found else np.empty((0, 4), np.int64)


def split(edges: np.ndarray, places: np.ndarray) -> Counter[Edge]:
    """Return how often each edge is there, more than its reverse, when all are cut at all the places on them."""
    tree = shapely.STRtree(shapely.points(places))
    lines = shapely.linestrings(edges.reshape(-1, 2, 2).astype(float))
    which, near = tree.query(shapely.envelope(lines), predicate="intersects")
    start, step = edges[which, :2], edges[which, 2:] - edges[which, :2]
    away = places[near] - start
    lies = step[:, 0] * away[:, 1] == step[:, 1] * away[:, 0]
    along = (away * step).sum(axis=1)
    order = np.lexsort((along[lies], which[lies]))
    which, near = which[lies][order], near[lies][order]
    counted: Counter[Edge] = Counter()
    same = which[:-1] == which[1:]
    for a, b in zip(places[near[:-1][same]].tolist(), places[near[1:][same]].tolist(), strict=True):
        one, other = tuple(a), tuple(b)
        if one < other:
            counted[one, other] += 1
        else:
            counted[other, one] -= 1
    return counted


def differing(
    parts: list[BaseGeometry], whole: list[BaseGeometry], *, is_cut_in_degrees: bool = False
) -> dict[Edge, int]:
    """Return the edges that parts have and their whole has not, or the other way round; within the tile.

    Where it cuts in degrees, PostGIS may lose a vertex in the buffer: there an edge that leaves the tile is the same
    when inside it runs half a unit or less from one of the other's.
    """
    mine, theirs = directed_edges(parts), directed_edges(whole)
    places = np.unique(np.vstack([mine.reshape(-1, 2), theirs.reshape(-1, 2)]), axis=0)
    left = split(mine, places)
    left.subtract(split(theirs, places))
    inside = shapely.box(1, 1, EXTENT - 1, EXTENT - 1)
    lines = {edge: shapely.LineString(edge) for edge, count in left.items() if count}

    def only_leaves_otherwise(edge: Edge) -> bool:
        others = shapely.union_all([line for other, line in lines.items() if left[other] != left[edge]])
        is_near = shapely.intersection(lines[edge], inside).within(others.buffer(0.5))
        return is_near and not lines[edge].within(inside)

    return {
        edge: left[edge]
        for edge, line in lines.items()
        if line.intersects(inside) and not (is_cut_in_degrees and only_leaves_otherwise(edge))
    }


def check_fit(
    work: UnitOfWork, edition: TileEdition, ground: list[BaseGeometry], zoom: int, matrix: TileMatrixSet
) -> None:
    """Hold the cut of a zoom against every coarser level drawn alone, the root included, in each tile looked at."""
    finest = choose_level(edition.present_levels(), zoom + matrix.finer_by)
    edges = 0
    for address in looked_at(zoom, ground, matrix):
        cut = draw(work, edition, address)
        for level in edition.coarser_than(finest):
            for code, (_, parent) in draw(work, edition, address, level).items():
                children = [drawn for child, (_, drawn) in cut.items() if child.startswith(code)]
                found = differing(children, [parent], is_cut_in_degrees=matrix.is_geographic)
                assert found == {}, (address, code)
                edges += len(directed_edges(children))
    assert edges > 100 or not edition.coarser_than(finest)


@pytest.mark.parametrize("zoom", ZOOMS)
def test_what_a_tile_draws_of_a_parent_is_the_parent(
    demo_work: UnitOfWork, edition: TileEdition, ground: list[BaseGeometry], zoom: int
):
    """In Web Mercator, at every zoom."""
    check_fit(demo_work, edition, ground, zoom, WEB_MERCATOR)


@pytest.mark.parametrize(("matrix", "zoom"), OTHERWISE, ids=lambda one: getattr(one, "id", str(one)))
def test_it_is_in_every_matrix_set(
    demo_work: UnitOfWork, edition: TileEdition, ground: list[BaseGeometry], matrix: TileMatrixSet, zoom: int
):
    """Cut in degrees by PostGIS, and shifted vertex by vertex before anything is cut or snapped."""
    check_fit(demo_work, edition, ground, zoom, matrix)


def test_a_grid_has_one_id_in_all_tiles(demo_work: UnitOfWork, edition: TileEdition, ground: list[BaseGeometry]):
    """In those of all zooms looked at; two grids never share one."""
    ids: dict[str, set[int]] = {}
    seen: Counter[str] = Counter()
    for zoom in ZOOMS[::2]:
        for address in looked_at(zoom, ground):
            for code, (number, _) in draw(demo_work, edition, address).items():
                ids.setdefault(code, set()).add(number)
                seen[code] += 1
    assert all(len(numbers) == 1 for numbers in ids.values())
    assert len({number for numbers in ids.values() for number in numbers}) == len(ids) > 50
    assert sum(count > 1 for count in seen.values()) > 20


def test_a_gap_an_overlap_and_a_vertex_on_one_side_are_told_apart():
    """The judge itself: a square in two halves; one half a unit short, or over; a vertex more on the common line."""
    whole = [shapely.box(10, 10, 30, 30)]
    left, right = shapely.box(10, 10, 20, 30), shapely.box(20, 10, 30, 30)
    assert differing([left, right], whole) == {}
    assert differing([shapely.Polygon([*left.exterior.coords, (20, 15)]), right], whole) == {}
    assert differing([shapely.box(10, 10, 19, 30), right], whole) != {}
    assert differing([shapely.box(10, 10, 21, 30), right], whole) != {}
    assert differing([left, left, right], whole) != {}
    apart = shapely.box(50, 10, 70, 30)
    assert differing([left, right, apart], [shapely.MultiPolygon([*whole, apart])]) == {}
    assert differing([left, right], [shapely.MultiPolygon([*whole, apart])]) != {}
