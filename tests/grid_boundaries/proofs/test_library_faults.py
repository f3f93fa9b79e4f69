"""Faults of the geometry library that were reported, on the inputs that were reported, and what our check says there.

Each test asks the library first.  It may still be wrong in the way that is known, or have been mended: both pass, and
which of the two is recorded as a property of the test (``pytest --junit-xml``).  Any third answer fails: somebody
should look.  Then our check must be right, whatever the library does.

Inputs are scaled by powers of two where they were no degrees, which keeps every bit of their mantissas.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from grid_boundaries.check import check_grids
from grid_boundaries.check.second_opinions import second_opinions
from grid_boundaries.partition import Grid
from tests.support.coverages import Build, coverage
from tests.support.injury import GAPS, OVERLAPS
from tests.support.partitions import overlay, polygon, random_partition, rules_of, square


@pytest.fixture
def library(request):
    """Record what the library answers; it must be what is known to be wrong, or right."""

    def answer(issue, *, is_wrong, is_right):
        told = "still wrong" if is_wrong else "mended" if is_right else "another answer"
        request.node.user_properties.append((issue, told))
        assert is_wrong or is_right, f"{issue}: the library has a third answer"

    return answer


def scaled(corners, factor):
    return shapely.Polygon([(x * factor, y * factor) for x, y in corners])


TOUCHING = {
    "shapely#2368": (
        [
            (-295.25030351249666, 4.236074061427525),
            (-295.08711234218333, -2.301948231163383),
            (-314.64218025800653, -2.7900491087570383),
            (-314.80537142831986, 3.7479731838338695),
        ],
        [
            (-275.69523559667346, 4.7241749390211805),
            (-275.53204442636013, -1.8138473535697273),
            (-295.08711234218333, -2.3019482311633825),
            (-295.25030351249666, 4.236074061427525),
        ],
        0.25,
    ),
    "shapely#1871": (
        [(446, -207), (315, -75.99999999999999), (557, -76)],
        [(184, -207), (315, -76), (446, -207), (315, -338)],
        0.25,
    ),
}


@pytest.mark.parametrize("issue", TOUCHING)
def test_polygons_that_touch_to_the_last_bit_have_no_ground_in_common(library, issue):
    """The library's intersection is a whole polygon; the check rounds to the lattice first, and finds nothing."""
    first, second, factor = TOUCHING[issue]
    one, other = scaled(first, factor), scaled(second, factor)
    shared = shapely.intersection(one, other).area

    library(issue, is_wrong=shared > 0.4 * min(one.area, other.area), is_right=shared < 1e-9)

    findings = check_grids([Grid("a", one), Grid("b", other)]).findings
    assert not rules_of(findings) & OVERLAPS
    # Fixed precision, on which the oracle of these tests and the second opinions rest, is right too.
    assert shapely.intersection(one, other, grid_size=1e-9).area == 0


def test_a_union_that_loses_a_polygon_does_not_reach_the_report(library):
    """shapely#2368: floating-point union of the two is one of them; the check and the second opinions see both."""
    first, second, factor = TOUCHING["shapely#2368"]
    one, other = scaled(first, factor), scaled(second, factor)
    whole = one.area + other.area
    united = shapely.union(one, other).area

    library("shapely#2368 union", is_wrong=united < 0.6 * whole, is_right=math.isclose(united, whole, rel_tol=1e-9))

    report = check_grids([Grid("a", one), Grid("b", other)])
    assert report.summary["overlap_area_m2"] == 0
    assert second_opinions([Grid("a", one), Grid("b", other)]) == []


