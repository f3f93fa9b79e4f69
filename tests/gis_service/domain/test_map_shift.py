from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon, box

from gis_service.domain.map_shift import GREATEST_CHANGE, GREATEST_SHIFT_DEG, as_shown, ground_of, shown_bounds
from grid_boundaries.locate.shifts import CHINA, wgs84_to_gcj02
from tests.support.tile_ground import tile_at
from tiles.address import TileAddress
from tiles.matrix_sets import GCJ02_WEB_MERCATOR


def shift_at(lons: np.ndarray, lats: np.ndarray) -> np.ndarray:
    shown_lons, shown_lats = wgs84_to_gcj02(lons, lats)
    return np.column_stack((shown_lons - lons, shown_lats - lats))


def test_no_place_is_shifted_farther_than_is_said():
    """On 1,200,000 places all over the box; nor does the shift change faster, over a thousandth of a degree."""
    west, south, east, north = CHINA
    lons, lats = (one.ravel() for one in np.meshgrid(np.linspace(west, east, 1500), np.linspace(south, north, 800)))
    there = shift_at(lons, lats)
    assert np.abs(there).max() <= GREATEST_SHIFT_DEG
    inside = (lons < east - 0.001) & (lats < north - 0.001)
    for step in ((0.001, 0.0), (0.0, 0.001)):
        change = shift_at(lons[inside] + step[0], lats[inside] + step[1]) - there[inside]
        assert np.abs(change).max() <= GREATEST_CHANGE * 0.001


@given(
    zoom=st.integers(0, 22),
    lon=st.floats(70, 140),
    lat=st.floats(0, 57),
    across=st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5)),
)
def test_what_a_tile_shows_lies_in_its_ground(zoom: int, lon: float, lat: float, across: tuple[float, float]):
    """A place whose image lies in the tile lies in the box that is searched, in China, outside and at its border."""
    shown = tile_at(zoom, lon, lat)
    tile = TileAddress(zoom, shown.x, shown.y, GCJ02_WEB_MERCATOR)
    west, south, east, north = tile.bounds
    # Around the tile, since what lies in it may come from beside it.
    place = lon + across[0] * min(east - west, 0.05), lat + across[1] * min(north - south, 0.05)
    seen = [float(one[0]) for one in wgs84_to_gcj02(np.array(place[:1]), np.array(place[1:]))]
    if west <= seen[0] <= east and south <= seen[1] <= north:
        least_lon, least_lat, most_lon, most_lat = ground_of(tile)
        assert least_lon <= place[0] <= most_lon
        assert least_lat <= place[1] <= most_lat


def test_the_ground_of_a_small_tile_is_little_more_than_the_tile():
    """At zoom 18 a tile is 0.00137 degrees wide, and its ground two hundredths more on each side, not a kilometre."""
    shown = tile_at(18, 102.72, 25.02)
    west, _, east, _ = ground_of(TileAddress(18, shown.x, shown.y, GCJ02_WEB_MERCATOR))
    assert 0.00137 < east - west < 0.00137 * 1.05
    assert ground_of(shown, 64) == shown.box(64)


def test_the_bounds_shown_hold_all_that_is_shown():
    """Of a box 8 degrees wide, its edges and 2500 places inside."""
    ground = (100.0, 22.0, 108.0, 29.0)
    lons, lats = (one.ravel() for one in np.meshgrid(np.linspace(100, 108, 50), np.linspace(22, 29, 50)))
    shown = shapely.points(*wgs84_to_gcj02(lons, lats))
    assert shapely.contains_properly(box(*shown_bounds(ground)), shown).all()
    assert shown_bounds(ground)[0] == pytest.approx(100.0, abs=0.01)


def test_shapes_are_shifted_vertex_by_vertex():
    """Two neighbours keep the two vertices of their edge; what lies outside China stays where it is."""
    one, other = as_shown(np.array([box(102.7, 25.0, 102.71, 25.01), box(102.71, 25.0, 102.72, 25.01)]))
    shared = set(map(tuple, shapely.get_coordinates(one))) & set(map(tuple, shapely.get_coordinates(other)))
    assert len(shared) == 2
    assert 100 < (min(x for x, _ in shared) - 102.71) * 100_000 < 200
    paris = Polygon([(2.3, 48.8), (2.4, 48.8), (2.4, 48.9)])
    assert as_shown(np.array([paris]))[0].equals(paris)


def test_leaving_vertices_out_before_or_after_makes_no_difference():
    """Every second vertex of a ring of 100: shifted then thinned is thinned then shifted, to the last bit."""
    ring = shapely.get_coordinates(Point(102.7, 25.0).buffer(0.01, quad_segs=25))[:-1]
    thinned_first = shapely.get_coordinates(as_shown(np.array([Polygon(ring[::2])]))[0])
    thinned_last = shapely.get_coordinates(as_shown(np.array([Polygon(ring)]))[0])[:-1:2]
    assert np.array_equal(thinned_first[:-1], thinned_last)
