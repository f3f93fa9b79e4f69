from __future__ import annotations

import pytest
import shapely
from shapely.geometry import box

from grid_boundaries.check import CheckRules, check_grids, check_tree
from grid_boundaries.partition import Grid
from tests.support.partitions import square


def test_a_code_borne_twice_is_one_finding_with_both_places():
    """Two squares side by side under one code."""
    (finding,) = check_grids([square("a", 0, 0, 1, 1), square("a", 1, 0, 2, 1)]).findings

    assert (finding.rule, finding.severity, finding.grids) == ("duplicate-code", "error", ("a",))
    assert len(finding.geometry["coordinates"]) == 2
    assert (
        finding.message == "The code a stands for 2 grids, the first at 102.72050, 25.04050; a code names one grid."
    )


def test_a_code_whose_bearers_have_no_shape_has_no_place():
    """Two grids without a valid polygon."""
    findings = check_grids([Grid("a", shapely.Polygon()), Grid("a", shapely.Polygon())]).findings

    (finding,) = (finding for finding in findings if finding.rule == "duplicate-code")
    assert finding.geometry is None
    assert finding.place is None


def test_the_same_polygon_twice_is_a_duplicate_and_no_overlap():
    """Rings that start elsewhere and run the other way; shared ground counts once."""
    one = square("a", 0, 0, 1, 1)
    ring = list(one.shape.exterior.coords)[:-1]
    report = check_grids([one, Grid("b", shapely.Polygon([*ring[2:], *ring[:2]][::-1]))])

    (finding,) = report.findings

    assert (finding.rule, finding.grids) == ("duplicate-geometry", ("a", "b"))
    assert finding.area_m2 == pytest.approx(11_178.9, rel=1e-4)
    assert report.summary["overlap_area_m2"] == finding.area_m2


def test_other_faults_of_a_doubled_polygon_are_told_once():
    """Three grids of one polygon, and a neighbour over half of them: one duplicate, one overlap."""
    grids = [square(code, 0, 0, 1, 1) for code in "cab"] + [square("d", 0.5, 0, 2, 1)]

    findings = check_grids(grids).findings

    assert [(finding.rule, finding.grids) for finding in findings] == [
        ("duplicate-geometry", ("a", "b", "c")),
        ("overlap", ("a", "d")),
    ]


def test_polygons_in_one_box_need_not_be_the_same():
    """Two triangles that make a square together."""
    lower = shapely.Polygon([(102, 25), (103, 25), (103, 26)])
    upper = shapely.Polygon([(102, 25), (103, 26), (102, 26)])
    corner = shapely.Polygon([(102, 25), (103, 25), (102, 26)])

    assert check_grids([Grid("a", lower), Grid("b", upper)]).valid
    assert "duplicate-geometry" not in {f.rule for f in check_grids([Grid("a", lower), Grid("b", corner)]).findings}


def test_an_only_child_may_have_its_parents_polygon():
    """Street and community of one square: of two families, so no duplicate."""
    grids = [Grid("s", box(102, 25, 103, 26), "street"), Grid("c", box(102, 25, 103, 26), "community", "s")]

    assert check_tree(grids, CheckRules(), ["street", "community"]).findings == ()
