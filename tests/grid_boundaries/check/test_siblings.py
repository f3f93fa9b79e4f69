"""The check as a whole, by what must hold whatever the partition: faults are planted, and all of them found."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from shapely import affinity

from grid_boundaries.check import CheckRules, check_grids
from grid_boundaries.partition import Grid, on_lattice
from grid_boundaries.projection import straight_area_m2
from tests.support.partitions import Partition, area_by_pair, overlay, polygon, random_partition, rules_of, square

seeds = st.integers(0, 400)
cells = st.integers(3, 16)
sizes_m = st.floats(math.log(0.05), math.log(500)).map(math.exp)
checked = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def plant(partition: Partition, kind: str, number: int, size_m: float, angle: float) -> list[Grid]:
    """Return the grids with one fault: moved, grown or shrunk by some metres, dropped or doubled."""
    number %= len(partition.grids)
    if kind == "drop":
        return [grid for i, grid in enumerate(partition.grids) if i != number]
    if kind == "double":
        return [*partition.grids, Grid("twin", partition.grids[number].shape)]
    if kind == "move":
        east, north = size_m * math.cos(angle), size_m * math.sin(angle)
        return partition.redraw(number, lambda shape: affinity.translate(shape, east, north))
    sign = 1 if kind == "grow" else -1
    return partition.redraw(number, lambda shape: shape.buffer(sign * size_m, join_style="mitre"))


@checked
@given(seeds, cells, st.sampled_from([0.005, 0.05, 0.2]))
def test_a_clean_partition_has_no_finding_and_a_certificate(seed, count, width_deg):
    """Random cells of 100 m to 10 km; GEOS agrees by its own way."""
    partition = random_partition(seed, count, width_deg)

    report = check_grids(partition.grids, partition.parent)

    assert report.findings == ()
    assert report.certificate is not None
    assert shapely.coverage_is_valid([grid.shape for grid in partition.grids])


@checked
@given(seeds, cells, st.sampled_from([0.005, 0.05, 0.2]))
def test_a_clean_partition_has_no_finding_without_its_parent(seed, count, width_deg):
    """The outline is left over then, and is no gap; nothing is proved, since nothing says where the ground ends."""
    report = check_grids(random_partition(seed, count, width_deg).grids)

    assert report.findings == ()
    assert report.certificate is None


@checked
@given(
    seeds,
    cells,
    st.sampled_from(["move", "drop", "double", "grow", "shrink"]),
    st.integers(0, 99),
    sizes_m,
    st.floats(0, 2 * math.pi),
)
def test_every_planted_fault_is_found_with_its_grids_and_its_area(seed, count, kind, number, size_m, angle):
    """5 cm to 500 m: each pair's shared ground, the unowned and the outlying agree with overlay by 1 % or 0.5 m2."""
    partition = random_partition(seed, count)
    grids = plant(partition, kind, number, size_m, angle)
    assume(all(grid.shape.is_valid and grid.shape.area > 0 for grid in grids))
    expected = overlay(grids, partition.parent)

    report = check_grids(grids, partition.parent)

    assert not report.valid
    assert report.certificate is None
    found = area_by_pair(report.findings)
    for pair in found.keys() | expected.overlaps.keys():
        assert found.get(pair, 0.0) == pytest.approx(expected.overlaps.get(pair, 0.0), rel=0.01, abs=0.5)
    assert report.summary["gap_area_m2"] == pytest.approx(expected.gap, rel=0.01, abs=0.5)
    outside = sum(finding.area_m2 for finding in report.findings if finding.rule == "outside-parent")
    assert outside == pytest.approx(expected.outside, rel=0.01, abs=0.5)


@checked
@given(seeds, st.integers(0, 10**6))
def test_an_inner_grid_that_is_missing_is_one_gap_even_without_a_parent(seed, pick):
    """The gap is as large as the grid, and its neighbours are those that GEOS says touch it along an edge."""
    partition = random_partition(seed, 14)
    outline = partition.parent.exterior
    inner = [grid for grid in partition.grids if grid.shape.distance(outline) > 0]
    assume(inner)
    lost = inner[pick % len(inner)]
    others = [grid for grid in partition.grids if grid is not lost]

    (gap,) = check_grids(others).findings

    assert gap.rule == "gap"
    assert shapely.equals(shapely.geometry.shape(gap.geometry), lost.shape)
    beside = {grid.code for grid in others if grid.shape.boundary.intersection(lost.shape.boundary).length > 0}
    assert set(gap.grids) == beside


