from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box

from grid_boundaries.locate.answers import Match
from grid_boundaries.locate.coordinates import CoordinateError
from grid_boundaries.locate.locator import NOBODY, UNDECIDED, Locator
from grid_boundaries.partition import Grid, from_lattice, on_lattice
from tests.support.editions import RANKS
from tests.support.locators import FORMS
from tests.support.tree import at, troubled_tree

STEP = 1_000_000  # lattice steps: a thousandth of a degree


@pytest.fixture(scope="module", params=FORMS)
def build(request):
    """How a locator is made: in each of its forms."""
    return FORMS[request.param]


@pytest.fixture(scope="module")
def locator(build) -> Locator:
    """The troubled tree of tests/support/tree.py."""
    return build(troubled_tree(), RANKS)


def found(locator: Locator, across: float, up: float) -> tuple[str, str | None, list[str]]:
    located = locator.locate(*at(across, up))
    owner = None if located.owner_index is None else locator.codes[located.owner_index]
    return located.match.value, owner, [locator.codes[index] for index in located.tied]


@pytest.mark.parametrize(
    ("across", "up", "match", "owner", "tied"),
    [
        (2.5, 0.5, "inside", "C1x", []),
        (0.5, 2.5, "inside", "B1", []),
        (3.0, 0.5, "edge", "C1x", ["C1y"]),
        (1.0, 1.0, "edge", "B2", ["B3", "B4"]),
        (0.0, 1.5, "edge", "B2", []),
        (0.0, 3.0, "edge", "B1", []),
        (2.0, 2.5, "edge", "B1", []),
        (2.0, 1.5, "edge", "B3", ["C1"]),
        (2.0, 0.5, "edge", "C1x", []),
        (3.0, 1.5, "partial", "C1", []),
        (3.0, 2.5, "partial", "C", []),
        (4.0, 2.5, "partial", "C", []),
        (4.1, 2.5, "outside", None, []),
    ],
)
def test_a_point_has_the_deepest_grid_and_then_the_smallest_code(locator, across, up, match, owner, tied):
    """The picture in tests/support/tree.py, place by place."""
    assert found(locator, across, up) == (match, owner, tied)


def test_an_edge_of_two_levels_belongs_to_the_deeper_grid(locator):
    """Between community B4 (no children) and unit grid C1x the deeper C1x wins, though B4 is the smaller code."""
    assert found(locator, 2.0, 0.25) == ("edge", "C1x", [])


def test_the_quick_look_is_right_or_undecided(locator):
    """400 places on a raster through every vertex and edge of the tree, and beyond it; and what is no place.

    A grid that it names is the owner, not tied and not on its edge; nobody is nobody.
    """
    places = [at(across / 4, up / 4) for across in range(-2, 18) for up in range(-2, 18)]
    decided = 0
    for place in places:
        owner, exact = locator.owner_inside(*place), locator.locate(*place)
        if owner >= 0:
            decided += 1
            assert (owner, ()) == (exact.owner_index, exact.tied)
            assert exact.match is not Match.EDGE
        elif owner == NOBODY:
            assert exact.owner_index is None
    assert decided > 0
    for lon, lat in ((math.nan, 25.0), (102.7, math.inf), (180.1, 25.0), (102.7, -90.1)):
        assert locator.owner_inside(lon, lat) == UNDECIDED


def test_many_points_have_the_owners_that_each_has_alone(locator):
    """400 places on a raster through every vertex and edge of the tree, and beyond it."""
    places = [at(across / 4, up / 4) for across in range(-2, 18) for up in range(-2, 18)]
    alone = [locator.locate(lon, lat).owner_index for lon, lat in places]
    together = locator.locate_many(*zip(*places, strict=True))
    assert together.dtype == np.int32
    assert together.tolist() == [NOBODY if owner is None else owner for owner in alone]


def test_more_points_than_fit_one_round_come_back_in_input_order(locator):
    """250,001 points: 0, 1, 2 … cycle through B1, B4, outside."""
    places = np.array([at(0.5, 2.5), at(0.5, 0.5), at(9, 9)])
    lons, lats = places[np.arange(250_001) % 3].T
    owners = locator.locate_many(lons, lats)
    expected = np.array([locator.codes.index("B1"), locator.codes.index("B4"), NOBODY])
    assert (owners == expected[np.arange(250_001) % 3]).all()


def test_no_points_have_no_owners(locator):
    """Two empty lists give an empty answer."""
    assert locator.locate_many([], []).shape == (0,)


def test_lists_of_different_length_are_refused(locator):
    """Two longitudes and one latitude."""
    with pytest.raises(ValueError, match="equally long"):
        locator.locate_many([102.7, 102.8], [25.0])


