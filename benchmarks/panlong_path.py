"""The tiles of a map whose user looks at Panlong: in the town first, then at two places in the country."""

from __future__ import annotations

from collections import Counter
from functools import cache

import morecantile
import shapely

from benchmarks.ground import EDITION, finest_grids, panlong
from benchmarks.map_path import pan_and_zoom
from tiles.address import TileAddress

ZOOMS = range(10, 18)
"""From all of the district down to a staircase."""

_MERCATOR = morecantile.tms.get("WebMercatorQuad")
_TOWN_ZOOM = 14


@cache
def panlong_path() -> tuple[TileAddress, ...]:
    """Return the tiles, distinct, in the order of asking."""
    [district] = [grid.shape for grid in panlong() if grid.parent is None]
    middles = [shapely.point_on_surface(grid.shape) for grid in finest_grids()]
    tile_of = {middle: _MERCATOR.tile(middle.x, middle.y, _TOWN_ZOOM) for middle in middles}
    grids_in = Counter(tile_of.values())
    in_town = max(middles, key=lambda middle: grids_in[tile_of[middle]])
    return tuple(pan_and_zoom((in_town, middles[0], middles[-1]), ZOOMS, district))


def tile_path(address: TileAddress) -> str:
    """Return the path by which the service gives a tile of Panlong."""
    return f"/tiles/{EDITION}/grids/{address}.mvt"
