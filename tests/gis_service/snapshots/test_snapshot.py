from __future__ import annotations

from dataclasses import replace

import orjson
import pytest
from shapely import get_coordinates
from shapely.geometry import box

from gis_service.domain.edition import Edition
from gis_service.snapshots.snapshot import build_snapshot, follow_snapshot, rename_snapshot
from grid_boundaries.locate.tree_locator import TreeLocator
from grid_boundaries.partition import Grid
from tests.support.editions import LEVELS, NEW_YEAR, RANKS
from tests.support.tree import at, ring, troubled_tree

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


FAR_AWAY = Grid("Z", box(*at(40, 40), *at(41, 41)), "district", None, "远")
"""So that a part of the tree is a small part of the ground."""
SECOND = Edition(2, NEW_YEAR, NEW_YEAR, "test", "", 10, "def", {}, FIRST.bounds)


def follow(edition, before, tree, gone, fresh):
    """Redraw the tree and return the snapshot that follows, and the one built of all the grids there are then."""
    after = [grid for grid in tree if grid not in gone] + fresh
    window = before.locator.window([*gone, *fresh])
    assert window is not None
    ground = box(*window)
    around = [grid for grid in after if ground.intersects(box(*grid.shape.bounds))]
    return follow_snapshot(edition, before, gone, fresh, around), build_snapshot(edition, after, LEVELS), after


def test_a_snapshot_that_follows_another_is_the_one_built_anew():
    """B2 is renamed and loses a strip to B3; all points of the tree get the same answers as from a full build.

    The tree by STRtree answers the same at each vertex and at places between, edges and outside too.
    """
    tree = troubled_tree()
    old = {grid.code: grid for grid in tree}
    fresh = [
        replace(old["B2"], name="新", shape=ring((0, 1), (0.75, 1), (0.75, 2), (0, 2))),
        replace(old["B3"], shape=ring((0.75, 1), (2, 1), (2, 2), (0.75, 2))),
    ]
    before = build_snapshot(FIRST, [*tree, FAR_AWAY], LEVELS)

    followed, built, after = follow(SECOND, before, [*tree, FAR_AWAY], [old["B2"], old["B3"]], fresh)

    assert (followed.edition, list(followed.grids), followed.codes_json) == (2, list(built.grids), built.codes_json)
    assert followed.locator.parents.tolist() == built.locator.parents.tolist()
    reference = TreeLocator.build(after, RANKS)
    places = [at(across / 4, up / 4) for across in range(-2, 19) for up in range(-2, 15)]
    places += [tuple(place) for place in get_coordinates([grid.shape for grid in after]).tolist()]
    for locator in (followed.locator, built.locator):
        assert [locator.locate(*place) for place in places] == [reference.locate(*place) for place in places]
        assert [locator.nearest(*place)[0] for place in places] == [reference.nearest(*place)[0] for place in places]
        lons, lats = zip(*places, strict=True)
        assert (locator.locate_many(lons, lats) == reference.locate_many(lons, lats)).all()


def test_names_of_a_snapshot_that_follows_stay_with_their_grids():
    """C1x goes, C1w and C1z come before and behind C1y: names and kinds of all are those of a full build."""
    tree = [*troubled_tree(), FAR_AWAY]
    old = {grid.code: grid for grid in tree}
    fresh = [
        Grid("C1w", ring((2, 0), (2.5, 0), (2.5, 1), (2, 1)), "unit_grid", "C1", "西", "dedicated"),
        Grid("C1z", ring((2.5, 0), (3, 0), (3, 1), (2.5, 1)), "unit_grid", "C1", "东"),
    ]
    followed, built, _ = follow(SECOND, build_snapshot(FIRST, tree, LEVELS), tree, [old["C1x"]], fresh)
    assert list(followed.grids) == list(built.grids)
    assert [grid.code for grid in followed.grids] == list(followed.locator.codes)


def test_an_edition_of_the_same_rows_shares_all_but_its_number():
    before = build_snapshot(FIRST, troubled_tree(), LEVELS)
    renamed = rename_snapshot(SECOND, before)
    assert (renamed.edition, renamed.checksum) == (2, "def")
    assert renamed.locator is before.locator


def test_only_few_grids_stay_objects():
    """A grid asked for twice is the same object; the rendering is there without one."""
    snapshot = build_snapshot(FIRST, troubled_tree(), LEVELS)
    assert snapshot.grids[3] is snapshot.grids[3]
    assert snapshot.grids.fragment(3) == snapshot.grids[3].json
    with pytest.raises(IndexError):
        snapshot.grids[10]


def test_a_snapshot_that_would_hold_a_code_twice_is_refused():
    twice = troubled_tree()[3:4]
    with pytest.raises(ValueError, match="the code B1 comes twice"):
        follow_snapshot(SECOND, build_snapshot(FIRST, troubled_tree(), LEVELS), [], twice, twice)
