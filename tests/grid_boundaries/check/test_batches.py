from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
import shapely

from grid_boundaries.check import CheckRules, check_grids, check_tree
from grid_boundaries.check.batches import POINTS, in_batches
from grid_boundaries.check.families import Families
from grid_boundaries.partition import from_lattice, to_lattice
from grid_boundaries.synthetic.province import LEVELS, make_province

RULES = CheckRules()


@pytest.fixture(scope="module")
def grids():
    """About four times the points of a batch, in every level some."""
    return make_province(5_000)


def square(west, points=4):
    """A square of one degree with that many vertices on its ring."""
    ring = shapely.LinearRing([(west, 0), (west + 1, 0), (west + 1, 1), (west, 1)])
    at = np.linspace(0, 1, points, endpoint=False)
    return shapely.Polygon(shapely.get_coordinates(shapely.line_interpolate_point(ring, at, normalized=True)))


def families(members, parents):
    """Squares with the given numbers of vertices, of the given families."""
    shapes = np.array([square(number, points) for number, (_, points) in enumerate(members)], dtype=object)
    codes = [f"g{number}" for number in range(len(members))]
    family = np.array([number for number, _ in members], dtype=np.int32)
    named, targets = [f"p{number}" for number in range(len(parents))], [number / 10 for number in range(len(parents))]
    return Families(codes, shapes, family, parents, named, targets, frozenset({2}))


def test_small_families_share_a_batch_and_a_large_one_has_its_own():
    """Five families: two small, one larger than a batch, two small; strangers belong to none."""
    members = [(3, 4), (0, 8), (-1, 4), (2, POINTS + 1), (0, 4), (1, 4), (4, 4)]
    batches = list(in_batches(families(members, [square(0), None, square(9), None, None])))
    assert [batch.parent_codes for batch in batches] == [["p0", "p1"], ["p2"], ["p3", "p4"]]
    assert [batch.codes for batch in batches] == [["g1", "g4", "g5"], ["g3"], ["g0", "g6"]]
    assert [batch.family.tolist() for batch in batches] == [[0, 0, 1], [0], [0, 1]]
    assert [batch.targets for batch in batches] == [[0.0, 0.1], [0.2], [0.3, 0.4]]
    assert [batch.doubted for batch in batches] == [frozenset(), frozenset({0}), frozenset()]
    assert [shapely.get_num_coordinates(batch.shapes).tolist() for batch in batches] == [
        [9, 5, 5],
        [POINTS + 2],
        [5, 5],
    ]


def test_no_families_are_no_batches():
    """Grids that belong to none are not checked against each other."""
    assert list(in_batches(families([(-1, 4)], []))) == []


def test_a_family_has_the_proof_among_many_that_it_has_alone(grids):
    """Every thirtieth of some 1,067 families, over all batches."""
    proofs = check_tree(grids, RULES, LEVELS).proofs
    by_code, children = {grid.code: grid for grid in grids}, defaultdict(list)
    for grid in grids:
        children[grid.parent].append(grid)
    for proof in proofs[::30]:
        alone = check_grids(children[proof.parent], by_code[proof.parent].shape, RULES, proof.parent)
        assert alone.proofs == (proof,)


def test_a_fault_in_one_batch_leaves_the_proofs_of_the_others(grids):
    """One vertex of the last unit grid is moved by 0.00005 degrees: its family alone is not proved."""
    whole = check_tree(grids, RULES, LEVELS)
    last = grids[-1]
    steps = to_lattice(shapely.get_coordinates(last.shape))
    steps[4] += 50_000
    moved = replace(last, shape=shapely.Polygon(from_lattice(steps)))
    report = check_tree([*grids[:-1], moved], RULES, LEVELS)
    assert not report.valid
    assert report.certificate is None
    assert set(report.proofs) == {proof for proof in whole.proofs if proof.parent != last.parent}
    assert all(set(finding.grids) & {last.code, last.parent} for finding in report.findings)
