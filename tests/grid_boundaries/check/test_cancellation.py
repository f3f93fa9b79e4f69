from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid_boundaries.check import cancellation as module
from grid_boundaries.check.cancellation import cancel
from grid_boundaries.check.edges import Edges, edges_of
from tests.support.partitions import random_partition


def edges(*rows):
    """Return edges from rows of start, end and family."""
    start, end, family = (np.array(column) for column in zip(*rows, strict=True))
    return Edges(start, end, np.arange(len(rows), dtype=np.int32), family.astype(np.int32))


A, B, C = (0, 0), (5, 1), (5, 7)


@pytest.mark.parametrize(
    ("rows", "left"),
    [
        ([(A, B, 0), (B, A, 0)], []),
        ([(A, B, 0), (A, B, 0)], [0, 1]),
        ([(A, B, 0), (B, A, 1)], [0, 1]),
        ([(A, B, 0), (B, A, 0), (A, B, 0)], [0, 1, 2]),
        ([(A, B, 0), (B, C, 0), (B, A, 0)], [1]),
        ([(A, B, 0)], [0]),
    ],
    ids=["opposite", "alike", "of two families", "three copies", "one of another", "alone"],
)
def test_an_edge_cancels_with_its_only_opposite_copy(rows, left):
    """Two copies of opposite direction in one family, no more and no fewer."""
    found = cancel(edges(*rows))

    assert found.left.tolist() == left
    assert len(found.met) * 2 + len(found.left) == len(rows)


def test_no_edges_leave_nothing():
    """An empty set."""
    found = cancel(edges_of([]))

    assert (len(found.met), len(found.left)) == (0, 0)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 1)).filter(lambda row: row[0] != row[1]))
)
def test_what_is_left_is_what_counting_says(rows):
    """Random edges between four points in two families, against a count of copies both ways."""
    corners = [(0, 0), (1, 0), (0, 1), (3, 3)]
    given_rows = [(corners[start], corners[end], family) for start, end, family in rows]
    expected = [
        number
        for number, (start, end, family) in enumerate(rows)
        if rows.count((start, end, family)) != 1 or rows.count((end, start, family)) != 1
    ]

    found = cancel(edges(*given_rows)) if rows else cancel(edges_of([]))

    assert found.left.tolist() == expected


@pytest.mark.parametrize("rows", [[(A, B, 0), (B, A, 1)], [(A, B, 0), (B, C, 0)], [(A, B, 0), (C, A, 0)]])
def test_two_edges_under_one_key_cancel_only_if_they_are_opposite(monkeypatch, rows):
    """Of two families; with another end; with another start."""
    monkeypatch.setattr(module, "edge_keys", lambda edges: np.zeros(len(edges), np.uint64))

    assert cancel(edges(*rows)).left.tolist() == [0, 1]


def test_keys_that_clash_cost_time_and_no_proof(monkeypatch):
    """With one key for all edges the same pairs are found, and the same edges left."""
    some = edges_of([grid.shape for grid in random_partition(4).grids])
    plain = cancel(some)
    monkeypatch.setattr(module, "edge_keys", lambda edges: np.zeros(len(edges), np.uint64))

    clashing = cancel(some)

    assert clashing.left.tolist() == plain.left.tolist()

    def undirected(numbers):
        pairs = zip(some.start[numbers].tolist(), some.end[numbers].tolist(), strict=True)
        return {frozenset(map(tuple, pair)) for pair in pairs}

    assert undirected(clashing.met) == undirected(plain.met)


def test_some_keys_that_clash_leave_the_order_of_the_pairs_as_it_is(monkeypatch):
    """Keys cut to 6 bits put several pairs under one: sorted by key, the pairs of both ways of keying agree."""
    some = edges_of([grid.shape for grid in random_partition(4).grids])
    full = module.edge_keys
    monkeypatch.setattr(module, "edge_keys", lambda edges: full(edges) >> np.uint64(58) << np.uint64(58))

    keys = module.edge_keys(some)[cancel(some).met]

    assert (keys[1:] >= keys[:-1]).all()
