from __future__ import annotations

from dataclasses import replace

import orjson
import pytest
from shapely.geometry import box

from gis_service.domain.edition import Edition
from gis_service.domain.level import Level
from gis_service.snapshots.snapshot import build_snapshot, follow_snapshot
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


SECOND = Edition(2, NEW_YEAR, NEW_YEAR, "test", "", 10, "def", {}, FIRST.bounds)


def test_a_snapshot_that_follows_another_is_the_one_built_anew():
    """B2 is renamed, B3 gone, X new below B4; all points of the tree get the same answers, edges and outside too."""
    tree = troubled_tree()
    before = build_snapshot(FIRST, tree, LEVELS)
    renamed = replace(next(grid for grid in tree if grid.code == "B2"), name="新")
    fresh = [renamed, Grid("X", box(*at(0, 0), *at(1, 1)), "unit_grid", "B4", "西网格")]
    after = [grid for grid in tree if grid.code not in {"B2", "B3"}] + fresh

    followed = follow_snapshot(SECOND, before, {"B2", "B3"}, fresh, LEVELS)
    built = build_snapshot(SECOND, after, LEVELS)

    assert (followed.edition, followed.grids, followed.codes_json) == (2, built.grids, built.codes_json)
    assert followed.locator.parents.tolist() == built.locator.parents.tolist()
    places = [at(across / 4, up / 4) for across in range(-2, 19) for up in range(-2, 15)]
    assert [followed.locator.locate(*place) for place in places] == [built.locator.locate(*place) for place in places]
    assert [followed.locator.nearest(*place) for place in places] == [
        built.locator.nearest(*place) for place in places
    ]
    lons, lats = zip(*places, strict=True)
    assert (followed.locator.locate_many(lons, lats) == built.locator.locate_many(lons, lats)).all()


def test_a_parent_that_comes_and_goes_is_its_childrens_parent_while_it_is_there():
    """C1 retired leaves C1x and C1y with a parent that no grid has; back again it is theirs."""
    tree = troubled_tree()
    community = next(grid for grid in tree if grid.code == "C1")
    without = follow_snapshot(SECOND, build_snapshot(FIRST, tree, LEVELS), {"C1"}, [], LEVELS)
    again = follow_snapshot(FIRST, without, (), [community], LEVELS)

    def chain(snapshot):
        return [snapshot.codes[index] for index in snapshot.locator.chain(snapshot.locator.codes.index("C1x"))]

    assert chain(without) == ["C1x"]
    assert chain(again) == ["A", "C", "C1", "C1x"]


def test_a_snapshot_that_would_hold_a_code_twice_is_refused():
    with pytest.raises(ValueError, match="the code B1 comes twice"):
        follow_snapshot(SECOND, build_snapshot(FIRST, troubled_tree(), LEVELS), (), troubled_tree()[3:4], LEVELS)
