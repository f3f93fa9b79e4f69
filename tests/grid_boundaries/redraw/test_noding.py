"""Snap rounding against a slow one that looks at every line and every square, in fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString

from grid_boundaries.partition import Grid, from_lattice
from grid_boundaries.redraw import Ground
from grid_boundaries.redraw.edges import refine
from grid_boundaries.redraw.noding import _passes, node
from tests.support.redraws import GROUND_ORIGIN, random_ground

numbers = st.integers(-6, 6)
places = st.tuples(numbers, numbers)


@given(places, places, places)
def test_a_line_passes_through_a_square_where_a_point_of_it_lies_in_it(start, end, centre):
    """West and south sides belong to a square, the others to the next; all crossings are tried in fractions."""
    assume(start != end)
    shares = {Fraction(0), Fraction(1)}
    for axis in (0, 1):
        step = end[axis] - start[axis]
        if step:
            shares |= {(2 * centre[axis] + side - 2 * start[axis]) * Fraction(1, 2 * step) for side in (-1, 1)}
    ordered = sorted(share for share in shares if 0 <= share <= 1)
    tried = ordered + [(one + other) / 2 for one, other in pairwise(ordered)]

    def lies_in(share: Fraction) -> bool:
        away = [start[axis] + share * (end[axis] - start[axis]) - centre[axis] for axis in (0, 1)]
        return all(Fraction(-1, 2) <= number < Fraction(1, 2) for number in away)

    assert _passes((start, end), centre) == any(lies_in(share) for share in tried)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(st.integers(0, 60), st.lists(st.tuples(st.integers(-60, 360), st.integers(-60, 360)), min_size=2, max_size=5))
def test_noded_lines_meet_in_common_vertices_only(seed, course):
    """In grounds of 300 steps rounding matters everywhere: no edges cross, or touch but in a vertex of both."""
    ground = random_ground(seed, 8, 3e-7)
    path = [(GROUND_ORIGIN[0] + lon, GROUND_ORIGIN[1] + lat) for lon, lat in course]
    assume(len(set(path)) == len(path) and LineString(course).is_simple)

    noding = node(ground, [path])

    edges = {tuple(sorted(edge)) for code in ground for edge in refine(ground.edges_of(code), noding.chains)}
    edges |= {tuple(sorted(edge)) for edge in pairwise(noding.paths[0])}
    lines = [LineString([(a - GROUND_ORIGIN[0], b - GROUND_ORIGIN[1]) for a, b in edge]) for edge in sorted(edges)]
    one, other = shapely.STRtree(lines).query(lines, predicate="intersects")
    for i, j in zip(one.tolist(), other.tolist(), strict=True):
        if i < j:
            common = shapely.intersection(lines[i], lines[j])
            assert common.geom_type == "Point"
            assert common.coords[0] in lines[i].coords[:]
            assert common.coords[0] in lines[j].coords[:]
    assert set(path) <= set(noding.paths[0])


def test_the_corners_of_grids_never_move():
    """A line through everything: each edge keeps its ends, and only edges that it meets become chains."""
    ground = random_ground(3, 12, 0.05)
    west, south = GROUND_ORIGIN

    noding = node(ground, [[(west - 10**7, south - 10**7), (west + 6 * 10**7, south + 5 * 10**7)]])

    assert noding.chains
    for edge, chain in noding.chains.items():
        assert (chain[0], chain[-1]) == edge
        assert len(noding.users[edge]) >= 2


def test_an_end_put_on_an_edge_becomes_a_corner_of_it():
    """A point two steps beside a long edge: the edge goes through it, since it was told to."""
    corners = [(0, 0), (1000, 0), (1000, 1000), (0, 1000)]
    ground = Ground([Grid("A", shapely.Polygon(from_lattice(np.array(corners))))], ())

    noding = node(ground, [[(500, 2), (500, 500)]], {((0, 0), (1000, 0)): [(500, 2)]})

    assert noding.chains == {((0, 0), (1000, 0)): ((0, 0), (500, 2), (1000, 0))}


def test_an_edge_that_moves_onto_a_corner_near_it_goes_through_it():
    """The long edge passes the corner at 600, 1 by 0.4 steps; a line across it at 590 lifts it to 1 there.

    From 590 on it would run along the corner, with a vertex of another grid in its middle that it lacks.
    """
    above = [(0, 0), (1000, 1), (600, 1), (500, 900)]
    ground = Ground([Grid("A", shapely.Polygon(from_lattice(np.array(above))))], ())

    noding = node(ground, [[(590, -100), (590, 50)]])

    assert noding.chains[(0, 0), (1000, 1)] == ((0, 0), (590, 1), (600, 1), (1000, 1))
