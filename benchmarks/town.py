"""Tiles where the grids are smallest."""

from __future__ import annotations

import morecantile
import shapely

from benchmarks.ground import finest_grids
from tiles.address import TileAddress

_MERCATOR = morecantile.tms.get("WebMercatorQuad")


def tiles_of_town(zoom: int, count: int) -> list[TileAddress]:
    """Return up to ``count`` tiles of a zoom, those with the most grids first."""
    grids: dict[TileAddress, int] = {}
    for grid in finest_grids():
        middle = shapely.point_on_surface(grid.shape)
        tile = _MERCATOR.tile(middle.x, middle.y, zoom)
        address = TileAddress(tile.z, tile.x, tile.y)
        grids[address] = grids.get(address, 0) + 1
    return sorted(grids, key=lambda address: (-grids[address], address))[:count]
