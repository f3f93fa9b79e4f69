from __future__ import annotations

import hashlib
from fractions import Fraction

import numpy as np
import pytest

from grid_boundaries.check import CheckRules, FamilyProof, check_grids, check_tree
from grid_boundaries.check.edges import edges_of
from grid_boundaries.check.keys import edge_keys
from grid_boundaries.check.proofs import doubled_areas
from grid_boundaries.partition import Grid
from tests.support.partitions import random_partition
from tests.support.tree import ring


def by_hand(grids):
    """Return the edge hash by the recipe in plain Python: for each edge who is left and who is right of it."""
    codes = sorted(grid.code for grid in grids)
    edges = edges_of([grid.shape for grid in grids])
    sides = {}
    for key, start, end, owner in zip(
        edge_keys(edges).tolist(), edges.start.tolist(), edges.end.tolist(), edges.owner.tolist(), strict=True
    ):
        low, high = sorted([tuple(start), tuple(end)])
        rank = codes.index(grids[owner].code)
        left, right = sides.get((key, *low, *high), (-1, -1))
        sides[key, *low, *high] = (rank, right) if low == tuple(start) else (left, rank)
    rows = [(*row[1:], *sides[row]) for row in sorted(sides)]
    plain = b"".join(number.to_bytes(8, "little", signed=True) for row in rows for number in row)
    return hashlib.sha256(plain + "".join(f"{code}\n" for code in codes).encode()).hexdigest(), len(rows)


def test_anyone_can_make_the_edge_hash_again():
    """Plain Python, from the children alone: the parent has the same edges."""
    partition = random_partition(1)

    (proof,) = check_grids(partition.grids, partition.parent, parent_code="p").proofs

    assert (proof.edge_hash, proof.edges) == by_hand(partition.grids)
    assert (proof.parent, proof.grids) == ("p", 12)


def test_the_area_is_exact():
    """0.05 degrees square: 50,000,000 steps each way, twice the area 5,000,000,000,000,000."""
    partition = random_partition(1)

    edges = edges_of([grid.shape for grid in partition.grids])

    assert check_grids(partition.grids, partition.parent).proofs[0].doubled_area == 5_000_000_000_000_000
    assert doubled_areas(edges.start, edges.end, np.searchsorted(edges.owner, range(12))) != [0] * 12
    assert (
        sum(doubled_areas(edges.start, edges.end, np.searchsorted(edges.owner, range(12)))) == 5_000_000_000_000_000
    )


def halves(*codes, shift=0):
    """Return a street of two squares under codes, so many steps to the east."""
    corners = [(0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1)]
    west, east = [(0, 0), (1, 0), (1, 1), (0, 1)], [(1, 0), (2, 0), (2, 1), (1, 1)]

    def moved(these):
        return ring(*((across + shift, up) for across, up in these))

    return [
        Grid("s", moved(corners)),
        *(Grid(code, moved(one), parent="s") for code, one in zip(codes, (west, east), strict=True)),
    ]


def hash_of(grids):
    """Return the one edge hash of a small tree."""
    (proof,) = check_tree(grids, CheckRules(), ()).proofs
    return proof.edge_hash


def test_who_owns_which_side_is_part_of_the_proof():
    """Two grids that change places have the same edges; a grid of another code has them too."""
    there = hash_of(halves("a", "b"))

    assert there == hash_of(halves("a", "b")[::-1])
    assert there != hash_of(halves("b", "a"))
    assert there != hash_of(halves("a", "c"))
    assert there != hash_of(halves("a", "b", shift=5))


def tree():
    """Return a district of two streets, the first of two communities, the second of one with a hole in the ground."""
    return [
        Grid("d", ring((0, 0), (1, 0), (2, 0), (4, 0), (4, 1), (2, 1), (1, 1), (0, 1)), "district"),
        Grid("d1", ring((0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1)), "street", "d"),
        Grid("d2", ring((2, 0), (4, 0), (4, 1), (2, 1)), "street", "d"),
        Grid("d1a", ring((0, 0), (1, 0), (1, 1), (0, 1)), "community", "d1"),
        Grid("d1b", ring((1, 0), (2, 0), (2, 1), (1, 1)), "community", "d1"),
    ]


