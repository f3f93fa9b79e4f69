"""The repair of random partitions with planted faults: what must hold for every one of them."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grid_boundaries.check import CheckRules, check_grids
from grid_boundaries.partition import LATTICE_DEG, on_lattice
from grid_boundaries.projection import straight_area_m2
from grid_boundaries.redraw.repair import propose_repair
from tests.support.faulty_grids import ONE_GRID, edges_by_code, plant, small_tree
from tests.support.partitions import random_partition

RULES = CheckRules()
LEVELS = ("district", "street", "community", "unit_grid")
SIZES_M = st.floats(-4, 0).map(lambda power: 10**power)
some = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def faults(draw, kinds, sizes_m=SIZES_M):
    """Draw a partition, and its grids with a fault of one of some kinds, from 0.1 mm to 1 m unless said otherwise."""
    partition = random_partition(draw(st.integers(0, 15)))
    number = draw(st.integers(0, len(partition.grids) - 1))
    grids = plant(partition, draw(st.sampled_from(kinds)), number, draw(sizes_m), draw(st.integers(0, 99)))
    return partition, grids


@some
@given(faults((*ONE_GRID[:-1], "jitter")))
def test_the_repaired_grids_tile_their_parent_and_need_no_repair(drawn):
    """Post-condition by the check; idempotence: the second proposal is empty."""
    partition, grids = drawn

    proposal = propose_repair(grids, RULES, (), parent=partition.parent)
    repaired = proposal.applied_to(grids)
    again = propose_repair(repaired, RULES, (), parent=partition.parent)

    assert proposal.complete
    assert check_grids(repaired, partition.parent, RULES).summary["coverage_ratio"] == 1.0
    assert not proposal.not_repaired
    assert not again.replacements
    assert not again.assignments


@some
@given(faults((*ONE_GRID[:-1], "jitter")))
def test_without_a_parent_no_error_is_left(drawn):
    """Gaps open to the outside are closed too."""
    _, grids = drawn

    proposal = propose_repair(grids, RULES, ())
    again = propose_repair(proposal.applied_to(grids), RULES, ())

    assert proposal.complete
    assert not again.replacements


@some
@given(faults(ONE_GRID, st.floats(-2.5, 0).map(lambda power: 10**power)))
def test_a_fault_is_taken_back_exactly_where_the_grids_before_are_known(drawn):
    """From 3 mm on, every vertex of every grid is again where it was, and there is no other.

    Of smaller faults, which are hardly wider than rounding, single vertices may stay on the edge that they lie on.
    """
    partition, grids = drawn

    proposal = propose_repair(grids, RULES, (), before=partition.grids, parent=partition.parent)

    assert edges_by_code(proposal.applied_to(grids)) == edges_by_code(partition.grids)


@some
@given(faults((*ONE_GRID, "jitter")), st.randoms(use_true_random=False))
def test_the_order_of_grids_and_ring_starts_makes_no_difference(drawn, random):
    """The same grids, shuffled and with their rings turned, give the same proposal."""
    partition, grids = drawn
    shuffled = [type(grid)(grid.code, shapely.reverse(grid.shape)) for grid in grids]
    random.shuffle(shuffled)

    one = propose_repair(grids, RULES, (), parent=partition.parent)
    other = propose_repair(shuffled, RULES, (), parent=partition.parent)

    assert {grid.code: grid.shape.wkb for grid in one.grids} == {grid.code: grid.shape.wkb for grid in other.grids}
    assert [a.as_dict() for a in one.assignments] == [a.as_dict() for a in other.assignments]


@some
@given(faults((*ONE_GRID[:-1], "jitter")))
def test_ground_is_conserved(drawn):
    """What a grid gains and loses by its assignments is what its area changes by, but for edges moved by 0.1 mm."""
    partition, grids = drawn

    proposal = propose_repair(grids, RULES, (), parent=partition.parent)

    old = {grid.code: on_lattice(grid.shape) for grid in grids}
    for grid in proposal.grids:
        grown = straight_area_m2(grid.shape) - straight_area_m2(old[grid.code])
        told = proposal.diff.get(grid.code)
        net = told.gained_m2 - told.lost_m2 if told else 0.0
        assert grown == pytest.approx(net, abs=0.0005 * partition.plane.to_metres(grid.shape).length)


@some
@given(faults(("shift", "grow", "shrink", "corner")))
def test_ground_away_from_findings_keeps_its_owner_and_other_grids_every_byte(drawn):
    """Only ground within the findings moves; a grid that none of them names may get a neighbour's corner."""
    partition, grids = drawn
    report = check_grids(grids, partition.parent, RULES)

    proposal = propose_repair(grids, RULES, (), parent=partition.parent)

    named = {code for finding in report.findings for code in finding.grids}
    repaired = {grid.code: grid for grid in proposal.applied_to(grids)}
    changed = {grid.code for grid in proposal.grids}
    for grid in grids:
        assert repaired[grid.code] is grid or grid.code in changed
        if grid.code not in named:
            moved = shapely.hausdorff_distance(
                shapely.boundary(grid.shape), shapely.boundary(repaired[grid.code].shape)
            )
            assert moved <= 3 * LATTICE_DEG
    faulty = shapely.union_all([shapely.geometry.shape(finding.geometry) for finding in report.findings])
    points = shapely.points(np.random.default_rng(1).uniform(*np.reshape(partition.parent.bounds, (2, 2)), (400, 2)))
    for grid in grids:
        away = points[shapely.distance(points, faulty) > 1e-7]
        clear = away[shapely.distance(away, shapely.boundary(grid.shape)) > 1e-8]
        assert (shapely.contains(grid.shape, clear) == shapely.contains(repaired[grid.code].shape, clear)).all()