@pytest.mark.parametrize(
    ("lon", "lat", "axis"),
    [(math.nan, 25.0, "lon"), (102.7, math.inf, "lat"), (180.1, 25.0, "lon"), (102.7, -90.5, "lat")],
)
def test_what_is_no_place_is_refused_by_its_axis(locator, lon, lat, axis):
    """Not a number, infinite, or out of range; alone, in a list, and for the nearest grid."""
    for ask in (
        lambda: locator.locate(lon, lat),
        lambda: locator.locate_many([102.7, lon], [25.0, lat]),
        lambda: locator.nearest(lon, lat),
    ):
        with pytest.raises(CoordinateError) as refused:
            ask()
        assert refused.value.axis == axis


def test_the_fault_names_its_place_in_the_list(locator):
    """The third longitude is 200."""
    with pytest.raises(CoordinateError, match=r"lons\[2\] is 200.0: a longitude is a finite number from -180 to 180"):
        locator.locate_many([102.7, 102.8, 200.0], [25.0, 25.0, 25.0])


def test_the_ends_of_the_earth_are_places(locator):
    """180 E at the pole lies in no grid, and that is an answer."""
    assert locator.locate(180.0, -90.0).match is Match.OUTSIDE


def test_the_chain_goes_from_the_root_to_the_grid(locator):
    """C1x lies in C1, in C, in A."""
    chain = locator.chain(locator.codes.index("C1x"))
    assert [locator.codes[index] for index in chain] == ["A", "C", "C1", "C1x"]


def test_a_parent_that_is_not_among_the_grids_is_no_parent(build):
    """A district whose city was not given is a root."""
    alone = build([Grid("530103", box(102, 24, 103, 25), "district", "5301")], RANKS)
    assert alone.parents.tolist() == [NOBODY]
    assert alone.locate(102.5, 24.5).match is Match.INSIDE


def test_codes_are_sorted_as_text_whatever_the_order_of_the_grids(locator):
    """Digits before letters, capitals before small ones, a beginning before what goes on."""
    assert list(locator.codes) == ["A", "B", "B1", "B2", "B3", "B4", "C", "C1", "C1x", "C1y"]


def test_overlapping_grids_are_an_edge_and_the_smallest_code_wins(build):
    """Two grids of one level that share ground: the point lies inside both, and both are told."""
    both = [Grid("Y", box(0, 0, 2, 2), "district"), Grid("X", box(1, 1, 3, 3), "district")]
    located = build(both, RANKS).locate(1.5, 1.5)
    assert (located.match, located.owner_index, located.tied) == (Match.EDGE, 0, (1,))


def test_a_hole_is_not_part_of_its_grid(build):
    """In the hole nobody owns; on its rim the grid does."""
    holed = Polygon(box(0, 0, 3, 3).exterior.coords, [box(1, 1, 2, 2).exterior.coords])
    locator = build([Grid("X", holed, "district")], RANKS)
    assert locator.locate_many([1.5, 1.0, 0.5], [1.5, 1.5, 0.5]).tolist() == [NOBODY, 0, 0]


def test_a_grid_may_have_several_parts(build):
    """Two islands of one grid."""
    islands = MultiPolygon([box(0, 0, 1, 1), box(5, 5, 6, 6)])
    assert build([Grid("X", islands, "district")], RANKS).locate_many([0.5, 5.5, 3], [0.5, 5.5, 3]).tolist() == [
        0,
        0,
        NOBODY,
    ]


def test_a_locator_of_nothing_owns_nothing(build):
    """No grid at all: every point is outside, and nothing is near."""
    empty = build([], RANKS)
    assert empty.locate(102.7, 25.0).match is Match.OUTSIDE
    assert empty.locate_many([102.7], [25.0]).tolist() == [NOBODY]
    with pytest.raises(ValueError, match="no grid"):
        empty.nearest(102.7, 25.0)


@pytest.mark.parametrize(
    ("grids", "sentence"),
    [
        ([Grid("X", box(0, 0, 1, 1), "district"), Grid("X", box(1, 0, 2, 1), "district")], "code X comes twice"),
        ([Grid("X", box(0, 0, 1, 1), "village")], "level 'village', which has no rank"),
        ([Grid("X", box(0, 0, 1, 1))], "level None, which has no rank"),
        ([Grid("X", Point(0, 0), "district")], "X is a Point, not a polygon"),
        (
            [Grid("X", box(0, 0, 1, 1), "district", "Y"), Grid("Y", box(0, 0, 1, 1), "district", "X")],
            "X does not rank below its parent Y",
        ),
    ],
)
def test_grids_that_cannot_be_looked_up_in_are_refused(grids, sentence, build):
    """A code twice, a level without rank, no polygon, a circle of parents."""
    with pytest.raises(ValueError, match=sentence):
        build(grids, RANKS)


def test_nothing_of_a_locator_can_be_changed(locator):
    """Its arrays are read-only and it takes no new attributes."""
    with pytest.raises(ValueError, match="read-only"):
        locator.parents[0] = 5
    with pytest.raises(AttributeError):
        locator.grids = []


