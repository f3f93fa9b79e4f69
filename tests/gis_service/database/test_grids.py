from __future__ import annotations

from itertools import product

import pytest
from shapely.geometry import box
from sqlalchemy import select

from gis_service.database.tables import grid
from gis_service.domain.grid import GridFilter
from grid_boundaries.partition import Grid
from tests.support.ground import UNITS, add_levels, square, tiny_tree


@pytest.fixture
def two_editions(work, open_session):
    """The tiny tree in edition 1; in edition 2 one unit grid is redrawn and renamed."""
    add_levels(open_session)
    with work:
        work.grids.publish(1, closed=[], added=tiny_tree(), attributes={})
        code = next(iter(UNITS))
        redrawn = Grid(code, square(0, 1, 1, 2), "unit_grid", code[:12], "改名网格", households=410)
        work.grids.publish(2, closed=[code], added=[redrawn], attributes={})
        work.commit()
    return code


def test_each_edition_gives_its_own_grids(work, two_editions):
    """Eight grids in both; the renamed one has its old name in edition 1."""
    with work:
        first, second = work.grids.of_edition(1), work.grids.of_edition(2)

    assert len(first) == len(second) == 8
    names = [{grid.code: grid.name for grid in grids}[two_editions] for grids in (first, second)]
    assert names == ["第1网格", "改名网格"]


def test_shapes_come_back_bit_for_bit(work, two_editions):
    """Every coordinate, so that the lattice holds in memory as in the database."""
    drawn = {grid.code: grid.shape for grid in tiny_tree()}
    with work:
        for grid in work.grids.of_edition(1):
            assert grid.shape.equals_exact(drawn[grid.code], 0)


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (GridFilter(), 8),
        (GridFilter(level="community"), 2),
        (GridFilter(parent="530103001001"), 2),
        (GridFilter(kind="dedicated"), 0),
        (GridFilter(text="小龙路"), 1),
        (GridFilter(text="530103001001"), 3),
        (GridFilter(text="%"), 0),
        (GridFilter(level="unit_grid", bbox=(102.701, 25.001, 102.702, 25.002)), 1),
        (GridFilter(level="unit_grid", bbox=(103, 26, 104, 27)), 0),
        (GridFilter(level="unit_grid", after="530103001001002", limit=1), 1),
    ],
)
def test_a_search_finds_what_matches(work, two_editions, wanted, count):
    """Filters narrow; text is taken literally, a percent sign too."""
    with work:
        assert len(work.grids.search(2, wanted)) == count


def test_a_row_that_no_plan_touched_is_the_same_in_both_editions(work, two_editions):
    """Equal row ids mean: untouched between the editions."""
    codes = list(UNITS)
    with work:
        before, after = work.grids.row_ids(1, codes), work.grids.row_ids(2, codes)

    assert [code for code in codes if before[code] != after[code]] == [two_editions]


def test_what_only_one_edition_has_is_what_comparing_all_rows_finds(work, open_session, two_editions):
    """A third edition without a grid that the first had: every pair, both ways, by the ranges of all rows."""
    with work:
        work.grids.publish(3, closed=[list(UNITS)[1]], added=[], attributes={})
        work.commit()
    with open_session() as session:
        rows = session.execute(select(grid.c.code, grid.c.editions)).all()
    with work:
        for edition, other in product((1, 2, 3), repeat=2):
            expected = sorted(row.code for row in rows if edition in row.editions and other not in row.editions)
            assert [one.code for one in work.grids.only_in(edition, other)] == expected
            assert work.grids.codes_only_in(edition, other) == set(expected)


def test_the_label_stands_inside_its_grid(work, two_editions):
    """For each of the eight."""
    with work:
        records = work.grids.search(1, GridFilter())
    shapes = {grid.code: grid.shape for grid in tiny_tree()}

    for record in records:
        assert shapes[record.code].contains(
            box(record.label_lon, record.label_lat, record.label_lon, record.label_lat)
        )


def test_a_search_costs_one_query(work, two_editions, count_queries):
    """However many grids it finds."""
    with work, count_queries() as queries:
        work.grids.search(2, GridFilter())

    assert len(queries) == 1
