from __future__ import annotations

import itertools

import pytest

from gis_service.sheets.paper import arrange_page
from gis_service.sheets.table import make_table
from tests.support.sheets import community


@pytest.mark.parametrize("orientation", ["portrait", "landscape"])
@pytest.mark.parametrize(("count", "pages"), [(1, 1), (2, 1), (20, 1), (60, 2), (150, None)])
def test_every_grid_has_one_row_and_the_sum_is_last(orientation, count, pages):
    """Whatever the number, in order, over as many pages as it takes; no column is fuller than its place."""
    grids = community(count).children
    page = arrange_page("A4", orientation, 4, count + 1)

    table = make_table(grids, [0] * count, page, "zh")

    rows = list(itertools.chain.from_iterable(column.rows for column in table.columns))
    assert [row.cells[1] for row in rows[:count]] == [grid.code for grid in grids]
    assert [row.cells[0] for row in rows[:count]] == [str(number) for number in range(1, count + 1)]
    assert len(rows) == (count if count == 1 else count + 1)
    if count > 1:
        assert rows[-1].cells[2:4] == ("合计", f"{sum(grid.households for grid in grids):,}")
    if pages is not None:
        assert table.pages == pages
    for column in table.columns:
        assert (len(column.rows) + 1) * table.row_mm <= column.place.height + 1e-6


def test_the_unit_suits_the_grids():
    """Grids of 5 hectares are counted in hectares, one of 2.8 km² in km²; unknown households make no sum."""
    page = arrange_page("A4", "portrait", 4, 61)

    assert make_table(community(60).children, [0] * 60, page, "zh").heads[4] == "面积/ha"
    assert make_table(community(1).children, [0], page, "en").heads[4] == "Area/km²"
