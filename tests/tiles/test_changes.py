from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiles.address import EXTENT, TileAddress
from tiles.changes import DEEPEST, MOST_TILES, ChangedTiles, cell_of

REACH = 128
CORNER = TileAddress(16, 51467, 28058)
"""At 102.716 degrees east and 25.04 degrees north."""


def add(tiles: ChangedTiles, *changes: tuple[int, tuple[float, float, float, float]]) -> None:
    tiles.add(np.array([token for token, _ in changes], np.int64), np.array([box for _, box in changes], np.float64))


def place(x: float, y: float) -> tuple[float, float, float, float]:
    """The box of a place that lies so many tiles of zoom 16 east and south of the north-western corner."""
    lon = (CORNER.x + x) / 2**16 * 360 - 180
    lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (CORNER.y + y) / 2**16))))
    return lon, lat, lon, lat


def is_touched(address: TileAddress, x: float, y: float) -> bool:
    """Whether a place lies in a tile or within its reach; deeper tiles ask for the tile of zoom 16 around them."""
    zoom = min(address.z, DEEPEST)
    deeper = address.z - zoom
    scale = 2.0 ** (zoom - 16)
    across = (CORNER.x + x) * scale - (address.x >> deeper)
    down = (CORNER.y + y) * scale - (address.y >> deeper)
    margin = (REACH + 1) / EXTENT  # and the unit by which a place is rounded when it is drawn
    return -margin <= across <= 1 + margin and -margin <= down <= 1 + margin


def around(zoom: int) -> list[TileAddress]:
    """The nine tiles around the corner's."""
    shift = zoom - 16
    x = CORNER.x << shift if shift >= 0 else CORNER.x >> -shift
    y = CORNER.y << shift if shift >= 0 else CORNER.y >> -shift
    return [TileAddress(zoom, x + across, y + down) for across in (-1, 0, 1) for down in (-1, 0, 1)]


UNITS = st.sampled_from([-500, -129.5, -127.5, 0, 127.5, 129.5, 2000, 3967.5, 3969.5, 4200])


@settings(max_examples=40)
@given(across=UNITS, down=UNITS)
def test_a_place_touches_the_tiles_that_draw_it(across: float, down: float):
    """From zoom 13 to 18, against the place of each tile told by itself; places lie around tile edges and reaches."""
    x, y = across / EXTENT, down / EXTENT
    tiles = ChangedTiles(13, REACH)
    add(tiles, (5, place(x, y)))
    for zoom in range(13, 19):
        for address in around(zoom):
            assert bool(tiles.of(cell_of(address))) == is_touched(address, x, y), address


def test_sums_do_not_depend_on_the_order():
    """Three changes, at once or one by one from the last: the same number for each tile and the layer."""
    changes = [(2**62, place(0.5, 0.5)), (-7, place(0.01, 0.01)), (2**62, (101.0, 24.0, 104.0, 26.0))]
    together, apart = ChangedTiles(0, REACH), ChangedTiles(0, REACH)
    add(together, *changes)
    for change in reversed(changes):
        add(apart, change)
    cells = [cell_of(address) for zoom in (3, 9, 16, 22) for address in around(zoom)[3:5]]
    assert [together.of(cell) for cell in cells] == [apart.of(cell) for cell in cells]
    assert together.whole == apart.whole == (2**62 - 7 + 2**62) % 2**64
    assert (together.changes, len(together)) == (3, len(apart))


def test_a_change_of_much_ground_touches_every_tile():
    """Three degrees by two are more tiles than are told one by one; so it is true of a tile in Africa too."""
    tiles = ChangedTiles(13, REACH)
    add(tiles, (9, (101.0, 24.0, 104.0, 26.0)))
    assert len(tiles) == 0
    assert tiles.of(cell_of(TileAddress(14, 8192, 8192))) == 9
    add(tiles, (1, place(0.5, 0.5)))
    assert tiles.of(cell_of(CORNER)) == 10


def test_a_box_touches_all_tiles_that_it_meets():
    """Three tiles by two of zoom 16, from the middle of one to the middle of another."""
    tiles = ChangedTiles(16, 0)
    west, _, _, north = place(0.5, 0.5)
    east, south, _, _ = place(2.5, 1.5)
    add(tiles, (1, (west, south, east, north)))
    assert len(tiles) == 6 < MOST_TILES


def test_what_has_no_place_touches_the_layer_alone():
    """An incident without a point: every tile has 0, the layer has not."""
    tiles = ChangedTiles(0, REACH)
    add(tiles, (3, (math.nan,) * 4))
    assert (tiles.whole, len(tiles), tiles.of(cell_of(TileAddress(0, 0, 0)))) == (3, 0, 0)


def test_above_the_first_zoom_of_a_layer_nothing_is_touched():
    """A tile of zoom 12 with buildings has none in it."""
    tiles = ChangedTiles(13, REACH)
    add(tiles, (3, place(0.5, 0.5)))
    assert [tiles.of(cell_of(around(zoom)[4])) for zoom in (12, 13)] == [0, 3]


@pytest.mark.parametrize("place", [(180.0, 90.0), (-180.0, -90.0), (0.0, 85.06)])
def test_places_at_the_ends_of_the_world_touch_tiles_of_the_pyramid(place: tuple[float, float]):
    """The date line and the poles: each zoom has a tile for them."""
    tiles = ChangedTiles(0, REACH)
    add(tiles, (1, (*place, *place)))
    assert len(tiles) >= DEEPEST + 1
