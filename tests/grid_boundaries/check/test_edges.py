from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely.geometry import MultiPolygon, Polygon, box

from grid_boundaries.check.edges import PARENT, edges_of, runs_forward


def area_on_the_left(edges):
    """Return the signed area that edges run around, in square steps."""
    (x, y), (x_end, y_end) = edges.start.T.astype(float), edges.end.T.astype(float)
    return float((x * y_end - x_end * y).sum() / 2)


def edge_points(edges):
    """Return starts and ends as Python integers, which have no limit."""
    return edges.start.tolist(), edges.end.tolist()


@pytest.mark.parametrize("turn", [False, True])
def test_the_ground_lies_on_the_left_whichever_way_rings_turn(turn):
    """A square of 4 steps with a hole of 2 steps: 12 square steps on the left."""
    shape = Polygon(box(0, 0, 4e-9, 4e-9).exterior, [box(1e-9, 1e-9, 3e-9, 3e-9).exterior])

    edges = edges_of([shapely.reverse(shape) if turn else shape])

    assert len(edges) == 8
    assert area_on_the_left(edges) == 12


def test_edges_carry_owner_and_family():
    """Two polygons, the second of two parts, in families 5 and 6."""
    two_parts = MultiPolygon([box(2, 0, 3, 1), box(4, 0, 5, 1)])

    edges = edges_of([box(0, 0, 1, 1), two_parts], np.array([5, 6], np.int32))

    assert edges.owner.tolist() == [0] * 4 + [1] * 8
    assert edges.family.tolist() == [5] * 4 + [6] * 8


def test_a_parents_edges_run_the_other_way_round():
    """The same square as child and as parent: opposite areas on the left, and the parent's own owner number."""
    edges = edges_of([box(0, 0, 1e-9, 1e-9), box(0, 0, 1e-9, 1e-9)], reversed_from=1)

    assert edges.owner.tolist() == [0] * 4 + [PARENT] * 4
    assert area_on_the_left(edges.pick(np.arange(4))) == 1
    assert area_on_the_left(edges.pick(np.arange(4, 8))) == -1


def test_an_edge_shorter_than_the_lattice_is_left_out():
    """Five corners, two of them 0.2 steps apart."""
    assert len(edges_of([Polygon([(0, 0), (1e-8, 0), (1.02e-8, 0), (1e-8, 1e-8), (0, 1e-8)])])) == 4


FIBONACCI = (53_316_291_173, 32_951_280_099, 20_365_011_074)
"""Neighbours in the sequence: the triangle of their pairs has the smallest area there is, half a square step."""


@pytest.mark.parametrize(
    "shape",
    [
        *(box(-size, -size / 2, size, size / 2) for size in (1, 3, 10, 25, 50, 100, 130, 180)),
        Polygon([(0, 0), (FIBONACCI[0] / 1e9, FIBONACCI[1] / 1e9), (FIBONACCI[1] / 1e9, FIBONACCI[2] / 1e9)]),
        Polygon([(-180, 0), (180, 1e-9), (180, 0)]),
    ],
)
def test_the_turn_of_the_largest_and_of_the_thinnest_ring_is_right(shape):
    """Up to the whole Earth, whose area in square steps exceeds 64 bits by far; down to half a square step."""
    expected = sum(
        x * y_end - x_end * y for (x, y), (x_end, y_end) in zip(*edge_points(edges_of([shape])), strict=True)
    )
    turned = sum(
        x * y_end - x_end * y
        for (x, y), (x_end, y_end) in zip(*edge_points(edges_of([shapely.reverse(shape)])), strict=True)
    )

    assert expected == turned > 0


def test_no_shapes_have_no_edges():
    """An empty list, as from an empty file."""
    assert len(edges_of([])) == 0


def test_an_edge_runs_forward_by_longitude_then_latitude():
    """East, north, west."""
    start = np.array([[0, 0], [0, 0], [1, 0]])
    end = np.array([[1, -5], [0, 1], [0, 9]])

    assert runs_forward(start, end).tolist() == [True, True, False]