@checked
@given(seeds, st.integers(0, 10**6), st.floats(0.1, 0.9))
def test_a_vertex_of_one_grid_on_a_shared_edge_is_unmatched_and_nothing_else(seed, pick, share):
    """A T-junction: overlap 0, gap 0; the point is on the lattice, so up to 0.1 mm off the edge."""
    partition = random_partition(seed, 8)
    edges = [
        (number, i) for number, grid in enumerate(partition.grids) for i in range(len(grid.shape.exterior.coords) - 1)
    ]
    number, i = edges[pick % len(edges)]
    ring = list(partition.grids[number].shape.exterior.coords)
    middle = tuple((1 - share) * np.array(ring[i]) + share * np.array(ring[i + 1]))
    assume(math.dist(ring[i], ring[i + 1]) > 1e-7)
    grids = list(partition.grids)
    grids[number] = Grid(grids[number].code, shapely.Polygon([*ring[: i + 1], middle, *ring[i + 1 :]]))

    (finding,) = check_grids(grids, partition.parent, parent_code="whole").findings

    assert finding.rule == "unmatched-vertex"
    assert finding.severity == ("info" if finding.grids[0] == "whole" else "error")
    assert finding.grids[1:] == (grids[number].code,)
    assert finding.place == pytest.approx(middle, abs=1e-9)
    lacking = finding.grids[0]
    edge = shapely.LineString([ring[i], ring[i + 1]])
    other = partition.parent if lacking == "whole" else next(g.shape for g in grids if g.code == lacking)
    assert other.boundary.buffer(1e-9).covers(edge)


@checked
@given(seeds, st.integers(0, 2**32 - 1))
def test_noise_in_the_last_bit_gives_nothing_wider_than_noise(seed, noise_seed):
    """Each vertex of each grid is moved by up to a unit in its last place, as a change of projection does."""
    partition = random_partition(seed, 10)
    rng = np.random.default_rng(noise_seed)

    grids = []
    for grid in partition.grids:
        points = shapely.get_coordinates(grid.shape)[:-1]
        grids.append(
            Grid(grid.code, shapely.Polygon(np.nextafter(points, rng.choice([-np.inf, np.inf], points.shape))))
        )

    report = check_grids(grids, partition.parent)

    assert report.valid
    assert {finding.width_class for finding in report.findings} <= {"noise"}


@checked
@given(seeds, st.integers(0, 2**32 - 1))
def test_vertices_off_by_one_step_give_nothing_wider_than_noise(seed, noise_seed):
    """Each vertex of each grid is moved by up to 0.1 mm each way: the check remarks on it, and calls it noise."""
    partition = random_partition(seed, 6)
    rng = np.random.default_rng(noise_seed)
    grids = []
    for grid in partition.grids:
        points = shapely.get_coordinates(grid.shape)[:-1]
        grids.append(Grid(grid.code, shapely.Polygon(points + rng.integers(-1, 1, points.shape) * 1e-9)))
    assume(all(grid.shape.is_valid for grid in grids))

    report = check_grids(grids, partition.parent)

    assert report.valid
    assert {finding.width_class for finding in report.findings} <= {"noise"}


@checked
@given(seeds, st.sampled_from(["move", "double", "grow"]), st.integers(0, 99), st.randoms(use_true_random=False))
def test_the_report_is_the_same_whatever_the_order_of_grids_and_rings(seed, kind, number, shuffler):
    """Grids shuffled, rings started elsewhere and turned round: the same findings, ids, areas and sentences."""
    partition = random_partition(seed, 8)
    grids = plant(partition, kind, number, 30.0, 1.0)
    assume(all(grid.shape.is_valid for grid in grids))
    shuffled = []
    for grid in shuffler.sample(grids, len(grids)):
        ring = list(grid.shape.exterior.coords)[:-1]
        start = shuffler.randrange(len(ring))
        ring = ring[start:] + ring[:start]
        shuffled.append(Grid(grid.code, shapely.Polygon(ring[::-1] if shuffler.random() < 0.5 else ring)))

    for parent in (partition.parent, None):
        one, other = check_grids(grids, parent).as_dict(), check_grids(shuffled, parent).as_dict()

        assert [finding["id"] for finding in one["findings"]] == [finding["id"] for finding in other["findings"]]
        assert [finding["message"] for finding in one["findings"]] == [f["message"] for f in other["findings"]]
        assert one["summary"] == pytest.approx(other["summary"], rel=1e-6)


