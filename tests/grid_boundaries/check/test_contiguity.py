from __future__ import annotations

import shapely

from grid_boundaries.check import CheckRules, check_grids
from grid_boundaries.partition import Grid
from tests.support.partitions import square

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
