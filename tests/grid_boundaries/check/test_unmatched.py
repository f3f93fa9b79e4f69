from __future__ import annotations

import numpy as np

from grid_boundaries.check.edges import Edges
from grid_boundaries.check.unmatched import UnmatchedVertex, cut_at_vertices, match_vertices


def edges(*rows):
    """Return edges from rows of start, end and owner."""
    start, end, owner = (np.array(column) for column in zip(*rows, strict=True))
    return Edges(start, end, owner.astype(np.int32), np.zeros(len(rows), np.int32))


def test_an_edge_with_two_vertices_of_another_is_cut_in_three():
    """One long edge of grid 0 against three of grid 1: two vertices, and nothing left over."""
    rows = [((0, 0), (90, 0), 0), ((90, 0), (60, 0), 1), ((60, 0), (30, 0), 1), ((30, 0), (0, 0), 1)]

    found, left = match_vertices(edges(*rows))

    assert found == [UnmatchedVertex(0, (1,), (30, 0)), UnmatchedVertex(0, (1,), (60, 0))]
    assert len(left) == 0


def test_a_vertex_two_steps_off_the_edge_lies_on_it_and_one_ten_steps_off_does_not():
    """0.2 mm is rounding, 1 mm is a place of its own."""
    for off, matched in ((2, True), (10, False)):
        found, left = match_vertices(
            edges(((0, 0), (1000, 0), 0), ((1000, 0), (500, off), 1), ((500, off), (0, 0), 1))
        )

        assert bool(found) == matched
        assert (len(left) == 0) == matched


def test_a_vertex_next_to_an_end_is_no_vertex_on_the_edge():
    """Ends one step apart are the same corner drawn twice: left to the faces, as noise."""
    found, left = match_vertices(edges(((0, 0), (1000, 0), 0), ((1000, 1), (0, 0), 1)))

    assert found == []
    assert len(left) == 2


def test_both_sides_may_lack_vertices_of_each_other():
    """Edges that overlap like bricks: each lacks one of the other's."""
    rows = [((0, 0), (60, 0), 0), ((60, 0), (90, 0), 0), ((90, 0), (30, 0), 1), ((30, 0), (0, 0), 1)]

    found, left = match_vertices(edges(*rows))

    assert found == [UnmatchedVertex(0, (1,), (30, 0)), UnmatchedVertex(1, (0,), (60, 0))]
    assert len(left) == 0


def test_a_vertex_where_nothing_cancels_is_not_reported():
    """Edges that only cross a long one in a vertex of theirs."""
    found, left = match_vertices(edges(((0, 0), (90, 0), 0), ((30, 0), (30, 50), 1), ((30, 0), (40, 50), 1)))

    assert found == []
    assert len(left) == 4


def test_a_grid_lacks_no_vertex_of_its_own():
    """A spike two steps wide: its way back has a vertex beside its way out."""
    rows = [((0, 0), (900, 0), 0), ((900, 0), (450, 2), 0), ((450, 2), (0, 0), 0)]

    found, left = match_vertices(edges(*rows))

    assert found == []
    assert len(left) == 3


def test_no_edges_lack_nothing():
    """An empty set."""
    nothing = edges(((0, 0), (1, 0), 0)).pick(np.zeros(0, np.intp))

    assert match_vertices(nothing) == ([], nothing)


def test_an_edge_is_cut_at_the_vertices_of_others():
    """A long edge against two: two and two."""
    cut = cut_at_vertices(edges(((0, 0), (60, 0), 0), ((60, 0), (20, 0), 1), ((20, 0), (0, 0), 1)))

    assert cut.start.tolist() == [[0, 0], [20, 0], [60, 0], [20, 0]]
    assert cut.owner.tolist() == [0, 0, 1, 1]
