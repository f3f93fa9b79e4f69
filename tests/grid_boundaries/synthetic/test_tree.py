from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import pytest
import shapely
from shapely.geometry import Polygon

from grid_boundaries.partition import from_lattice, to_lattice
from grid_boundaries.synthetic import Centre, Density, Division, make_tree
from grid_boundaries.synthetic.plane import Plane
from grid_boundaries.synthetic.tree import reading_order

DENSITY = Density(Plane(102.8, 25.2), (Centre(102.79, 25.19, 1_500, 40),))
WANTED = Division(
    "district",
    (
        Division("street", (Division("community"),) * 5),
        Division("street", (Division("community"),) * 3),
        Division("street", (Division("community", strip_m=(30, 300), kind="dedicated"), Division("community"))),
    ),
    name="root",
)


def circle(holes=()):
    """A ring of 300 vertices, 4 km wide, on the lattice."""
    turn = np.linspace(0, 2 * np.pi, 300, endpoint=False)
    places = np.stack([102.8 + 0.04 * np.cos(turn), 25.2 + 0.04 * np.sin(turn)], axis=1)
    return Polygon(from_lattice(to_lattice(places)), holes)


@pytest.fixture(scope="module")
def grids():
    return make_tree(circle(), "530103", WANTED, DENSITY, 7)


def segments(shape):
    """Each directed edge of the ring, counter-clockwise, in lattice steps."""
    ring = to_lattice(shapely.get_coordinates(shapely.orient_polygons(shape).exterior)).tolist()
    return Counter((tuple(a), tuple(b)) for a, b in pairwise(ring))


def left_over(parent, children):
    """What remains of all edges when opposite pairs, and the parent's own, have cancelled."""
    total = Counter()
    for child in children:
        total.update(segments(child.shape))
    total.subtract(segments(parent.shape))
    for start, end in list(total):
        if (end, start) in total:
            both = min(total[start, end], total[end, start])
            total[start, end] -= both
            total[end, start] -= both
    return {edge: count for edge, count in total.items() if count}


def test_children_and_parent_cancel_edge_by_edge(grids):
    """Four parents: the root and three streets; not one edge of any remains."""
    by_code = {grid.code: grid for grid in grids}
    families = defaultdict(list)
    for grid in grids:
        if grid.parent:
            families[grid.parent].append(grid)
    assert len(families) == 4
    assert [left_over(by_code[parent], children) for parent, children in families.items()] == [{}] * 4


def test_every_shape_is_one_valid_polygon_on_the_lattice(grids):
    """Fourteen grids: valid, simple, and every vertex a whole number of lattice steps."""
    assert len(grids) == 14
    for grid in grids:
        assert isinstance(grid.shape, Polygon)
        assert grid.shape.is_valid
        coordinates = shapely.get_coordinates(grid.shape)
        assert np.array_equal(from_lattice(to_lattice(coordinates)), coordinates)


def test_the_root_is_the_outline_vertex_for_vertex(grids):
    """300 vertices, as given."""
    assert grids[0].shape.equals_exact(circle())
    assert grids[0].name == "root"


def test_codes_say_where_a_grid_hangs(grids):
    """Street 3 digits, community 3 more; a parent stands before its children, siblings in order."""
    assert [grid.code for grid in grids if grid.level == "street"] == ["530103001", "530103002", "530103003"]
    assert [grid.code for grid in grids] == sorted(grid.code for grid in grids)
    assert all(grid.code[:-3] == grid.parent for grid in grids[1:])


def test_the_same_seed_gives_the_same_tree_and_another_another(grids):
    """Seed 7 twice, and seed 8."""
    assert make_tree(circle(), "530103", WANTED, DENSITY, 7) == grids
    assert make_tree(circle(), "530103", WANTED, DENSITY, 8) != grids


def test_dense_ground_is_cut_smaller():
    """Forty equal parts: the quarter nearest to the centre has less than half the area of the farthest."""
    parts = make_tree(circle(), "1", Division("district", (Division("street"),) * 40), DENSITY, 9)[1:]
    centre = shapely.Point(102.79, 25.19)
    areas = [grid.shape.area for grid in sorted(parts, key=lambda grid: grid.shape.centroid.distance(centre))]
    assert sum(areas[:10]) < sum(areas[-10:]) / 2


def test_progress_ends_at_one():
    """Ten finest grids, told one by one."""
    told = []
    make_tree(circle(), "530103", WANTED, DENSITY, 7, progress=told.append)
    assert told == pytest.approx([count / 10 for count in range(1, 11)])


def test_places_are_read_in_rows():
    """Four places in two rows: the north from west to east, then the south."""
    assert reading_order([(2.0, 1.0), (1.0, 1.1), (2.0, 5.0), (1.0, 4.9)]) == [3, 2, 1, 0]


def test_nothing_is_read_where_nothing_is():
    """No place, no order."""
    assert reading_order([]) == []


def test_a_level_without_digits_enough_is_refused():
    """Ten parts, one digit."""
    wanted = Division("district", (Division("street"),) * 10)
    with pytest.raises(ValueError, match="Grid 1 has more parts than 1 digits can number"):
        make_tree(circle(), "1", wanted, DENSITY, 1, code_digits={"street": 1})


def test_an_outline_with_a_hole_is_refused():
    """A lake in the middle."""
    lake = [(102.8, 25.2), (102.801, 25.2), (102.8, 25.201)]
    with pytest.raises(ValueError, match="holes"):
        make_tree(circle([lake]), "1", WANTED, DENSITY, 1)


def test_an_outline_off_the_lattice_is_refused():
    """A third of a degree has no end."""
    with pytest.raises(ValueError, match="lattice"):
        make_tree(Polygon([(0, 0), (1 / 3, 0), (0, 1)]), "1", WANTED, DENSITY, 1)
