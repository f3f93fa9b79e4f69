"""Which tiles of the pyramid meet a piece of ground."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from tiles.address import EXTENT

Columns = NDArray[np.int64]
_Degrees = NDArray[np.float64]
_Box = tuple[_Degrees, _Degrees, _Degrees, _Degrees]


def tiles_over(
    ground: BaseGeometry, min_zoom: int, max_zoom: int, buffer: int
) -> Iterator[tuple[int, Columns, Columns]]:
    """Give for each zoom, both included, the columns and rows of all tiles that meet ground, in no order.

    A tile meets what lies in it or within ``buffer`` tile units of it, since it draws that too.  Found from the
    top down: what meets a tile meets its parent.

    Args:
        ground: in degrees (EPSG:4326), not across 180 degrees; empty ground meets no tile.
        min_zoom: the first zoom given.
        max_zoom: the last one.
        buffer: in tile units.
    """
    shapely.prepare(ground)
    x, y = np.zeros(1, np.int64), np.zeros(1, np.int64)
    for zoom in range(max_zoom + 1):
        if zoom > 0:
            x = np.concatenate([2 * x, 2 * x, 2 * x + 1, 2 * x + 1])
            y = np.concatenate([2 * y, 2 * y + 1, 2 * y, 2 * y + 1])
        meets = shapely.intersects(ground, shapely.box(*buffered_bounds(zoom, x, y, buffer)))
        x, y = x[meets], y[meets]
        if zoom >= min_zoom:
            yield zoom, x, y


def buffered_bounds(zoom: int, x: Columns, y: Columns, buffer: int) -> _Box:
    """Return west, south, east, north of tiles with a buffer around them, in degrees, as the statements widen them.

    The buffer is as many degrees of latitude as of longitude, which on the ground is a little more.
    """
    count = 1 << zoom
    wide = 360 / count * buffer / EXTENT
    west = x / count * 360 - 180
    north, south = (np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * row / count)))) for row in (y, y + 1))
    return west - wide, south - wide, west + 360 / count + wide, north + wide
