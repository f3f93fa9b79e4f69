from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest
from shapely.geometry import Polygon, box
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from gis_service.database import owners
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.lookup import CoveringGrid
from grid_boundaries.locate.coordinates import CoordinateError
from grid_boundaries.locate.tree_locator import TreeLocator
from grid_boundaries.partition import Grid
from tests.support.editions import NEW_YEAR, RANKS, store_edition, store_ranks
from tests.support.tree import at, troubled_tree


@pytest.fixture
def tree(open_session: sessionmaker[Session], work: UnitOfWork) -> UnitOfWork:
    """The troubled tree of tests/support/tree.py as edition 1."""
    store_ranks(open_session)
    store_edition(work, 1, troubled_tree())
    return work


def test_shapes_come_back_bit_for_bit(tree):
    """What PostGIS stores is what was published: the same doubles, as the tie rule needs them."""
    with tree as work:
        stored = {grid.code: grid.shape for grid in work.grids.of_edition(1)}
    for grid in troubled_tree():
        assert stored[grid.code].equals_exact(grid.shape, 0.0)


def test_owners_come_in_input_order(tree):
    """C1x, a tie of B2, B3 and B4, the gap of C, outside, and C1x again."""
    places = [at(2.5, 0.5), at(1, 1), at(3, 2.5), at(9, 9), at(2.5, 0.5)]
    with tree as work:
        assert work.owners.of_points(1, *zip(*places, strict=True)) == ["C1x", "B2", "C", None, "C1x"]


def test_no_points_have_no_owners(tree):
    """Two empty lists."""
    with tree as work:
        assert work.owners.of_points(1, [], []) == []


def test_another_edition_has_other_owners(tree):
    """In edition 2 there is one grid X over all; edition 1 stays; before the first nobody owned it."""
    store_edition(tree, 2, [Grid("X", box(102, 24, 104, 26), "district")], NEW_YEAR + timedelta(days=1))
    with tree as work:
        owners_by_edition = [
            work.owners.of_points(number, *zip(at(2.5, 0.5), strict=True))[0] for number in (1, 2, 0)
        ]
    assert owners_by_edition == ["C1x", "X", None]


def test_the_covering_grids_come_with_the_owner_first(tree):
    """On the edge of C1x and C1y, on the ground of C1, C and A."""
    with tree as work:
        assert work.owners.covering(1, *at(3, 0.5)) == [
            CoveringGrid("C1x", 4, is_on_edge=True, has_children=False),
            CoveringGrid("C1y", 4, is_on_edge=True, has_children=False),
            CoveringGrid("C1", 3, is_on_edge=False, has_children=True),
            CoveringGrid("C", 2, is_on_edge=False, has_children=True),
            CoveringGrid("A", 1, is_on_edge=False, has_children=True),
        ]
        assert work.owners.covering(1, *at(9, 9)) == []


def test_a_determinant_that_rounds_to_zero_decides_nothing(open_session, work):
    """A point less than a double's step beside an edge of 110 km: ST_Covers alone puts it on the edge."""
    corners = [(102.771169337, 25.579184845), (103.872929517, 25.857203809), (103.872929517, 25.579184845)]
    beside = (103.322049427, 25.718194327)
    store_ranks(open_session)
    grids = [Grid("X", Polygon(corners), "district")]
    store_edition(work, 1, grids)
    with open_session() as session:
        plain = "SELECT ST_Covers(shape, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)) FROM grid"
        assert session.execute(text(plain), {"lon": beside[0], "lat": beside[1]}).scalar_one() is True
    assert TreeLocator.build(grids, RANKS).locate(*beside).owner_index is None
    with work:
        assert work.owners.of_points(1, *zip(beside, strict=True)) == [None]
        assert work.owners.covering(1, *beside) == []


def test_the_nearest_grid_is_that_of_the_locator(tree):
    """Around the tree, in it, and far away: the same grid at the same distance."""
    locator = TreeLocator.build(troubled_tree(), RANKS)
    with tree as work:
        for place in (at(3, -1), at(-2, 1.5), at(5, 5), at(2, 3.001), at(0.5, 2.5), (-70.0, -30.0)):
            index, distance_m = locator.nearest(*place)
            nearest = work.owners.nearest(1, *place)
            assert nearest is not None
            assert nearest.code == locator.codes[index]
            assert nearest.distance_m == pytest.approx(distance_m, abs=1e-6)


def test_nothing_is_near_in_an_edition_without_grids(tree):
    """Before the first."""
    with tree as work:
        assert work.owners.nearest(0, *at(0, 0)) is None


def test_the_chain_begins_at_the_root(tree):
    """C1x lies in C1, C and A; its kind is told; an unknown code has no chain."""
    with tree as work:
        chain = work.owners.chain(1, "C1x")
        assert [grid.code for grid in chain] == ["A", "C", "C1", "C1x"]
        assert (chain[-1].name, chain[-1].level, chain[-1].kind) == ("一网格", "unit_grid", "dedicated")
        assert work.owners.chain(1, "nobody") == []


def test_codes_are_sorted_byte_by_byte(tree):
    """As the locator sorts them, whatever the collation of the database."""
    with tree as work:
        assert tuple(work.owners.codes(1)) == TreeLocator.build(troubled_tree(), RANKS).codes


def test_what_is_no_place_is_refused(tree):
    """The second longitude is not a number; the latitude is out of range."""
    with tree as work:
        with pytest.raises(CoordinateError, match=r"lons\[1\] is nan"):
            work.owners.of_points(1, [102.7, math.nan], [25.0, 25.0])
        with pytest.raises(CoordinateError, match="from -90 to 90"):
            work.owners.covering(1, 102.7, 91.0)


def test_owners_are_found_by_the_spatial_index(open_session, work):
    """Of 3,600 squares each point meets four by their boxes; no plan reads the whole table."""
    store_ranks(open_session)
    step = 0.01
    squares = [
        Grid(
            f"{x:02}{y:02}", box(102 + x * step, 25 + y * step, 102 + (x + 1) * step, 25 + (y + 1) * step), "district"
        )
        for x in range(60)
        for y in range(60)
    ]
    store_edition(work, 1, squares)
    lons, lats = np.random.default_rng(3).uniform([[102.0], [25.0]], [[102.6], [25.6]], (2, 50))
    values = {
        "edition": 1,
        "lons": "{" + ",".join(map(str, lons)) + "}",
        "lats": "{" + ",".join(map(str, lats)) + "}",
    }
    with open_session() as session:
        session.execute(text("ANALYZE grid"))
        rows = session.execute(text("EXPLAIN " + owners.OWNER_OF_POINTS.text), values).scalars().all()
    plan = "\n".join(rows)
    assert "Index Scan using grid_shape_ix on grid" in plan
    assert "Seq Scan on grid" not in plan