def test_the_certificate_depends_on_nothing_but_the_edges():
    """The same hash for shuffled grids; another for a partition that differs in one vertex."""
    partition = random_partition(7)
    again = check_grids(partition.grids[::-1], partition.parent).certificate
    other = random_partition(8)

    assert check_grids(partition.grids, partition.parent).certificate == again
    assert check_grids(other.grids, other.parent).certificate["hash"] != again["hash"]


def test_faults_far_apart_are_reported_as_if_alone():
    """Two grids at opposite ends grown by 20 m: the findings of both are those of each."""
    partition = random_partition(3, 16)
    corners = sorted(range(len(partition.grids)), key=lambda i: sum(partition.grids[i].shape.centroid.coords[0]))
    one = partition.redraw(corners[0], lambda shape: shape.buffer(20, join_style="mitre"))
    other = partition.redraw(corners[-1], lambda shape: shape.buffer(20, join_style="mitre"))
    both = list(one)
    both[corners[-1]] = other[corners[-1]]

    ids = [{finding.id for finding in check_grids(grids, partition.parent).findings} for grids in (one, other, both)]

    assert not ids[0] & ids[1]
    assert ids[0] | ids[1] == ids[2]


def test_areas_add_up():
    """Children = parent - gap + overlap + outside, for a grid moved 40 m over its parent's edge."""
    partition = random_partition(5)
    grids = partition.redraw(0, lambda shape: affinity.translate(shape, 40, 25))

    report = check_grids(grids, partition.parent)

    outside = sum(finding.area_m2 for finding in report.findings if finding.rule == "outside-parent")
    balance = (
        straight_area_m2(partition.parent)
        - report.summary["gap_area_m2"]
        + report.summary["overlap_area_m2"]
        + outside
    )
    assert sum(straight_area_m2(on_lattice(grid.shape)) for grid in grids) == pytest.approx(balance, abs=1.0)


def test_no_grids_leave_the_whole_parent_uncovered():
    """One finding as large as the parent; a ratio is not told of no grids."""
    parent = square("p", 0, 0, 10, 10).shape

    report = check_grids([], parent, parent_code="p")

    assert rules_of(report.findings) == {"uncovered-parent", "low-coverage"}
    assert report.summary["coverage_ratio"] is None


def test_a_ratio_is_not_told_where_no_ground_was_measured():
    """The only grid is empty."""
    assert check_grids([Grid("a", shapely.Polygon())]).summary["coverage_ratio"] is None


def test_nothing_at_all_is_valid():
    """No grids, no parent: no finding and no proof."""
    report = check_grids([])

    assert report.valid
    assert report.as_dict() == {
        "valid": True,
        "summary": {"grids": 0, "overlap_area_m2": 0.0, "gap_area_m2": 0.0, "coverage_ratio": None},
        "findings": [],
        "certificate": None,
    }


def test_a_parent_that_is_no_polygon_is_a_finding_and_the_grids_are_checked_without_it():
    """The parent crosses itself; two squares that overlap are reported all the same."""
    bow_tie = shapely.Polygon([(102, 25), (103, 26), (103, 25), (102, 26)])

    report = check_grids([square("a", 0, 0, 2, 1), square("b", 1, 0, 3, 1)], bow_tie, parent_code="p")

    assert rules_of(report.findings) == {"invalid-geometry", "overlap"}
    assert report.findings[0].grids == ("p",)


def test_a_wider_tolerance_makes_a_fault_misaligned_and_no_less_an_error():
    """Squares 0.1 m apart in a parent: a sliver by default, misaligned where 0.2 m is tolerated."""
    grids = [square("a", 0, 0, 1, 1), square("b", 1.001, 0, 2, 1)]
    parent = polygon("p", (0, 0), (1, 0), (1.001, 0), (2, 0), (2, 1), (1.001, 1), (1, 1), (0, 1)).shape

    default, tolerant = (check_grids(grids, parent, rules) for rules in (CheckRules(), CheckRules(tolerance_m=0.2)))

    assert [finding.width_class for finding in default.findings if finding.rule != "low-coverage"] == ["sliver"]
    assert [finding.width_class for finding in tolerant.findings if finding.rule != "low-coverage"] == ["misaligned"]
    assert not tolerant.valid
