from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from grid_boundaries.check import CheckRules, check_tree
from grid_boundaries.generalise import make, remake
from grid_boundaries.partition import Grid
from tests.support.partitions import polygon
from tests.support.wiggly_tree import LEVELS, Tree, distance_in_plane, is_exact, wiggly_tree

RULES = CheckRules(contiguity=False)


def near(grids: list[Grid], changed: list[Grid]) -> list[Grid]:
    """The leaves whose box meets that of a leaf that changes, and all ancestors."""
    boxes = shapely.union_all([shapely.box(*one.shape.bounds) for one in changed if one.level == "community"])
    return [one for one in grids if one.level != "community" or shapely.box(*one.shape.bounds).intersects(boxes)]


def changes(before: list[Grid], after: list[Grid]) -> list[Grid]:
    """The grids of both trees that are not the same in the other."""
    were, are = {one.code: one for one in before}, {one.code: one for one in after}
    return [
        one
        for mine, theirs in ((were, are), (are, were))
        for code, one in mine.items()
        if code not in theirs
        or theirs[code].parent != one.parent
        or not theirs[code].shape.equals_exact(one.shape, 0)
    ]


@given(
    seed=st.integers(0, 10_000),
    tolerance=st.sampled_from([1e-5, 1e-4, 1e-3, 5e-3]),
    cells=st.integers(6, 40),
    edits=st.integers(1, 6),
    locally=st.booleans(),
)
@settings(max_examples=80)
def test_after_redraws_all_is_proved_and_what_was_not_near_is_untouched(
    seed: int, tolerance: float, cells: int, edits: int, *, locally: bool
):
    """Edit after edit, each on the shapes of the one before, from the whole tree or from what lies near alone."""
    random = np.random.default_rng(seed)
    tree: Tree = wiggly_tree(seed, cells)
    before = tree.grids()
    assume(is_exact(before))
    stored = dict(make(before, tolerance).shapes)
    for _ in range(edits):
        following = tree.redraw(random)
        after = following.grids()
        if not is_exact(after):
            continue
        changed = changes(before, after)
        given_before, given_after = (near(before, changed), near(after, changed)) if locally else (before, after)
        kept = {one.code: stored[one.code] for one in given_before}
        remade = remake(given_before, given_after, kept, tolerance)
        if remade is None:
            assert locally
            remade = remake(before, after, stored, tolerance)
        assert remade is not None
        edited = shapely.union_all([one.shape.boundary for one in changed]) if changed else shapely.Point()
        for code in remade.shapes:
            assert code not in stored or shapely.distance(stored[code].boundary, edited) <= 2 * tolerance
        stored = {code: shape for code, shape in stored.items() if code not in remade.gone} | dict(remade.shapes)
        drawn = [Grid(one.code, stored[one.code], one.level, one.parent) for one in after]
        report = check_tree(drawn, RULES, LEVELS)
        assert report.valid, report.findings
        assert report.certificate
        assert len(stored) == len(after)
        for one in after:
            assert distance_in_plane(one.shape, stored[one.code]) <= tolerance * (1 + 1e-9)
        tree, before = following, after


def test_no_change_remakes_nothing():
    """The same tree before and after."""
    grids = wiggly_tree(7).grids()
    remade = remake(grids, grids, make(grids, 1e-4).shapes, 1e-4)
    assert remade is not None
    assert remade.shapes == {}
    assert remade.gone == set()


@pytest.mark.parametrize("seed", range(8))
def test_a_split_remakes_the_neighbour_that_gets_a_corner_and_no_other(seed: int):
    """A new corner on a neighbour's line must stay in the neighbour too; grids away from the cut keep their bytes."""
    tree = wiggly_tree(seed, 30)
    before = tree.grids()
    stored = make(before, 1e-3).shapes
    cut = next(made for one in range(100) if (made := tree._split(np.random.default_rng(one))) is not tree)
    after = cut.grids()
    assert is_exact(after)
    remade = remake(before, after, stored, 1e-3)
    assert remade is not None
    (new,) = {one.code for one in after} - set(stored)
    old = next(code for code, cell in tree.cells.items() if cell is not cut.cells.get(code))
    assert {old, new} <= set(remade.shapes)
    touching = {code for code, cell in tree.cells.items() if cell.intersects(tree.cells[old])}
    assert set(remade.shapes) <= touching | {new} | set(tree.street_of.values()) | {"D"}
    assert set(remade.shapes) != set(stored) | {new}


