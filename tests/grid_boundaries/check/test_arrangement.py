from __future__ import annotations

import numpy as np
from shapely.geometry import Polygon, box

from grid_boundaries.check.arrangement import Borders, Ground, arrange
from grid_boundaries.check.edges import PARENT, edges_of
from grid_boundaries.check.frame import Frame


def arranged(*shapes, parent=None):
    """Return the pieces among shapes, all edges taken as left over."""
    ground = np.array(shapes, dtype=object)
    edges = edges_of([*shapes, *([] if parent is None else [parent])], reversed_from=len(shapes))
    pieces = arrange(edges, Ground(ground, parent), Frame.around(edges)).pieces
    return sorted((piece.kind, piece.owners, piece.shape.area * 1e-18) for piece in pieces)


def test_faces_are_named_by_their_owners():
    """Two unit squares that share half, in a parent that ends a half to the right of the first."""
    named = arranged(box(0, 0, 1, 1), box(0.5, 0, 1.5, 1), parent=box(0, 0, 1.25, 1))

    assert named == [("outside", (1,), 0.25), ("overlap", (0, 1), 0.5)]


def test_an_overlap_that_reaches_outside_the_parent_is_both():
    """Two squares of which one lies half, the other wholly on the first's outer half."""
    named = arranged(box(0, 0, 2, 1), box(1, 0, 2, 1), parent=box(0, 0, 1, 1))

    assert named == [("outside", (0, 1), 1.0), ("overlap", (0, 1), 1.0)]


def test_an_overlap_on_both_sides_of_the_parents_edge_is_one_piece():
    """Two squares share four, half of it beyond the parent: the parent's edge cuts faces, and no piece of ground."""
    named = arranged(box(0, 0, 3, 2), box(1, 0, 3, 2), parent=box(0, 0, 2, 2))

    assert named == [("outside", (0, 1), 2.0), ("overlap", (0, 1), 4.0)]


def test_a_hole_outside_the_parent_is_no_gap():
    """A grid sticks out of its parent by two squares, with a hole of a half in them: nobody need own that."""
    outer = Polygon(box(0, 0, 3, 1).exterior, [box(1.5, 0.25, 2.5, 0.75).exterior])

    assert arranged(outer, parent=box(0, 0, 1, 1)) == [("outside", (0,), 1.5)]


def test_a_face_whose_middle_lies_on_a_border_is_asked_elsewhere():
    """Two squares side by side without a parent: the middle of their outline is on their common edge, and no gap."""
    assert arranged(box(0, 0, 1, 1), box(1, 0, 2, 1)) == []


def test_neighbours_are_those_whose_edges_run_along():
    """A square between a grid on its left, the parent's edge on its right, and a grid that meets it in a corner."""
    left, corner, parent = box(0, 0, 1, 1), box(2, 1, 3, 2), box(0, 0, 2, 1)
    edges = edges_of([left, corner, parent], reversed_from=2)
    frame = Frame.around(edges)

    shared = Borders(edges, frame).neighbours(frame.to_local(box(1, 0, 2, 1)))

    assert shared == {0: 1e9, PARENT: 3e9}


def test_a_grid_met_over_a_step_or_two_is_no_neighbour():
    """A square whose corner towards another grid is cut off by 0.1 mm, as noding does."""
    edges = edges_of([box(0, 0, 1, 1), box(2, 1, 3, 2)])
    frame = Frame.around(edges)
    cut = Polygon([(1e9, 0), (2e9, 0), (2e9, 1e9 - 1), (2e9 - 1, 1e9), (1e9, 1e9)])

    assert Borders(edges, frame).neighbours(cut) == {0: 1e9}


def test_no_edges_enclose_nothing():
    """One edge alone."""
    edges = edges_of([box(0, 0, 1, 1)]).pick(np.array([0]))

    assert arrange(edges, Ground(np.array([box(0, 0, 1, 1)], dtype=object), None), Frame.around(edges)).pieces == ()
