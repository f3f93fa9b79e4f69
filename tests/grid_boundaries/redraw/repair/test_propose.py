"""The repair of random partitions with planted faults: what must hold for every one of them."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grid_boundaries.check import CheckRules, check_grids
from grid_boundaries.partition import LATTICE_DEG, on_lattice
from grid_boundaries.projection import straight_area_m2
from grid_boundaries.redraw.repair import propose, propose_repair
from tests.support.faulty_grids import ONE_GRID, edges_by_code, plant, small_tree
from tests.support.partitions import CENTRE, Partition, random_partition

RULES = CheckRules()
GROUND = (*ONE_GRID[:-1], "jitter")
LEVELS = ("district", "street", "community", "unit_grid")
THREE_STEPS = 3 * LATTICE_DEG + 1e-13  # and the rounding of degrees
SIZES_M = st.floats(-4, 0).map(lambda power: 10**power)
some = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def faults(kinds):
    """Draw what ``planted`` takes: a fault of one of some kinds, from 0.1 mm (one lattice step) to 1 m."""
    return st.tuples(st.integers(0, 15), st.sampled_from(kinds), st.integers(0, 31), SIZES_M, st.integers(0, 99))


def planted(fault):
    """Return a partition, and its grids with a fault."""
    partition_seed, kind, number, size_m, seed = fault
    partition = random_partition(partition_seed)
    return partition, plant(partition, kind, number, size_m, seed)


@some
@given(faults(GROUND))
@example((15, "shift", 1, 0.00019, 11))  # left a vertex two steps from a corner of the outline
@example((8, "jitter", 6, 0.0002, 27))
@example((6, "grow", 6, 0.00014, 81))
def test_the_repaired_grids_tile_their_parent_and_need_no_repair(fault):
    """Post-condition by the proof of the check; idempotence: the second proposal is empty."""
    partition, grids = planted(fault)

    proposal = propose_repair(grids, RULES, (), parent=partition.parent)
    repaired = proposal.applied_to(grids)
    again = propose_repair(repaired, RULES, (), parent=partition.parent)

    assert proposal.complete
    assert check_grids(repaired, partition.parent, RULES).certificate is not None
    assert not proposal.not_repaired
    assert not again.replacements
    assert not again.assignments


@settings(some, max_examples=10)  # the search for openings is slow
@given(faults(GROUND))
def test_without_a_parent_no_error_is_left(fault):
    """Gaps open to the outside are closed too."""
    _, grids = planted(fault)

    proposal = propose_repair(grids, RULES, ())
    again = propose_repair(proposal.applied_to(grids), RULES, ())

    assert proposal.complete
    assert not again.replacements
    assert not again.assignments


@some
@given(faults(ONE_GRID))
@example((12, "shrink", 5, 0.00032, 51))  # noding moved a corner by five steps
@example((0, "shift", 5, 0.00027, 64))
def test_a_fault_is_taken_back_exactly_where_the_grids_before_are_known(fault):
    """From one lattice step on, every vertex of every grid is again where it was, and there is no other."""
    partition, grids = planted(fault)

    proposal = propose_repair(grids, RULES, (), before=partition.grids, parent=partition.parent)

    assert edges_by_code(proposal.applied_to(grids)) == edges_by_code(partition.grids)


@some
@given(faults((*ONE_GRID, "jitter")), st.randoms(use_true_random=False))
def test_the_order_of_grids_and_ring_starts_makes_no_difference(fault, random):
    """The same grids, shuffled and with their rings turned, give the same proposal."""
    partition, grids = planted(fault)
    shuffled = [type(grid)(grid.code, shapely.reverse(grid.shape)) for grid in grids]
    random.shuffle(shuffled)

    one = propose_repair(grids, RULES, (), parent=partition.parent)
    other = propose_repair(shuffled, RULES, (), parent=partition.parent)

    assert {grid.code: grid.shape.wkb for grid in one.grids} == {grid.code: grid.shape.wkb for grid in other.grids}
    assert [a.as_dict() for a in one.assignments] == [a.as_dict() for a in other.assignments]


@some
@given(faults(GROUND), st.booleans())
@example(fault=(0, "shift", 5, 0.001, 64), known=True)
def test_the_diff_is_the_ground_between_the_polygons_of_now_and_then(fault, known):
    """To 0.01 m² or 1 %, by intersection; what is in no diff has no ground beyond vertices set into its edges."""
    partition, grids = planted(fault)

    proposal = propose_repair(grids, RULES, (), before=partition.grids if known else (), parent=partition.parent)

    old = {grid.code: on_lattice(grid.shape) for grid in grids}
    for grid in proposal.grids:
        told = proposal.diff.get(grid.code)
        if told is None:
            assert only_vertices_are_other(old[grid.code], grid.shape)
            continue
        kept = _area_m2(shapely.intersection(_near_origin(grid.shape), _near_origin(old[grid.code])))
        gained, lost = straight_area_m2(grid.shape) - kept, straight_area_m2(old[grid.code]) - kept
        assert told.gained_m2 == pytest.approx(gained, rel=0.01, abs=0.01)
        assert told.lost_m2 == pytest.approx(lost, rel=0.01, abs=0.01)


@some
@given(faults(GROUND))
def test_assignments_add_up_to_what_grids_gain(fault):
    """But for edges that noding moved by 0.1 mm, in each of two rounds at most."""
    partition, grids = planted(fault)

    proposal = propose_repair(grids, RULES, (), parent=partition.parent)

    gains: defaultdict[str | None, float] = defaultdict(float)
    for from_code, _, ground in proposal.moved:
        gains[from_code] -= straight_area_m2(ground)
    for one in proposal.assignments:
        if one.to_code not in one.from_codes:
            gains[one.to_code] += one.area_m2
    for grid in proposal.grids:
        told = proposal.diff.get(grid.code)
        net = told.gained_m2 - told.lost_m2 if told else 0.0
        assert gains[grid.code] == pytest.approx(net, abs=0.0005 * partition.plane.to_metres(grid.shape).length)


def only_vertices_are_other(one, other):
    """Return whether one polygon has all vertices of another, and its edge keeps within three lattice steps."""
    these, those = ({*map(tuple, shapely.get_coordinates(shape).tolist())} for shape in (one, other))
    apart = shapely.hausdorff_distance(_near_origin(one.boundary), _near_origin(other.boundary))
    return (these <= those or those <= these) and apart <= THREE_STEPS


def _near_origin(shape):
    return shapely.transform(shape, lambda degrees: degrees - CENTRE)


def _area_m2(ground):
    polygons = [part for part in shapely.get_parts(ground) if part.geom_type == "Polygon"]
    return straight_area_m2(shapely.transform(shapely.MultiPolygon(polygons), lambda degrees: degrees + CENTRE))


@some
@given(faults(("shift", "grow", "shrink", "corner")))
@example((2, "shift", 7, 0.00012005, 6))  # and one of theirs goes for another a step beside it
@example((4, "shift", 4, 0.00022, 78))  # two neighbours that nobody names gain vertices
def test_ground_away_from_findings_keeps_its_owner_and_other_grids_every_byte(fault):
    """Only ground within the findings moves, and a grid that none of them names stays as it is to the last byte.

    But where its neighbour's edge does not meet its own: there it may gain vertices on its edge, which is at most
    three lattice steps from where it was.  A fault between the two so narrow encloses nothing on the lattice; the
    check names nobody, and yet edges must meet.  Its own vertices stay, or are replaced by one so near.
    """
    partition, grids = planted(fault)
    report = check_grids(grids, partition.parent, RULES)

    proposal = propose_repair(grids, RULES, (), parent=partition.parent)

    named = {code for finding in report.findings for code in finding.grids}
    repaired = {grid.code: grid for grid in proposal.applied_to(grids)}
    changed = {grid.code for grid in proposal.grids}
    for grid in grids:
        assert (repaired[grid.code] is grid) == (grid.code not in changed)
        if grid.code in changed - named:
            old, new = (_near_origin(shape) for shape in (grid.shape, repaired[grid.code].shape))
            assert shapely.get_num_coordinates(old) < shapely.get_num_coordinates(new)
            assert shapely.hausdorff_distance(old.boundary, new.boundary) <= THREE_STEPS
            corners = shapely.points(shapely.get_coordinates(old))
            assert (shapely.distance(corners, shapely.extract_unique_points(new)) <= THREE_STEPS).all()
    faulty = shapely.union_all([shapely.geometry.shape(finding.geometry) for finding in report.findings])
    points = shapely.points(np.random.default_rng(1).uniform(*np.reshape(partition.parent.bounds, (2, 2)), (400, 2)))
    for grid in grids:
        away = points[shapely.distance(points, faulty) > 1e-7]
        clear = away[shapely.distance(away, shapely.boundary(grid.shape)) > 1e-8]
        assert (shapely.contains(grid.shape, clear) == shapely.contains(repaired[grid.code].shape, clear)).all()


@some
@given(
    st.tuples(st.integers(0, 9), st.sampled_from(ONE_GRID[:-2]), st.integers(1, 22), SIZES_M, st.integers(0, 99)),
    st.booleans(),
)
@example(
    fault=(7, "shrink", 10, 0.00032, 51), known=True
)  # vertices on the edges of neighbours and parents were left over
@example(fault=(2, "shift", 18, 0.0004, 14), known=True)
@example(fault=(2, "turn", 2, 0.00155, 82), known=True)
def test_a_tree_is_repaired_from_the_root_down(fault, known):
    """A fault at any level; every parent is tiled again, and with the tree of before every vertex is back."""
    seed, kind, number, size_m, salt = fault
    tree = small_tree(seed)
    one = Partition(tuple(tree), tree[0].shape, random_partition(seed, cells=16).plane)
    grids = plant(one, kind, number, size_m, salt)

    proposal = propose_repair(grids, RULES, LEVELS, before=tree if known else ())
    repaired = proposal.applied_to(grids)

    assert proposal.report_after.certificate is not None
    assert not propose_repair(repaired, RULES, LEVELS).replacements
    if known:
        assert edges_by_code(repaired) == edges_by_code(tree)


def test_a_repair_that_finds_no_rest_proposes_nothing_and_says_so(monkeypatch):
    """With no round allowed to look at the outcome; the grids stay, and so a second proposal says the same."""
    partition, grids = planted((0, "shift", 5, 0.5, 1))
    monkeypatch.setattr(propose, "_ROUNDS", 1)

    proposal = propose_repair(grids, RULES, (), parent=partition.parent)

    assert not proposal.replacements
    assert not proposal.assignments
    assert not proposal.diff
    errors = [one for one in check_grids(grids, partition.parent, RULES).findings if one.severity == "error"]
    assert [left.finding.id for left in proposal.not_repaired] == [finding.id for finding in errors]
    assert "over and over" in proposal.not_repaired[0].reason
    assert "反复" in proposal.not_repaired[0].reason_zh


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
