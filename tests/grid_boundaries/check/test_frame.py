from __future__ import annotations

import numpy as np
from shapely.geometry import box

from grid_boundaries.check.edges import edges_of
from grid_boundaries.check.frame import Frame


def test_a_frame_starts_at_the_south_western_corner():
    """A square in Kunming: its corner is 0, 0 in local steps, and comes back as it was."""
    edges = edges_of([box(102.7, 25.0, 102.8, 25.1)])
    frame = Frame.around(edges)

    local = frame.local(edges.start)

    assert local.min(axis=0).tolist() == [0.0, 0.0]
    assert frame.steps(local).tolist() == edges.start.tolist()


def test_shapes_come_and_go_between_degrees_and_steps():
    """The same square, and an array of it."""
    square = box(102.7, 25.0, 102.8, 25.1)
    frame = Frame.around(edges_of([square]))
    local = frame.to_local(square)

    assert local.bounds == (0.0, 0.0, 1e8, 1e8)
    assert frame.to_degrees(local).equals(square)
    assert frame.all_to_degrees(np.array([local, local], dtype=object))[1].equals(square)


def test_each_edge_is_a_line():
    """Four sides of a square."""
    edges = edges_of([box(0, 0, 1e-8, 1e-8)])

    assert [line.length for line in Frame.around(edges).lines(edges)] == [10.0] * 4
