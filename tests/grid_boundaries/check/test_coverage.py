"""One small picture for each rule about ground, with its figures: squares of 101 m by 111 m near Kunming."""

from __future__ import annotations

import pytest
import shapely
from shapely.geometry import shape

from grid_boundaries.check import check_grids
from grid_boundaries.partition import Grid
from tests.support.partitions import polygon, rules_of, square

SQUARE_M2 = 11_177.0
"""A thousandth of a degree each way at 25.04 N."""


def test_two_grids_that_share_a_strip_overlap():
    """A tenth of a square, 10.1 m by 110.8 m, seen without a parent; either may have it."""
    (finding,) = check_grids([square("a", 0, 0, 1, 1), square("b", 0.9, 0, 2, 1)]).findings

    assert (finding.rule, finding.severity, finding.width_class) == ("overlap", "error", "real")
    assert finding.grids == ("a", "b")
    assert finding.area_m2 == pytest.approx(SQUARE_M2 / 10, rel=1e-3)
    assert finding.width_m == pytest.approx(10.09, abs=0.05)
    assert finding.length_m == pytest.approx(finding.area_m2 / finding.width_m)
    assert finding.fixes == ({"action": "assign", "to": "a"}, {"action": "assign", "to": "b"})
    assert (
        finding.message == "Grids a and b overlap by 1,117.89 m² (10.1 m wide, 110.8 m long) at 102.72095, 25.04050."
    )
    assert finding.message_zh == (
        "网格 a、b 重叠 1,117.89 平方米（宽 10.1 米，长 110.8 米），位于东经 102.72095、北纬 25.04050（管理重复）。"
    )
    assert shapely.equals(shape(finding.geometry), square("x", 0.9, 0, 1, 1).shape)


def test_a_hairline_overlap_is_reported_with_its_size():
    """Two grids that share a strip of 1 cm by 110.8 m overlap by 1.1 m2: misaligned, and an error."""
    (finding,) = check_grids([square("a", 0, 0, 1, 1), square("b", 0.9999, 0, 2, 1)]).findings

    assert (finding.rule, finding.severity, finding.width_class) == ("overlap", "error", "misaligned")
    assert finding.width_m == pytest.approx(0.0101, rel=0.01)
    assert finding.area_m2 == pytest.approx(1.12, rel=0.01)
    assert finding.fixes[0] == {"action": "snap"}


def test_ground_of_three_grids_is_one_overlap_of_three():
    """Three squares over one place: pairs where two meet, one finding of all where three do."""
    findings = check_grids([square("a", 0, 0, 2, 2), square("b", 1, 0, 3, 2), square("c", 1, 1, 3, 3)]).findings

    assert ("a", "b", "c") in {finding.grids for finding in findings}
    assert {finding.grids for finding in findings} == {("a", "b"), ("b", "c"), ("a", "b", "c")}


def test_an_overlap_of_a_third_grid_over_a_border_names_the_two_below_apart():
    """A square laid over the border of two: the border has cancelled, and still each has its own half."""
    below = [square("a", 0, 0, 2, 2), square("b", 2, 0, 4, 2)]

    findings = check_grids([*below, square("c", 1, 0.5, 3, 1.5)]).findings

    halves = {finding.grids: finding.area_m2 for finding in findings}
    assert halves == {("a", "c"): pytest.approx(SQUARE_M2, rel=1e-3), ("b", "c"): pytest.approx(SQUARE_M2, rel=1e-3)}


def test_a_grid_within_another_is_contained():
    """A square in the middle of a larger one: the inner is named first, and may be carved out."""
    (finding,) = check_grids([square("outer", 0, 0, 4, 4), square("inner", 1, 1, 2, 2)]).findings

    assert (finding.rule, finding.grids) == ("contained", ("inner", "outer"))
    assert finding.area_m2 == pytest.approx(SQUARE_M2, rel=1e-3)
    assert finding.fixes[0] == {"action": "carve", "grid": "outer", "keep": "inner"}
    assert finding.message.startswith("Grid inner lies wholly on the ground of outer: 11,1")


def test_a_grid_within_another_but_for_noise_is_contained():
    """Its left side reaches 0.2 mm over that of the outer: a rounding, reported as noise."""
    inner = Grid("inner", shapely.box(102.72 - 2e-9, 25.041, 102.721, 25.042))

    findings = check_grids([square("outer", 0, 0, 4, 4), inner]).findings

    assert [(finding.rule, finding.grids) for finding in findings if finding.severity == "error"] == [
        ("contained", ("inner", "outer"))
    ]