@some
@given(st.integers(0, 9), st.integers(0, 21), st.sampled_from(ONE_GRID[:-2]), SIZES_M, st.booleans())
def test_a_tree_is_repaired_from_the_root_down(seed, number, kind, size_m, known):
    """A fault at any level; every parent is tiled again, and with the tree of before all edges are back to 0.3 mm."""
    tree = small_tree(seed)
    one = type(random_partition(seed))(tuple(tree), tree[0].shape, random_partition(seed, cells=16).plane)
    grids = plant(one, kind, max(number, 1), size_m, seed)

    proposal = propose_repair(grids, RULES, LEVELS, before=tree if known else ())
    repaired = proposal.applied_to(grids)

    assert proposal.report_after.certificate is not None
    assert not propose_repair(repaired, RULES, LEVELS).replacements
    if known:
        published = {grid.code: grid.shape for grid in tree}
        for grid in repaired:
            apart = shapely.hausdorff_distance(shapely.boundary(grid.shape), shapely.boundary(published[grid.code]))
            assert apart <= 3e-9


def test_a_sound_partition_gets_an_empty_proposal():
    """Nothing to do is nothing done, and the report is the check's own."""
    partition = random_partition(2)

    proposal = propose_repair(partition.grids, RULES, (), parent=partition.parent)

    assert not proposal.replacements
    assert not proposal.assignments
    assert not proposal.announcements
    assert proposal.complete
    assert proposal.applied_to(partition.grids) == list(partition.grids)


def test_lone_vertices_are_given_to_neighbours_and_parents_and_nothing_moves():
    """A unit grid with a vertex every 100 m: all who share its edges get the same vertices, up to the district."""
    tree = small_tree(3)
    grids = [
        type(grid)(grid.code, on_lattice(shapely.segmentize(grid.shape, 0.001)), grid.level, grid.parent)
        if grid.code == tree[7].code
        else grid
        for grid in tree
    ]

    proposal = propose_repair(grids, RULES, LEVELS)

    assert proposal.report_after.certificate is not None
    assert not proposal.assignments
    assert not proposal.diff
    old = {grid.code: {*map(tuple, shapely.get_coordinates(grid.shape).tolist())} for grid in grids}
    new = {grid.code: {*map(tuple, shapely.get_coordinates(grid.shape).tolist())} for grid in proposal.grids}
    assert len(new) >= 3
    assert all(old[code] < new[code] for code in new)
