"""What only the raster form has: arrays to keep, and parts made anew."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st

from grid_boundaries.locate import raster_locator
from grid_boundaries.locate.nearest import SAME_DISTANCE_M
from grid_boundaries.locate.raster.frame import Frame
from grid_boundaries.locate.raster_locator import RasterLocator
from grid_boundaries.locate.tree_locator import TreeLocator
from grid_boundaries.partition import Grid, from_lattice, on_lattice
from tests.support.editions import RANKS

CORNER = np.array([102_700_000_000, 25_000_000_000])


def fan(count: int, radius: int) -> list[Grid]:
    """Triangles around one place: so many grids meet there that one record cannot tell them apart."""
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    rim = from_lattice(CORNER + np.rint(radius * np.column_stack([np.cos(angle), np.sin(angle)])).astype(np.int64))
    centre = from_lattice(CORNER)
    return [
        Grid(f"{place:03}", shapely.Polygon([centre, rim[place], rim[(place + 1) % count]]), "unit_grid")
        for place in range(count)
    ]


def squares(side: int, step: int) -> list[Grid]:
    """A street of squares, each a unit grid, with one left out."""
    grids = [
        Grid(f"{x:02}{y:02}", _box(x, y, x + 1, y + 1, step), "unit_grid", "S")
        for x in range(side)
        for y in range(side)
        if (x, y) != (1, 1)
    ]
    return [*grids, Grid("S", _box(0, 0, side, side, step), "street")]


def _box(west: int, south: int, east: int, north: int, step: int) -> shapely.Polygon:
    return shapely.box(*from_lattice(np.tile(CORNER, 2) + np.array([west, south, east, north]) * step))


def places_of(grids: list[Grid], random: np.random.Generator) -> np.ndarray:
    """Vertices, places one step beside them, middles of edges and places anywhere around; on the lattice."""
    corners = shapely.get_coordinates([grid.shape for grid in grids])
    corners = corners[random.permutation(len(corners))[:60]]
    low, high = corners.min(axis=0), corners.max(axis=0)
    anywhere = random.uniform(low - (high - low) / 5, high + (high - low) / 5, (60, 2))
    beside = corners + random.integers(-1, 2, corners.shape) * 1e-9
    middles = (corners[:-1] + corners[1:]) / 2
    return shapely.get_coordinates(on_lattice(shapely.MultiPoint(np.vstack([corners, beside, middles, anywhere]))))


def assert_alike(one, other, places) -> None:
    """Owners, matches, ties and nearest grids, place by place."""
    assert one.codes == other.codes
    assert one.parents.tolist() == other.parents.tolist()
    assert one.locate_many(*places.T).tolist() == other.locate_many(*places.T).tolist()
    for place in places.tolist():
        located = one.locate(*place)
        assert located == other.locate(*place)
        if located.owner_index is None:
            index, metres = one.nearest(*place)
            its_index, its_metres = other.nearest(*place)
            assert its_metres == pytest.approx(metres, abs=SAME_DISTANCE_M)
            assert its_index == index or metres < 1.0  # where all is within millimetres, equal is a matter of digits


@pytest.mark.parametrize("count", [3, 16, 40])
@pytest.mark.parametrize("radius", [50, 1_000_000, 900_000_000])
def test_a_place_where_very_many_grids_meet_has_the_first_of_them(count, radius):
    """A fan of 40 takes three records; from 5 µm to a hundred kilometres, where edges outgrow 32 bits."""
    grids = fan(count, radius)
    places = places_of(grids, np.random.default_rng(count))
    locator = RasterLocator.build(grids, RANKS)

    assert_alike(locator, TreeLocator.build(grids, RANKS), places)
    assert locator.locate(*from_lattice(CORNER).tolist()).tied == tuple(range(1, count))


def test_crowded_cells_are_cut_into_parts(monkeypatch):
    """With 64 cells for 400 squares every cell is crowded; the answers stay."""
    monkeypatch.setattr("grid_boundaries.locate.raster.frame.LEAST_CELLS", 64)
    monkeypatch.setattr("grid_boundaries.locate.raster.frame.CELLS_A_GRID", 0)
    grids = squares(20, 777_777)
    locator = RasterLocator.build(grids, RANKS)

    assert len(locator.arrays()["tiles"]) >= 16 * 16 * 16
    assert_alike(locator, TreeLocator.build(grids, RANKS), places_of(grids, np.random.default_rng(3)))


def test_grids_that_lie_anywhere_on_earth_are_found():
    """Two of the size of continents, at both ends of the world, one of them up to the pole."""
    grids = [
        Grid("A", shapely.box(-180, -90, -60, 10), "district"),
        Grid("B", shapely.Polygon([(100, 20), (180, 30), (170, 90), (90, 80)]), "district"),
    ]
    places = shapely.get_coordinates([grid.shape for grid in grids])
    places = np.vstack([places, np.random.default_rng(1).uniform([-180, -90], [180, 90], (300, 2))])
    places = shapely.get_coordinates(on_lattice(shapely.MultiPoint(places)))
    one, other = RasterLocator.build(grids, RANKS), TreeLocator.build(grids, RANKS)

    assert one.locate_many(*places.T).tolist() == other.locate_many(*places.T).tolist()


# ------------------------------------------------------------------------------------------------ parts made anew


def changed(grids: list[Grid], random: np.random.Generator) -> tuple[list[Grid], list[Grid]]:
    """Grids that go and grids that come: two become one, one is cut in two, one gets a grid within it."""
    units = [grid for grid in grids if grid.level == "unit_grid"]
    one, two, three, four = (units[place] for place in random.permutation(len(units))[:4])
    west, south, east, north = three.shape.bounds
    middle = (west + east) / 2
    halves = [
        on_lattice(three.shape.intersection(shapely.box(*box)))
        for box in ((west, south, middle, north), (middle, south, east, north))
    ]
    merged = shapely.union(one.shape, two.shape)
    fresh = [Grid(f"{one.code}M", merged, "unit_grid", "S")]
    fresh += [Grid(f"{three.code}{name}", half, "unit_grid", "S") for name, half in zip("AB", halves, strict=True)]
    fresh.append(Grid("zz", shapely.affinity.scale(four.shape, 0.5, 0.5), "micro_grid", four.code))
    return [one, two, three], [*fresh, Grid(four.code, four.shape, "unit_grid", "S", name="new")]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([3, 777_777, 200_000_000]), st.integers(4, 9))
def test_what_was_patched_is_what_would_have_been_built(seed, step, side):
    """Three changes, one after the other; squares of 0.3 mm to 20 km."""
    random = np.random.default_rng(seed)
    grids, locator = squares(side, step), RasterLocator.build(squares(side, step), RANKS)
    for _ in range(3):
        gone, fresh = changed(grids, random)
        left_out = {grid.code for grid in [*gone, *fresh]}
        after = [grid for grid in grids if grid.code not in left_out] + fresh
        gone += [grid for grid in grids if grid.code in {one.code for one in fresh}]
        window = locator.window([*gone, *fresh])
        if window is None:
            return
        around = [grid for grid in after if shapely.box(*window).intersects(shapely.box(*grid.shape.bounds))]
        followed = locator.updated(gone, fresh, around, RANKS)
        assert followed is not None
        assert_alike(followed, TreeLocator.build(after, RANKS), places_of(after, random))
        grids, locator = after, followed


def test_much_change_is_no_patch(monkeypatch):
    """Beyond the frame, or once the share of cells is used up, everything is to be made anew."""
    grids = squares(5, 777_777)
    locator = RasterLocator.build(grids, RANKS)
    outside = Grid("Z", _box(5, 5, 6, 6, 777_777), "unit_grid", "S")

    assert locator.window(grids[:1]) is not None
    assert locator.window([outside]) is None
    assert locator.updated([], [outside], [], RANKS) is None
    monkeypatch.setattr(raster_locator, "MOST_PATCHED", 0.01)
    assert locator.window(grids[:1]) is None


def test_a_frame_has_no_more_cells_than_its_grids_are_worth():
    """A province and a yard: the finest cells that fit."""
    province = Frame.around((110_000_000_000, 20_000_000_000, 117_000_000_000, 25_000_000_000), 132_000)
    yard = Frame.around((0, 0, 10, 10), 1)

    assert 13_200_000 / 4 < province.cells <= 13_200_000
    assert yard.cells == 1