def test_the_same_ground_with_more_vertices_is_a_duplicate():
    """A square and the same with an extra vertex: not alike by their points, and each within the other."""
    plain, more = square("a", 0, 0, 2, 2), polygon("b", (0, 0), (1, 0), (2, 0), (2, 2), (0, 2))

    findings = check_grids([plain, more]).findings

    (duplicate,) = (finding for finding in findings if finding.rule == "duplicate-geometry")
    assert duplicate.grids == ("a", "b")


def test_a_hole_of_the_union_is_a_gap_with_its_neighbours():
    """Eight squares around a ninth that is missing; those at the corners are no neighbours."""
    ring = [square(f"{x}{y}", x, y, x + 1, y + 1) for x in range(3) for y in range(3) if (x, y) != (1, 1)]

    (finding,) = check_grids(ring).findings

    assert (finding.rule, finding.severity, finding.width_class) == ("gap", "error", "real")
    assert sorted(finding.grids) == ["01", "10", "12", "21"]
    assert finding.area_m2 == pytest.approx(SQUARE_M2, rel=1e-3)
    assert finding.width_m == pytest.approx(100.9, rel=0.01)
    assert finding.message.startswith("Nobody owns 11,1")
    assert finding.message_zh.startswith("管理空白 11,1")


def test_the_neighbour_with_the_longest_border_is_named_first():
    """A missing strip with one neighbour along its whole side and two along the other."""
    grids = [
        square("z", 0, 2, 4, 3),
        square("a", 0, 0, 1, 1),
        square("b", 1, 0, 4, 1),
        square("l", -1, 0, 0, 3),
        square("r", 4, 0, 5, 3),
    ]

    (gap,) = (finding for finding in check_grids(grids).findings if finding.rule == "gap")

    assert gap.grids[:2] == ("z", "b")


def test_unowned_ground_along_the_parents_edge_is_uncovered_parent():
    """The right half of the parent: 50 % of it, so that the target is missed too."""
    parent = polygon("p", (0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1)).shape

    low, uncovered = check_grids([square("a", 0, 0, 1, 1)], parent, parent_code="p").findings[::-1]

    assert (uncovered.rule, uncovered.grids) == ("uncovered-parent", ("a",))
    assert uncovered.area_m2 == pytest.approx(SQUARE_M2, rel=1e-3)
    assert " along the edge of p beside a at 102.72150, 25.04050." in uncovered.message
    assert low.rule == "low-coverage"


def test_a_gap_inside_a_parent_is_no_uncovered_edge():
    """A missing square that touches the parent's edge in no point."""
    ring = [square(f"{x}{y}", x, y, x + 1, y + 1) for x in range(3) for y in range(3) if (x, y) != (1, 1)]
    parent = shapely.Polygon(shapely.coverage_union_all([grid.shape for grid in ring]).exterior)

    assert rules_of(check_grids(ring, parent).findings) == {"gap", "low-coverage"}


def test_ground_beyond_the_parent_is_outside_parent():
    """Two squares side by side in a parent that ends half-way up the second."""
    parent = polygon("p", (0, 0), (1, 0), (2, 0), (2, 0.5), (1, 0.5), (1, 1), (0, 1)).shape
    grids = [
        polygon("a", (0, 0), (1, 0), (1, 0.5), (1, 1), (0, 1)),
        polygon("b", (1, 0), (2, 0), (2, 0.5), (2, 1), (1, 1), (1, 0.5)),
    ]

    (finding,) = check_grids(grids, parent, parent_code="p").findings

    assert (finding.rule, finding.severity, finding.grids) == ("outside-parent", "error", ("b",))
    assert finding.area_m2 == pytest.approx(SQUARE_M2 / 2, rel=1e-3)
    assert finding.fixes == ({"action": "clip", "grid": "b"},)
    assert finding.message.startswith("Grid b reaches 5,589.45 m²")


def test_a_missing_vertex_is_named_with_who_lacks_it():
    """One long square beside two short ones: it lacks the corner between them, and no ground is in doubt."""
    grids = [square("long", 0, 0, 1, 2), square("low", 1, 0, 2, 1), square("high", 1, 1, 2, 2)]

    (finding,) = check_grids(grids).findings

    assert (finding.rule, finding.severity, finding.width_class) == ("unmatched-vertex", "error", "misaligned")
    assert finding.grids == ("long", "high", "low")
    assert finding.area_m2 == 0
    assert finding.place == (102.721, 25.041)
    assert finding.fixes == ({"action": "insert-vertex", "lon": 102.721, "lat": 25.041, "grid": "long"},)
    assert (
        finding.message
        == "Grid long lacks a vertex that high and low have on their common edge at 102.72100, 25.04100."
    )
    assert (
        finding.message_zh
        == "网格 long 的公共边上缺少一个顶点，而 high、low 有该顶点，位于东经 102.72100、北纬 25.04100。"
    )