def test_a_narrow_gap_is_found_whatever_the_tolerance(library):
    """jts#1122, the extract that was reported.  With a gap width of 0.00001 the validator fails it, with 1 it passes.

    The gap is 0.03 mm wide in degrees, less than a step of the lattice: there the vertex is told of that one side
    lacks.  Sixteen times as large, it is 0.4 mm wide and 2 km long, and a gap.
    """
    left = shapely.from_wkt(
        "POLYGON ((1.4021184536698854 1.655211920135038, 1.4021184539862759 1.6552119201560487, "
        "1.4021299999999997 1.6559219999999968, 1.4021410000000003 1.6566259999999957, 1.4021410000000003 1.658296, "
        "1.406 1.654, 1.4021184536698854 1.655211920135038))"
    )
    right = shapely.from_wkt(
        "POLYGON ((1.406 1.654, 1.4 1.65, 1.4021410000000003 1.658296, 1.4021410000000003 1.6566259999999957, "
        "1.4021365939839114 1.6563440149706494, 1.4021299996998664 1.6559220002002917, "
        "1.4021184536698854 1.655211920135038, 1.406 1.654))"
    )
    narrow, wide = (shapely.coverage_is_valid([left, right], gap_width=width) for width in (1e-5, 1.0))

    library("jts#1122", is_wrong=bool(wide) and not narrow, is_right=not wide and not narrow)

    (finding,) = check_grids([Grid("left", left), Grid("right", right)]).findings
    assert (finding.rule, finding.severity, finding.grids) == ("unmatched-vertex", "error", ("left", "right"))
    larger = [
        Grid(one.code, shapely.transform(one.shape, lambda points: points * 16))
        for one in (Grid("left", left), Grid("right", right))
    ]
    holes = shapely.union_all([one.shape for one in larger], grid_size=1e-9).interiors
    (gap,) = (one for one in check_grids(larger).findings if one.rule == "gap")
    assert set(gap.grids) == {"left", "right"}
    assert gap.width_m == pytest.approx(0.00041, rel=0.02)
    assert shapely.geometry.shape(gap.geometry).area == pytest.approx(
        sum(shapely.Polygon(ring).area for ring in holes), rel=0.01
    )


@pytest.mark.parametrize("gap_width", [0.1e-3, 0.2e-3, 0.5e-3, 1e-3, 5e-3])
def test_a_sliver_between_two_grids_is_a_gap_at_every_width(library, gap_width):
    """geos#1251: a triangle 10 m by 111 m is seen by the validator at a gap width of 0.0002 degree, not above."""
    grids = [
        polygon("a", (0, 0), (2, 0), (2, 1), (2, 2), (2, 3), (0, 3)),
        polygon("b", (2, 0), (4, 0), (4, 3), (2, 3), (2, 2), (2.1, 1.5), (2, 1)),
    ]
    valid = shapely.coverage_is_valid([grid.shape for grid in grids], gap_width=gap_width)

    library("geos#1251", is_wrong=bool(valid), is_right=not valid)

    (gap,) = check_grids(grids).findings
    assert (gap.rule, set(gap.grids)) == ("gap", {"a", "b"})
    assert gap.area_m2 == pytest.approx(11_177 / 20, rel=0.001)


def test_a_cleaned_coverage_that_no_longer_fills_its_parent_is_told(library):
    """jts#1129: every grid shifted by its own metre and cleaned: valid to the library, torn along the outskirts."""
    partition = random_partition(6, 14)
    rng = np.random.default_rng(1)
    shifted = [shapely.affinity.translate(one.shape, *rng.uniform(-1e-5, 1e-5, 2)) for one in partition.grids]
    cleaned = np.array(shapely.coverage_clean(shifted, gap_width=1e-4, snapping_distance=1e-5))
    uncovered = shapely.difference(partition.parent, shapely.union_all(cleaned, grid_size=1e-9), grid_size=1e-9).area

    library(
        "jts#1129", is_wrong=bool(shapely.coverage_is_valid(cleaned)) and uncovered > 1e-9, is_right=uncovered < 1e-9
    )

    grids = [Grid(one.code, shape) for one, shape in zip(partition.grids, cleaned, strict=True)]
    report = check_grids(grids, partition.parent)
    expected = overlay(grids, partition.parent)
    assert not report.valid
    assert report.summary["gap_area_m2"] == pytest.approx(expected.gap, rel=0.01)
    assert sum(one.area_m2 for one in report.findings if one.rule == "outside-parent") == pytest.approx(
        expected.outside, rel=0.01
    )


def test_a_coverage_union_of_overlapping_grids_does_not_reach_the_report(library):
    """geos#889: union by cancelling edges of two squares that share half of one: the area comes out too large."""
    grids = [square("a", 0, 0, 2, 2), square("b", 1, 0, 3, 2)]
    try:
        united = shapely.coverage_union_all([grid.shape for grid in grids])
    except shapely.GEOSException:
        united = None
    right = shapely.union_all([grid.shape for grid in grids], grid_size=1e-9).area

    library(
        "geos#889",
        is_wrong=united is not None and (not united.is_valid or not math.isclose(united.area, right, rel_tol=1e-6)),
        is_right=united is None or math.isclose(united.area, right, rel_tol=1e-6),
    )

    report = check_grids(grids)
    assert rules_of(report.findings) == {"overlap"}
    assert report.summary["overlap_area_m2"] == pytest.approx(overlay(grids, grids[0].shape).overlaps["a", "b"])


