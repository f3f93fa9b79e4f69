from __future__ import annotations

import numpy as np

from grid_boundaries.check.edges import Edges
from grid_boundaries.check.keys import edge_keys, family_first, leading_bits, scatter, sort_keys


def edge(start, end, family=0):
    """Return one edge."""
    return Edges(np.array([start]), np.array([end]), np.zeros(1, np.int32), np.array([family], np.int32))


def test_an_edge_has_one_key_both_ways():
    """And the same in another family, since a family is proved by itself."""
    there, back = edge((1, 2), (30, -4)), edge((30, -4), (1, 2))

    assert edge_keys(there) == edge_keys(back)
    assert edge_keys(there) == edge_keys(edge((1, 2), (30, -4), family=1))


def test_a_million_edges_of_a_square_mesh_have_keys_of_their_own():
    """Neighbouring small numbers are what a poor key mixes up; 64 bits leave one chance in 37 million."""
    east, north = np.meshgrid(np.arange(1000), np.arange(1000))
    start = np.column_stack([east.ravel(), north.ravel()])
    zeros = np.zeros(len(start), np.int32)

    keys = edge_keys(Edges(start, start + [1, 0], zeros, zeros))  # noqa: RUF005  an array, not a list

    assert len(np.unique(keys)) == len(keys)


def test_scattering_is_one_to_one():
    """The first 100,000 numbers."""
    numbers = np.arange(100_000, dtype=np.uint64)

    assert len(np.unique(scatter(numbers))) == len(numbers)


def test_keys_are_sorted_by_their_leading_bits():
    """Five keys need three bits for their numbers; two that differ in those bits alone keep their order."""
    keys = np.array([9 << 60, 8, 15, 8 << 50, 10], dtype=np.uint64)

    order, leading = sort_keys(keys)

    assert order.tolist() == [1, 2, 4, 3, 0]
    assert leading.tolist() == leading_bits(keys, 5)[order].tolist()


def test_families_come_first():
    """Families up to 5 need three bits; what is left of the keys keeps its order."""
    keys = np.array([1 << 63, 3, 7 << 61, 5 << 40], dtype=np.uint64)

    in_order = np.argsort(family_first(keys, np.array([0, 5, 0, 5], np.int32)))

    assert in_order.tolist() == [0, 2, 1, 3]
    assert family_first(keys, np.zeros(4, np.int32)).tolist() == keys.tolist()
    assert family_first(keys[:0], np.zeros(0, np.int32)).tolist() == []


def test_one_key_and_none_can_be_sorted():
    """The smallest sets."""
    assert sort_keys(np.array([7], dtype=np.uint64))[0].tolist() == [0]
    assert sort_keys(np.zeros(0, dtype=np.uint64))[0].tolist() == []