def test_undoing_a_redraw_brings_back_the_shapes():
    """Lines depend on their points alone, so the way there leaves no trace."""
    tree = wiggly_tree(11, 30)
    before = tree.grids()
    after = tree._merge(np.random.default_rng(1)).grids()
    stored = make(before, 1e-4).shapes
    there = remake(before, after, stored, 1e-4)
    assert there is not None
    then = {code: shape for code, shape in stored.items() if code not in there.gone} | dict(there.shapes)
    back = remake(after, before, then, 1e-4)
    assert back is not None
    now = {code: shape for code, shape in then.items() if code not in back.gone} | dict(back.shapes)
    assert {code: shapely.normalize(shape) for code, shape in now.items()} == {
        code: shapely.normalize(shape) for code, shape in stored.items()
    }


def test_what_cannot_be_proved_from_what_is_given_is_not_remade():
    """A neighbour that must get a corner is not among the grids given: None, and nothing is half done."""
    tree = wiggly_tree(2, 30)
    before = tree.grids()
    stored = make(before, 1e-3).shapes
    after = tree._merge(np.random.default_rng(4)).grids()
    changed = {one.code for one in changes(before, after)}
    alone_before = [one for one in before if one.code in changed]
    alone_after = [one for one in after if one.code in changed]
    known = {one.code: stored[one.code] for one in alone_before}
    assert changed
    assert remake(alone_before, alone_after, known, 1e-3) is None


def test_a_shape_that_is_not_stored_is_missed():
    """Without the stored shape of a grid nobody knows which of its vertices were left out."""
    grids = wiggly_tree(2).grids()
    assert remake(grids, grids, {}, 1e-3) is None


def bulges(lower_peak: float) -> list[Grid]:
    """Three grids one above the other, in a parent; the line between the upper two bulges by 4 km."""
    lower = [(0, 0), (40, 0), (50, lower_peak), (60, 0), (100, 0)]
    upper = [(0, 20), (40, 20), (50, 60), (60, 20), (100, 20)]
    drawn = [
        polygon("R", *lower, *upper[::-1]),
        polygon("S", (0, -50), (100, -50), *lower[::-1]),
        polygon("N", *upper, (100, 99), (0, 99)),
        polygon("P", (0, -50), (100, -50), (100, 0), (100, 20), (100, 99), (0, 99), (0, 20), (0, 0)),
    ]
    return [Grid(one.code, one.shape, "community", None if one.code == "P" else "P") for one in drawn]


def test_a_stored_line_gives_way_to_a_new_one():
    """The lower line bulges 4.1 km now, more than the tolerance, and would cross the stored straight upper line."""
    tolerance = 40.5e-3 / np.cos(np.radians(25.04))
    before, after = bulges(39), bulges(41)
    stored = make(before, tolerance).shapes
    assert len(stored["N"].exterior.coords) == 5
    remade = remake(before, after, stored, tolerance)
    assert remade is not None
    assert set(remade.shapes) == {"N", "R", "S"}
    drawn = [Grid(one.code, {**stored, **remade.shapes}[one.code], "community", one.parent) for one in after]
    assert check_tree(drawn, RULES, ()).certificate


def test_a_stored_line_cannot_give_way_when_its_other_side_is_not_given():
    """N has the line that must give way, and is not among the grids: nothing is remade."""
    tolerance = 40.5e-3 / np.cos(np.radians(25.04))
    before, after = ([one for one in bulges(peak) if one.code != "N"] for peak in (39, 41))
    stored = make(bulges(39), tolerance).shapes
    assert remake(before, after, stored, tolerance) is None
