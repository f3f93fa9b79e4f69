import numpy as np
import pytest
import shapely

from grid_boundaries.synthetic.cutting import Cut, cut_in_two
from grid_boundaries.synthetic.density import Density
from grid_boundaries.synthetic.plane import Plane

DENSITY = Density(Plane(102.8, 25.2))


def ring_of(side_m, vertices_a_side):
    """A square as lattice steps, its sides cut in equal parts."""
    ticks = np.linspace(0, side_m, vertices_a_side, endpoint=False)
    corners = [(0, 0), (1, 0), (1, 1), (0, 1)]
    sides = [
        np.array(corners[i]) * side_m + ticks[:, None] * (np.array(corners[(i + 1) % 4]) - np.array(corners[i]))
        for i in range(4)
    ]
    return DENSITY.plane.steps(np.concatenate(sides))


def area(ring):
    return shapely.Polygon(DENSITY.plane.metres(ring)).area


@pytest.mark.parametrize("share", [0.2, 0.5, 0.7])
def test_the_first_piece_has_about_the_share_that_was_asked(share):
    """A square of 1 km in open country: within a tenth of the whole."""
    ring = ring_of(1000, 25)
    first, rest = cut_in_two(ring, share, 1e6 / 2, DENSITY, np.random.default_rng(1))
    assert area(first) / area(ring) == pytest.approx(share, abs=0.1)
    assert area(first) + area(rest) == pytest.approx(area(ring))


def test_no_vertex_is_added_to_the_ring_that_is_cut():
    """All 100 vertices and no other lie on the old edge; both pieces have the cut's two ends."""
    ring = ring_of(1000, 25)
    edge = shapely.LinearRing(ring)
    pieces = cut_in_two(ring, 0.5, 1e6 / 2, DENSITY, np.random.default_rng(2))
    on_edge = [tuple(p) for piece in pieces for p in piece if shapely.distance(shapely.Point(p), edge) == 0]
    assert set(on_edge) == {tuple(p) for p in ring}
    assert len(on_edge) == len(ring) + 2


def test_the_same_chance_gives_the_same_cut():
    """Seed 3 twice."""
    ring = ring_of(1000, 25)
    once, again = (cut_in_two(ring, 0.5, 1e6 / 2, DENSITY, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(once[0], again[0])
    assert np.array_equal(once[1], again[1])


def test_a_triangle_cannot_be_cut():
    """Three vertices leave no pair that are not neighbours."""
    ring = DENSITY.plane.steps(np.array([[0.0, 0.0], [1000.0, 0.0], [0.0, 1000.0]]))
    with pytest.raises(ValueError, match="No cut fits into a ring of 3 vertices"):
        cut_in_two(ring, 0.5, 1e5, DENSITY, np.random.default_rng(4))


def test_pieces_of_a_cut_share_its_line_in_opposite_directions():
    """A square of four vertices, cut from corner to corner through one vertex."""
    ring = np.array([[0, 0], [4, 0], [4, 4], [0, 4]])
    along, rest = Cut(0, 2, np.array([[1, 2]])).pieces(ring)
    assert along.tolist() == [[0, 0], [4, 0], [4, 4], [1, 2]]
    assert rest.tolist() == [[4, 4], [0, 4], [0, 0], [1, 2]]
