from __future__ import annotations

import orjson
import pytest
from shapely.geometry import box

from gis_service.domain.edition import Edition
from gis_service.domain.level import Level
from gis_service.snapshots.snapshot import build_snapshot
from grid_boundaries.partition import Grid
from tests.support.editions import NEW_YEAR, RANKS
from tests.support.tree import at, troubled_tree

LEVELS = [Level(code, rank, code, code, 0, 22) for code, rank in RANKS.items()]
FIRST = Edition(1, NEW_YEAR, NEW_YEAR, "test", "", 10, "abc", {}, (102.7, 25.0, 102.74, 25.03))


def test_a_snapshot_names_its_grids_along_the_indices_of_its_locator():
    """The owner of a point has the index of its name, of its code, and of its rendering."""
    snapshot = build_snapshot(FIRST, troubled_tree(), LEVELS)
    owner = snapshot.locator.locate(*at(2.5, 0.5)).owner_index
    grid = snapshot.grids[owner]
    assert (grid.code, grid.name, grid.level, grid.kind) == ("C1x", "一网格", "unit_grid", "dedicated")
    assert orjson.loads(grid.json) == {"code": "C1x", "name": "一网格", "level": "unit_grid"}
    assert orjson.loads(snapshot.codes_json)[owner] == "C1x"
    assert (snapshot.edition, snapshot.effective_from, snapshot.bounds) == (1, NEW_YEAR, FIRST.bounds)


def test_the_index_of_nobody_picks_none():
    """-1 counts from the end, where None stands; all other codes come before it."""
    snapshot = build_snapshot(FIRST, troubled_tree(), LEVELS)
    owners = snapshot.locator.locate_many(*zip(at(0.5, 2.5), at(9, 9), strict=True))
    assert snapshot.codes[owners].tolist() == ["B1", None]
    assert len(snapshot.codes) == len(snapshot.locator.codes) + 1


def test_an_edition_that_cannot_be_looked_up_in_is_refused():
    """A grid of a level that has no rank."""
    with pytest.raises(ValueError, match="grid X has the level 'village'"):
        build_snapshot(FIRST, [Grid("X", box(0, 0, 1, 1), "village")], LEVELS)