def test_a_vertex_that_the_parent_lacks_is_named_without_a_code():
    """Two squares in a parent of four corners: it lacks two."""
    grids = [square("a", 0, 0, 1, 1), square("b", 1, 0, 2, 1)]

    findings = check_grids(grids, square("p", 0, 0, 2, 1).shape).findings

    assert [finding.rule for finding in findings] == ["unmatched-vertex"] * 2
    assert findings[0].grids == ("a", "b")
    assert findings[0].message.startswith("The parent lacks a vertex that a and b have on their common edge")


def test_vertices_that_only_the_given_outline_lacks_are_noise_and_the_tiling_is_proved():
    """Two squares in an outline of four corners: two remarks, seven edges, equal areas."""
    report = check_grids([square("a", 0, 0, 1, 1), square("b", 1, 0, 2, 1)], square("p", 0, 0, 2, 1).shape)

    assert report.valid
    assert [(finding.severity, finding.width_class) for finding in report.findings] == [("info", "noise")] * 2
    assert report.certificate["edges"] == 7


def test_a_vertex_that_a_sibling_lacks_too_stays_an_error():
    """A long square beside two short ones, which have a corner between them on its side."""
    grids = [square("long", 0, 0, 1, 2), square("low", 1, 0, 2, 1), square("high", 1, 1, 2, 2)]

    report = check_grids(grids, polygon("p", (0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2)).shape)

    assert [(finding.severity, finding.grids[0]) for finding in report.findings] == [("error", "long")]
    assert report.certificate is None


def test_the_corners_of_an_overlap_are_no_unmatched_vertices():
    """Squares that share a tenth, in a parent of four corners: the overlap alone."""
    grids = [square("a", 0, 0, 10, 1), square("b", 9, 0, 20, 1)]

    assert rules_of(check_grids(grids, square("p", 0, 0, 20, 1).shape).findings) == {"overlap"}


def test_a_corner_that_touches_an_edge_needs_no_vertex_there():
    """A diamond whose tip rests on the side of a square, with open ground on both sides."""
    square_below = square("a", 0, 0, 4, 1)
    diamond = polygon("b", (2, 1), (3, 2), (2, 3), (1, 2))

    assert "unmatched-vertex" not in rules_of(check_grids([square_below, diamond]).findings)


def test_touching_polygons_for_which_floating_point_overlay_fails_are_no_overlap():
    """Two squares a unit in the last place apart: GEOS is known to return a whole polygon as their intersection."""
    left = square("a", 0, 0, 1, 1).shape
    nudged = shapely.Polygon([(102.721, 25.04), (102.722, 25.04), (102.722, 25.041), (102.72100000000001, 25.041)])

    assert check_grids([Grid("a", left), Grid("b", nudged)]).findings == ()


def test_what_coverage_is_valid_passes_is_found():
    """A missing square and a slit of 1 m: GEOS calls both sets valid coverages."""
    ring = [square(f"{x}{y}", x, y, x + 1, y + 1) for x in range(3) for y in range(3) if (x, y) != (1, 1)]
    apart = [square("a", 0, 0, 1, 1), square("b", 1.01, 0, 2, 1)]

    for grids in (ring, apart):
        assert shapely.coverage_is_valid([grid.shape for grid in grids])
        assert rules_of(check_grids(grids).findings) >= {"gap"}


def test_a_vertex_that_a_sibling_lacks_is_an_error_on_the_outline_too():
    """A grid outside touches the parent's edge; the one inside lacks its two corners as the outline does.

    The corner that only the outline lacks is a remark.
    """
    parent = square("", 0, 0, 10, 10).shape
    inside = polygon("a", (0, 0), (2, 0), (10, 0), (10, 10), (0, 10))

    found = check_grids([inside, square("b", 4, -3, 7, 0)], parent, parent_code="p").findings

    lone = sorted((one.severity, one.grids) for one in found if one.rule == "unmatched-vertex")
    assert lone == [("error", ("a", "b"))] * 2 + [("error", ("p", "b"))] * 2 + [("info", ("p", "a"))]