def test_many_threads_get_the_answers_of_one(build):
    """Eight threads ask a new locator of 400 squares at once: nothing in it is made when the first point comes."""
    squares = [Grid(f"{x:02}{y:02}", box(x, y, x + 1, y + 1), "district") for x in range(20) for y in range(20)]
    lons, lats = np.random.default_rng(7).uniform(-1, 21, (2, 20_000))
    expected = build(squares, RANKS).locate_many(lons, lats)
    shared = build(squares, RANKS)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: shared.locate_many(lons, lats), range(8)))
    assert all((answer == expected).all() for answer in answers)


def test_the_nearest_grid_is_the_deepest_and_then_the_smallest_code(locator):
    """South of (3, 0) the corners of A, C, C1, C1x and C1y are equally far: C1x is the deepest and before C1y.

    A hundredth of a degree of latitude is 1,107.7 m there.
    """
    index, distance_m = locator.nearest(*at(3, -1))
    assert locator.codes[index] == "C1x"
    assert distance_m == pytest.approx(1107.7, abs=0.1)


def test_the_nearest_grid_of_a_point_inside_is_its_owner(locator):
    """Distance 0 in B1, and in the gap of C the street itself."""
    assert locator.nearest(*at(0.5, 2.5)) == (locator.codes.index("B1"), 0.0)
    assert locator.nearest(*at(3.0, 2.5)) == (locator.codes.index("C"), 0.0)


# ------------------------------------------------------------------------------- random partitions, exact arithmetic


@st.composite
def partitions(draw):
    """Triangles that tile the hull of random lattice points, some of them united to bigger grids of two levels."""
    steps = st.integers(0, 40)
    spots = draw(st.lists(st.tuples(steps, steps), min_size=4, max_size=14, unique=True))
    scale = draw(st.sampled_from([1, 7, 1_234_567]))  # from a tenth of a millimetre to five kilometres
    degrees = from_lattice(np.array(spots, dtype=np.int64) * scale + [102_700_000_000, 25_000_000_000])
    triangles = [
        triangle
        for triangle in shapely.get_parts(shapely.delaunay_triangles(shapely.MultiPoint(degrees)))
        if _turn(*triangle.exterior.coords[:3]) != 0
    ]
    order = draw(st.permutations(range(len(triangles))))
    grids = [Grid(f"{place:02}", triangles[number], "unit_grid", "P") for place, number in enumerate(order)]
    kept = grids[: draw(st.integers(0, len(grids)))]
    if triangles:
        kept.append(Grid("P", shapely.coverage_union_all(triangles), "community"))
    return kept


def _turn(a, b, c) -> int:
    """Return on which side of a -> b lies c, in rational numbers of the very doubles."""
    (ax, ay), (bx, by), (cx, cy) = (tuple(map(Fraction, one)) for one in (a, b, c))
    cross = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    return (cross > 0) - (cross < 0)


def _covers_exactly(triangle: Polygon, place: tuple[float, float]) -> bool:
    a, b, c = triangle.exterior.coords[:3]
    turns = {_turn(a, b, place), _turn(b, c, place), _turn(c, a, place)}
    return not {1, -1} <= turns


@settings(max_examples=60, deadline=None)
@given(partitions(), st.randoms(use_true_random=False))
def test_every_point_of_a_random_partition_has_the_owner_that_exact_arithmetic_gives(grids, random):
    """Vertices, edge midpoints and random places against rational arithmetic; scales from 0.1 mm to 5 km.

    Every triangle that is left out leaves its ground to the community.
    """
    if not grids:
        return
    locators = [build(grids, RANKS) for build in FORMS.values()]
    corners = shapely.get_coordinates([grid.shape for grid in grids])
    middles = (corners[:-1] + corners[1:]) / 2
    low, high = corners.min(axis=0), corners.max(axis=0)
    anywhere = [[random.uniform(low[0], high[0]), random.uniform(low[1], high[1])] for _ in range(20)]
    places = shapely.get_coordinates(on_lattice(shapely.MultiPoint(np.vstack([corners, middles, anywhere]))))
    owners = locators[0].locate_many(places[:, 0], places[:, 1])
    for locator in locators[1:]:
        assert locator.locate_many(places[:, 0], places[:, 1]).tolist() == owners.tolist()
    for place in places.tolist():
        assert len({locator.locate(*place) for locator in locators}) == 1
    triangles = [grid for grid in grids if grid.code != "P"]
    community = grids[-1].shape
    for place, owner in zip(places.tolist(), owners.tolist(), strict=True):
        covering = sorted(grid.code for grid in triangles if _covers_exactly(grid.shape, place))
        if not covering and community.covers(Point(place)):
            covering = ["P"]
        assert (locators[0].codes[owner] if owner != NOBODY else None) == (covering[0] if covering else None)
