"""Second opinions on ownership: the locator in memory against PostGIS, point by point, without one difference."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from sqlalchemy.orm import Session, sessionmaker

from gis_service import demo
from gis_service.database.unit_of_work import UnitOfWork
from grid_boundaries.locate.coordinates import quantise
from grid_boundaries.locate.locator import NOBODY
from grid_boundaries.partition import Grid, from_lattice
from tests.support.editions import RANKS, store_edition, store_ranks
from tests.support.locators import FORMS

PANLONG = "530103"
DISTRICTS = Path(demo.__file__).parent / "data" / "kunming_districts.geojson"


def districts() -> list[Grid]:
    """The fourteen districts of Kunming: 14,334 vertices, an exact coverage."""
    features = json.loads(DISTRICTS.read_text("utf-8"))["features"]
    return [
        Grid(one["properties"]["code"], shapely.from_geojson(json.dumps(one["geometry"])), "district", "5301")
        for one in features
    ]


def partial_tree() -> list[Grid]:
    """Panlong and its neighbours; Panlong is cut into triangles between its own vertices, every tenth left out."""
    panlong = next(grid for grid in districts() if grid.code == PANLONG)
    grids = [grid for grid in districts() if grid.shape.intersects(panlong.shape)]
    pieces = shapely.get_parts(shapely.constrained_delaunay_triangles(panlong.shape))
    order = np.random.default_rng(5).permutation(len(pieces))
    children = [
        Grid(f"{PANLONG}{number:09}", pieces[place], "unit_grid", PANLONG)
        for number, place in enumerate(order.tolist())
        if number % 10
    ]
    city = Grid("5301", shapely.coverage_union_all([grid.shape for grid in grids]), "city")
    return [city, *grids, *children]


def long_edges() -> list[Grid]:
    """Triangles on both sides of slanted edges of 100 m to 80 km, the exact midpoints of which lie on the lattice."""
    steps = np.random.default_rng(11)
    grids = []
    for number in range(300):
        start = np.array([-150_000_000_000 + number * 1_000_000_000, 20_000_000_000])
        half = steps.integers(500_000, 400_000_000, 2)
        west, south, east, north = *start, *(start + 2 * half)
        edge = [(west, south), (east, north)]
        for side, corner in (("A", (east, south)), ("B", (west, north))):
            ring = from_lattice(np.array([*edge, corner], dtype=np.int64))
            grids.append(Grid(f"{number:03}{side}", shapely.Polygon(ring), "district"))
    return grids


def edge_places(grids: list[Grid], share: float) -> np.ndarray:
    """The place at a share of the way along every edge of every grid."""
    rings = shapely.get_rings([grid.shape for grid in grids])
    vertices, ring_of = shapely.get_coordinates(rings, return_index=True)
    follows = ring_of[1:] == ring_of[:-1]
    return (vertices[:-1] * (1 - share) + vertices[1:] * share)[follows]


def places_of(grids: list[Grid]) -> np.ndarray:
    """Every vertex, every edge midpoint and a place at a third of each edge; and 3,000 places anywhere around.

    Of a tree, those of Panlong and its pieces: asking the database about an edge of a large grid takes a millisecond.
    """
    west, south, east, north = shapely.total_bounds([grid.shape for grid in grids])
    grids = [grid for grid in grids if grid.code.startswith(PANLONG)] or grids
    anywhere = np.random.default_rng(2).uniform([west - 0.1, south - 0.1], [east + 0.1, north + 0.1], (3000, 2))
    on_edges = [edge_places(grids, share) for share in (0.0, 0.5, 1 / 3)]
    return np.unique(np.vstack([*on_edges, anywhere]), axis=0)


@pytest.fixture(params=["tree", "raster"])
def build(request):
    """How a locator is made; its other forms are compared with these in tests/grid_boundaries/locate."""
    return FORMS[request.param]


@pytest.fixture(params=[partial_tree(), long_edges()], ids=["a partial tree", "long slanted edges"])
def ground(request, open_session: sessionmaker[Session], work: UnitOfWork) -> tuple[list[Grid], UnitOfWork]:
    """Grids, stored as edition 1."""
    store_ranks(open_session)
    store_edition(work, 1, request.param)
    return request.param, work


def test_memory_and_database_name_the_same_owner_of_every_vertex_edge_and_place(ground, build):
    """About 7,000 places in the tree and 5,000 at the long edges; not one may differ."""
    grids, opened = ground
    locator = build(grids, RANKS)
    places = places_of(grids)
    codes = np.array([*locator.codes, None], dtype=np.object_)
    in_memory = codes[locator.locate_many(places[:, 0], places[:, 1])].tolist()
    with opened as work:
        in_database = work.owners.of_points(1, places[:, 0], places[:, 1])
    differing = [
        (*place, memory, database)
        for place, memory, database in zip(places.tolist(), in_memory, in_database, strict=True)
        if memory != database
    ]
    assert not differing


def test_one_point_alone_has_the_answer_of_the_database(ground, build):
    """Owner, ties and edge of some 300 points on vertices, edges and anywhere."""
    grids, opened = ground
    locator = build(grids, RANKS)
    places = places_of(grids)
    with opened as work:
        for lon, lat in places[:: len(places) // 300].tolist():
            located = locator.locate(lon, lat)
            covering = work.owners.covering(1, lon, lat)
            owner = None if located.owner_index is None else locator.codes[located.owner_index]
            assert owner == (covering[0].code if covering else None)
            if covering:
                tied = [one.code for one in covering[1:] if one.rank == covering[0].rank]
                assert [locator.codes[index] for index in located.tied] == tied
                assert (located.match == "partial") is covering[0].has_children
                assert located.match == "partial" or (located.match == "edge") is covering[0].is_on_edge


def test_every_place_in_the_coverage_has_exactly_one_owner(build):
    """All vertices and edge midpoints of the fourteen districts: the smallest code of those that touch the place.

    A vertex always has an owner; a midpoint moved to the lattice may fall off the outer edge.
    """
    grids = sorted(districts(), key=lambda grid: grid.code)
    locator = build(grids, RANKS)
    vertices = edge_places(grids, 0.0)
    places = np.vstack([vertices, edge_places(grids, 0.5)])
    lons, lats = quantise(places[:, 0], places[:, 1])
    owners = locator.locate_many(lons, lats)
    assert (owners[: len(vertices)] != NOBODY).all()
    touching = np.array([shapely.intersects_xy(grid.shape, lons, lats) for grid in grids])
    assert (np.where(touching.any(axis=0), touching.argmax(axis=0), NOBODY) == owners).all()


def test_locator_and_database_agree_everywhere_in_panlong(demo_work, build):
    """The demo district: 3,000 random points, every vertex, every midpoint of an edge, and a nanodegree beside each.

    Not one difference among some 150,000 points.
    """
    with demo_work:
        grids = demo_work.grids.of_edition(1)
        ranks = {level.code: level.rank for level in demo_work.levels.list_all()}
        random = np.random.default_rng(530103).uniform((102.69, 25.02), (103.05, 25.47), (3_000, 2))
        vertices = np.unique(shapely.get_coordinates([grid.shape for grid in grids]), axis=0)
        midpoints = np.unique(edge_places(grids, 0.5), axis=0)
        step = np.array([1e-9, 0])
        aside = np.concatenate([vertices + step, vertices - step[::-1], midpoints + step[::-1]])
        points = np.concatenate([random, vertices, midpoints, aside])
        lons, lats = quantise(points[:, 0], points[:, 1])
        locator = build(grids, ranks)
        from_memory = [None if owner == NOBODY else locator.codes[owner] for owner in locator.locate_many(lons, lats)]

        from_database = demo_work.owners.of_points(1, lons.tolist(), lats.tolist())

    assert from_memory == from_database
    assert len(set(from_memory)) > 213
