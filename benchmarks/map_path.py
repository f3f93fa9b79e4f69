"""Tiles that a map asks for while its user pans and zooms: each once, in the order of asking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import morecantile
import shapely

from tiles.address import TileAddress

COLUMNS, ROWS = 5, 4
"""Tiles in a window: what a screen of 1,280 by 1,024 pixels shows of tiles drawn 256 pixels wide."""

PANS = ((0, 0), (2, 0), (2, 2), (0, 2))
"""Where the window goes at each zoom, in tiles east and south: half a screen at a time, about a square."""

_MERCATOR = morecantile.tms.get("WebMercatorQuad")


def pan_and_zoom(
    places: Sequence[shapely.Point], zooms: Iterable[int], ground: shapely.Geometry
) -> list[TileAddress]:
    """Return the tiles of a user who zooms in on each place, coarsest zoom first, and pans about it at each zoom.

    A map keeps what it has, so no tile comes twice; and it is told the bounds, so none comes that has no ground.

    Args:
        places: points in degrees.
        zooms: those of the map, the coarsest first.
        ground: the area that has grids, in degrees.
    """
    shapely.prepare(ground)
    asked: dict[TileAddress, bool] = {}
    zooms_in_turn = tuple(zooms)
    for place in places:
        for zoom in zooms_in_turn:
            for address in chain.from_iterable(window(place, zoom, *pan) for pan in PANS):
                if address not in asked:
                    asked[address] = bool(shapely.intersects(ground, shapely.box(*address.bounds)))
    return [address for address, has_ground in asked.items() if has_ground]


def at_zooms(path: Iterable[TileAddress], zooms: Iterable[int]) -> list[TileAddress]:
    """Return the tiles of a path that are of some zooms, in its order."""
    wanted = frozenset(zooms)
    return [address for address in path if address.z in wanted]


def window(place: shapely.Point, zoom: int, east: int = 0, south: int = 0) -> list[TileAddress]:
    """Return the tiles of a window about a place, moved by so many tiles, as far as the pyramid has them; by rows."""
    middle = _MERCATOR.tile(place.x, place.y, zoom)
    west, north = middle.x + east - COLUMNS // 2, middle.y + south - ROWS // 2
    return [
        TileAddress(zoom, x, y)
        for y in range(north, north + ROWS)
        for x in range(west, west + COLUMNS)
        if 0 <= x < 1 << zoom and 0 <= y < 1 << zoom
    ]
