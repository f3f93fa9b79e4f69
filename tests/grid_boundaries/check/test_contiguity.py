from __future__ import annotations

import numpy as np
import shapely

from grid_boundaries.check import CheckRules, check_grids, check_tree
from grid_boundaries.partition import Grid
from tests.support.partitions import polygon, square

OUTER = Grid("outer", shapely.Polygon(square("", 0, 0, 3, 3).shape.exterior, [square("", 1, 1, 2, 2).shape.exterior]))


def test_a_grid_that_fills_the_hole_of_another_is_an_enclave():
    """A remark: the inner first; the set is valid."""
    report = check_grids([OUTER, square("inner", 1, 1, 2, 2)])

    (finding,) = report.findings
    assert (finding.rule, finding.severity, finding.grids) == ("enclave", "info", ("inner", "outer"))
    assert report.valid


def test_two_grids_in_one_hole_are_no_enclaves():
    """Each has the other for a neighbour as well."""
    hole = [(1, 1), (1.5, 1), (2, 1), (2, 2), (1.5, 2), (1, 2)]
    ring = [(102.72 + x / 1000, 25.04 + y / 1000) for x, y in hole]
    outer = Grid("outer", shapely.Polygon(OUTER.shape.exterior, [ring]))

    assert check_grids([outer, square("a", 1, 1, 1.5, 2), square("b", 1.5, 1, 2, 2)]).findings == ()


def test_groups_that_share_no_edge_are_named_but_for_the_largest():
    """Two squares side by side and two far away, one of which touches the other in a corner only."""
    grids = [square("a", 0, 0, 1, 1), square("b", 1, 0, 2, 1), square("c", 50, 0, 51, 1), square("d", 51, 1, 52, 2)]

    findings = check_grids(grids).findings

    assert [(finding.rule, finding.severity, finding.grids) for finding in findings] == [
        ("not-contiguous", "info", ("c",)),
        ("not-contiguous", "info", ("d",)),
    ]
    assert findings[0].message == "Grid c shares no edge with the rest at 102.77050, 25.04050."


def test_a_grid_on_two_islands_joins_them():
    """Mainland and island under one code, a neighbour on each."""
    both = Grid("m", shapely.MultiPolygon([square("", 0, 0, 1, 1).shape, square("", 50, 0, 51, 1).shape]), "district")
    grids = [both, square("a", 1, 0, 2, 1, level="district"), square("b", 51, 0, 52, 1, level="district")]

    assert check_grids(grids).findings == ()


def test_remarks_can_be_left_out():
    """The same enclave and islands."""
    quiet = CheckRules(contiguity=False)

    assert check_grids([OUTER, square("inner", 1, 1, 2, 2), square("c", 50, 0, 51, 1)], rules=quiet).findings == ()


def corners(*places):
    """Return a polygon by its corners in thousandths of a degree."""
    return polygon("", *places).shape


CORNERED = Grid("s", shapely.MultiPolygon([square("", 0, 0, 1, 1).shape, square("", 1, 1, 2, 2).shape]), "district")
"""Two squares that meet in one point: valid as two parts."""


def test_children_that_meet_in_a_corner_alone_are_told_inside_their_parent():
    """A remark, and the ground is proved all the same."""
    children = [square("a", 0, 0, 1, 1, parent="s"), square("b", 1, 1, 2, 2, parent="s")]

    report = check_tree([CORNERED, *children], CheckRules(), ())

    assert [(one.rule, one.severity, one.grids) for one in report.findings] == [("not-contiguous", "info", ("b",))]
    assert report.certificate is not None


def test_children_on_islands_are_told_inside_a_given_outline():
    """Two squares and one far away; the outline lacks a vertex besides."""
    outline = shapely.MultiPolygon([square("", 0, 0, 2, 1).shape, square("", 9, 0, 10, 1).shape])
    grids = [square("a", 0, 0, 1, 1), square("b", 1, 0, 2, 1), square("island", 9, 0, 10, 1)]

    report = check_grids(grids, outline)

    assert [one.grids for one in report.findings if one.rule == "not-contiguous"] == [("island",)]
    assert report.certificate is not None


def test_neighbours_whose_edges_do_not_meet_are_told_for_that_alone():
    """A vertex that one side lacks leaves no edge in common; that is no island."""
    parent = Grid("s", corners((0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1)))
    lacking = [
        Grid("a", corners((0, 0), (1, 0), (1, 0.5), (1, 1), (0, 1)), parent="s"),
        square("b", 1, 0, 2, 1, parent="s"),
    ]

    assert {one.rule for one in check_tree([parent, *lacking], CheckRules(), ()).findings} == {"unmatched-vertex"}


def test_a_long_chain_hangs_together():
    """400 grids in a row, in a random order of codes."""
    order = np.random.default_rng(3).permutation(400)
    grids = [square(f"{code:03d}", i, 0, i + 1, 1) for i, code in enumerate(order)]
    outline = shapely.coverage_union_all([grid.shape for grid in grids])

    assert check_grids(grids, outline).findings == ()
