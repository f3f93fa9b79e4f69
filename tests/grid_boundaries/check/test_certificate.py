from __future__ import annotations

import hashlib
from fractions import Fraction

import numpy as np
import pytest
from shapely.geometry import box

from grid_boundaries.check.cancellation import cancel
from grid_boundaries.check.certificate import certify, doubled_area
from grid_boundaries.check.edges import edges_of
from grid_boundaries.check.keys import edge_keys
from tests.support.partitions import random_partition


def whole(seed=1):
    """Return the edges of a random partition and of its parent."""
    partition = random_partition(seed)
    return edges_of([*(grid.shape for grid in partition.grids), partition.parent], reversed_from=len(partition.grids))


def test_anyone_can_make_the_edge_hash_again():
    """Plain Python: each undirected edge once, sorted by key and points, five 64-bit integers each, SHA-256."""
    edges = whole()
    rows = set()
    for key, start, end in zip(edge_keys(edges).tolist(), edges.start.tolist(), edges.end.tolist(), strict=True):
        low, high = sorted([tuple(start), tuple(end)])
        rows.add((key, 0, *low, *high))
    plain = b"".join(number.to_bytes(8, "little", signed=True) for row in sorted(rows) for number in row[1:])

    certificate = certify(edges, cancel(edges), 12)

    assert certificate["edge_hash"] == hashlib.sha256(plain).hexdigest()
    assert certificate["edges"] == len(rows)


def test_children_and_parent_have_one_exact_area():
    """0.05 degrees square: 50,000,000 steps each way, twice the area 5,000,000,000,000,000."""
    edges = whole()

    certificate = certify(edges, cancel(edges), 12)

    assert certificate["doubled_area_of_children"] == certificate["doubled_area_of_parents"] == "5000000000000000"
    assert (certificate["grids"], certificate["families"]) == (12, 1)


def test_edges_left_over_cannot_be_certified():
    """A square by itself."""
    edges = edges_of([box(0, 0, 1, 1)])

    with pytest.raises(ValueError, match="all cancel"):
        certify(edges, cancel(edges), 1)


@pytest.mark.parametrize("count", [4, 1023, 1025, 3000])
def test_areas_are_exact_beyond_64_bits(count):
    """Rings around the whole Earth with thousands of corners, against fractions."""
    rng = np.random.default_rng(count)
    points = np.column_stack(
        [rng.integers(-(18 * 10**10), 18 * 10**10, count), rng.integers(-9 * 10**10, 9 * 10**10, count)]
    )
    start, end = points, np.roll(points, -1, axis=0)
    expected = sum(
        Fraction(x) * y_end - Fraction(x_end) * y
        for (x, y), (x_end, y_end) in zip(start.tolist(), end.tolist(), strict=True)
    )

    assert doubled_area(start, end) == expected


def test_no_edges_have_no_area():
    """Not even an origin."""
    assert doubled_area(np.zeros((0, 2), np.int64), np.zeros((0, 2), np.int64)) == 0
