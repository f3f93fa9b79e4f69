from __future__ import annotations

import pytest
import shapely

from grid_boundaries.check import CheckRules, check_tree, is_tree
from grid_boundaries.partition import Grid
from tests.support.partitions import random_partition, rules_of, square

LEVELS = ("district", "street", "community", "unit_grid")


def tree(seed=2):
    """Return a district of two streets, tiled by the cells of a random partition."""
    partition = random_partition(seed, 12)
    west = [grid for grid in partition.grids if grid.shape.centroid.x < partition.parent.centroid.x]
    cells = [Grid(grid.code, grid.shape, "community", "west" if grid in west else "east") for grid in partition.grids]

    def street(code):
        shapes = [cell.shape for cell in cells if cell.parent == code]
        return Grid(code, shapely.coverage_union_all(shapes), "street", "d")

    return [Grid("d", partition.parent, "district"), street("west"), street("east"), *cells]


def check(grids, levels=LEVELS):
    """Check a tree by the default rules."""
    return check_tree(grids, CheckRules(), levels)


def test_a_tree_in_which_children_tile_their_parents_is_proved():
    """Three families: the district, and two streets."""
    report = check(tree())

    assert report.findings == ()
    assert report.certificate["families"] == 3
    assert report.certificate == check(tree()[::-1]).certificate


def test_a_fault_at_one_level_appears_at_that_level_alone():
    """A community is missing: a hole in its street, none in the district."""
    grids = [grid for grid in tree() if grid.code != "g03"]
    street = next(grid.parent for grid in tree() if grid.code == "g03")

    report = check(grids)

    assert rules_of(report.findings) <= {"gap", "uncovered-parent", "low-coverage"}
    assert {finding.grids for finding in report.findings if finding.rule == "low-coverage"} == {(street,)}
    assert report.certificate is None
    assert 0 < report.summary["coverage_ratio"] < 1


def test_a_root_alone_has_to_be_valid_only():
    """One district without children."""
    assert check([square("d", 0, 0, 1, 1, level="district")]).findings == ()


def test_several_roots_must_keep_apart():
    """Two districts that overlap by half a square."""
    grids = [square("a", 0, 0, 1, 1, level="district"), square("b", 0.5, 0, 2, 1, level="district")]

    (finding,) = check(grids).findings

    assert (finding.rule, finding.grids) == ("overlap", ("a", "b"))


def test_a_parent_that_is_not_there_is_named():
    """A street of a district that nobody sent."""
    (finding,) = check([square("s", 0, 0, 1, 1, level="street", parent="x")]).findings

    assert (finding.rule, finding.severity, finding.grids) == ("unknown-parent", "error", ("s",))
    assert finding.message == "Grid s names the parent x, which is not among the grids."


@pytest.mark.parametrize("code", ["", "a b", "网格", "x" * 33, "a-1", "a\n"])
def test_a_code_of_another_form_is_bad(code):
    """1 to 32 letters and digits, nothing else."""
    findings = check([square(code, 0, 0, 1, 1, level="district")]).findings

    assert [finding.rule for finding in findings] == ["bad-code"]


def test_a_level_that_is_not_in_use_is_bad():
    """A hamlet."""
    (finding,) = check([square("a", 0, 0, 1, 1, level="hamlet")]).findings

    assert finding.rule == "bad-code"
    assert finding.message == "Grid a has the level 'hamlet'; the levels are district, street, community, unit_grid."


def test_levels_do_not_matter_where_none_are_given():
    """The tree without its levels."""
    grids = [Grid(grid.code, grid.shape, parent=grid.parent) for grid in tree()]

    assert check(grids, ()).findings == ()


def test_a_parent_of_the_same_level_is_refused():
    """A street under a street."""
    grids = [square("a", 0, 0, 1, 1, level="street"), square("b", 0, 0, 1, 1, level="street", parent="a")]

    (finding,) = check(grids).findings

    assert finding.rule == "unknown-parent"
    assert finding.message == "Grid b of level street has the parent a of level street, which is not above it."


def test_grids_that_are_their_own_ancestors_are_named():
    """Two that are each other's parents; one that is its own."""
    grids = [
        square("a", 0, 0, 1, 1, level="street", parent="b"),
        square("b", 0, 0, 1, 1, level="street", parent="a"),
        square("c", 5, 0, 6, 1, level="street", parent="c"),
    ]

    findings = [finding for finding in check(grids).findings if finding.rule == "unknown-parent"]

    assert [finding.grids for finding in findings] == [("a",), ("b",), ("c",)]
    assert findings[0].message == "Grid a is its own ancestor by way of its parent b."


def test_a_parent_without_a_valid_shape_leaves_its_children_to_themselves():
    """A bow-tie of a street with two communities that overlap: both faults are told."""
    bow_tie = shapely.Polygon([(102, 25), (103, 26), (103, 25), (102, 26)])
    grids = [
        Grid("s", bow_tie, "street"),
        square("a", 0, 0, 2, 1, level="community", parent="s"),
        square("b", 1, 0, 3, 1, level="community", parent="s"),
    ]

    assert rules_of(check(grids).findings) == {"invalid-geometry", "overlap"}


def test_a_tree_is_told_from_a_set():
    """Some grid is the parent of another; a parent that is not there makes no tree."""
    assert is_tree(tree())
    assert not is_tree([square("s", 0, 0, 1, 1, parent="x")])
    assert not is_tree([])


def test_a_vertex_that_a_parent_of_the_tree_lacks_is_an_error():
    """A district of four corners around two streets: it is a grid itself, with neighbours to meet."""
    streets = [Grid(code, square("", west, 0, west + 1, 1).shape, "street", "d") for west, code in enumerate("ab")]

    report = check([Grid("d", square("", 0, 0, 2, 1).shape, "district"), *streets])

    assert [(finding.rule, finding.severity) for finding in report.findings] == [("unmatched-vertex", "error")] * 2