def test_a_grid_cut_in_two_by_snapping_is_told(library):
    """geos#1476: a waist of 0.2 m, snapped at 0.5 m: the library hands back two pieces, the check says so."""
    half = 1e-6
    waisted = shapely.Polygon(
        [
            (102.72, 25.04),
            (102.721, 25.04),
            (102.721, 25.0405 - half),
            (102.722, 25.0405 - half),
            (102.722, 25.04),
            (102.723, 25.04),
            (102.723, 25.041),
            (102.722, 25.041),
            (102.722, 25.0405 + half),
            (102.721, 25.0405 + half),
            (102.721, 25.041),
            (102.72, 25.041),
        ]
    )
    (cleaned,) = shapely.coverage_clean([waisted], snapping_distance=5e-6)

    library("geos#1476", is_wrong=cleaned.geom_type == "MultiPolygon", is_right=cleaned.geom_type == "Polygon")

    assert check_grids([Grid("a", waisted, "unit_grid")]).findings == ()
    parts = shapely.MultiPolygon(
        [shapely.box(102.72, 25.04, 102.721, 25.041), shapely.box(102.722, 25.04, 102.723, 25.041)]
    )
    assert rules_of(check_grids([Grid("a", parts, "unit_grid")]).findings) == {"multipart"}


def test_a_vertex_that_makes_the_cleaner_merge_two_grids_is_told_as_a_vertex(library):
    """geos#1525: 4.5 and 1.5 with an unmatched vertex between; cleaned, the first has all, the second nothing."""
    one = polygon("a", (1, 0), (1, 1), (1, 3), (4, 0))
    other = polygon("b", (0, 4), (1, 3), (1, 0))
    reported = [
        shapely.from_wkt("POLYGON ((1 0, 1 1, 1 3, 4 0, 1 0))"),
        shapely.from_wkt("POLYGON ((0 4, 1 3, 1 0, 0 4))"),
    ]
    cleaned = shapely.coverage_clean(reported, snapping_distance=0)
    areas = [shape.area for shape in cleaned]

    library("geos#1525", is_wrong=min(areas) == 0, is_right=np.allclose(areas, [4.5, 1.5]))

    (finding,) = check_grids([one, other]).findings
    assert (finding.rule, finding.grids) == ("unmatched-vertex", ("b", "a"))
    assert finding.area_m2 == 0


def test_what_the_validator_cannot_see_is_found(library):
    """A missing grid, a bow-tie, a grid that overlaps itself: all "valid coverages" to the library."""
    ring = [square(f"{x}{y}", x, y, x + 1, y + 1) for x in range(3) for y in range(3) if (x, y) != (1, 1)]
    bow_tie = [Grid("a", shapely.Polygon([(102, 25), (103, 26), (103, 25), (102, 26)]))]
    twice = [
        Grid("a", shapely.MultiPolygon([square("", 0, 0, 2, 2).shape, square("", 1, 1, 3, 3).shape])),
        square("b", 9, 9, 10, 10),
    ]
    passed = [bool(shapely.coverage_is_valid([one.shape for one in grids])) for grids in (ring, bow_tie, twice)]

    library("coverage_is_valid", is_wrong=any(passed), is_right=not any(passed))

    assert rules_of(check_grids(ring).findings) == {"gap"}
    assert "invalid-geometry" in rules_of(check_grids(bow_tie).findings)
    assert "invalid-geometry" in rules_of(check_grids(twice).findings)


def test_the_validator_fails_a_clean_coverage_for_noise_in_the_last_bit(library):
    """Twelve hexagons whose vertices differ in the last place: no coverage to the library, proved by the check."""
    partition = coverage(Build(2, "hexagons", count=12))
    rng = np.random.default_rng(3)
    noisy = [
        Grid(one.code, shapely.transform(one.shape, lambda points: _close(np.nextafter(points, _way(rng, points)))))
        for one in partition.grids
    ]
    valid = shapely.coverage_is_valid([one.shape for one in noisy])

    library("last bit", is_wrong=not valid, is_right=bool(valid))

    report = check_grids(noisy, partition.parent)
    assert report.findings == ()
    assert report.certificate is not None
    assert not rules_of(report.findings) & GAPS


def _way(rng, points):
    return rng.choice([-np.inf, np.inf], points.shape)


def _close(points):
    points[-1] = points[0]
    return points