def prove(grids):
    """Return the proofs of a tree by parent."""
    return {proof.parent: proof for proof in check_tree(grids, CheckRules(), ()).proofs}


def test_a_family_has_one_proof_whatever_the_others_are():
    """The street by itself, and in its district beside others."""
    alone = prove([grid for grid in tree() if grid.code.startswith("d1")])
    more = [*tree(), Grid("d2a", ring((2, 0), (4, 0), (4, 1), (2, 1)), "community", "d2")]

    assert prove(tree())["d1"] == alone["d1"] == prove(more)["d1"]
    assert sorted(prove(more)) == ["d", "d1", "d2"]


def test_families_that_are_proved_keep_their_proofs_where_another_is_not():
    """A street with a gap: no certificate, and the proof of all others."""
    faulty = [*tree(), Grid("d2a", ring((2, 0), (3, 0), (3, 1), (2, 1)), "community", "d2")]

    report = check_tree(faulty, CheckRules(), ())

    assert report.certificate is None
    assert {proof.parent: proof for proof in report.proofs} == prove(tree())


@pytest.mark.parametrize(
    "more",
    [
        Grid("d1a", ring((1, 0), (2, 0), (2, 1), (1, 1)), "community", "d9"),
        Grid("d1c", ring((1, 0), (2, 0), (2, 1), (1, 1)), "community", "d1"),
        Grid("d1c", ring((0, 0), (1, 1), (1, 0), (0, 1)), "community", "d1"),
        Grid("d1", ring((0, 2), (1, 2), (1, 3), (0, 3)), "community", "d9"),
    ],
    ids=["a child's code twice", "a polygon twice", "an invalid child", "the parent's code twice"],
)
def test_a_family_in_doubt_is_not_proved(more):
    """Its sound grids tile the street all the same."""
    assert "d1" not in prove([*tree(), more])


def test_a_proof_can_be_stored():
    """There and back; the area as text."""
    proof = FamilyProof("p", 3, 12, "ab" * 32, 2**80 + 1)

    assert proof.as_dict()["doubled_area"] == "1208925819614629174706177"
    assert FamilyProof.from_dict(proof.as_dict()) == proof


@pytest.mark.parametrize("change", [{"grids": "3"}, {"doubled_area": None}, {"doubled_area": "x"}, {"parent": 5}])
def test_what_is_no_proof_is_refused(change):
    """A member of a wrong kind, or none at all."""
    with pytest.raises(ValueError, match="not the proof of a family"):
        FamilyProof.from_dict({**FamilyProof("p", 3, 12, "ab", 1).as_dict(), **change})
    with pytest.raises(ValueError, match="not the proof of a family"):
        FamilyProof.from_dict({})


@pytest.mark.parametrize("count", [4, 1023, 1025, 3000])
def test_areas_are_exact_beyond_64_bits(count):
    """Two rings around the whole Earth with thousands of corners, against fractions."""
    rng = np.random.default_rng(count)
    points = np.column_stack(
        [rng.integers(-(18 * 10**10), 18 * 10**10, count), rng.integers(-9 * 10**10, 9 * 10**10, count)]
    )
    first, second = points[:3], points[3:]
    start = np.concatenate([first, second])
    end = np.concatenate([np.roll(first, -1, axis=0), np.roll(second, -1, axis=0)])

    def area(rows):
        pairs = zip(start[rows].tolist(), end[rows].tolist(), strict=True)
        return sum(Fraction(x) * y_end - Fraction(x_end) * y for (x, y), (x_end, y_end) in pairs)

    assert doubled_areas(start, end, np.array([0, 3])) == [area(slice(3)), area(slice(3, None))]


def test_no_edges_have_no_area():
    """Not even an origin."""
    none = np.zeros((0, 2), np.int64)

    assert doubled_areas(none, none, np.zeros(0, np.intp)) == []
