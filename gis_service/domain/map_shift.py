"""Where tiles lie on the ground when the map that shows them is drawn in GCJ-02."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from grid_boundaries.locate.shifts import CHINA, gcj02_to_wgs84, wgs84_to_gcj02
from tiles.address import Bounds, TileAddress

GREATEST_SHIFT_DEG = 0.011
"""No place is shifted farther: 0.0108 degrees east, 0.0041 south and 0.0030 north are the most there is."""

GREATEST_CHANGE = 0.01
"""By more degrees the shift, east or north, changes in no degree: 0.0072 is the most there is."""

_ALONG_AN_EDGE = 65
_BETWEEN_SAMPLES_DEG = 0.0005  # the shift waves by 27 m in a third of a degree


def ground_of(address: TileAddress, buffer: int = 0) -> Bounds:
    """Return a box in degrees, as places are stored, that holds all that a tile with its buffer may show.

    It is the tile's own where the map is not shifted, and a little more than its ground where it is.
    """
    west, south, east, north = address.box(buffer)
    if not address.matrix.is_shifted:
        return west, south, east, north
    middle = np.array([(west + east) / 2]), np.array([(south + north) / 2])
    by_lon, by_lat, more = 0.0, 0.0, GREATEST_SHIFT_DEG
    if _all_shifted(west, south, east, north):
        lon, lat = gcj02_to_wgs84(*middle)
        by_lon, by_lat = float(middle[0][0] - lon[0]), float(middle[1][0] - lat[0])
        more = min(more, GREATEST_CHANGE * (east - west + north - south))
    return west - by_lon - more, south - by_lat - more, east - by_lon + more, north - by_lat + more


def shown_bounds(bounds: Bounds) -> Bounds:
    """Return a box in GCJ-02 degrees that holds what a map draws of a box on the ground."""
    west, south, east, north = bounds
    lons, lats = np.linspace(west, east, _ALONG_AN_EDGE), np.linspace(south, north, _ALONG_AN_EDGE)
    around = np.concatenate(
        [
            *(np.column_stack((lons, np.full_like(lons, lat))) for lat in (south, north)),
            *(np.column_stack((np.full_like(lats, lon), lats)) for lon in (west, east)),
        ]
    )
    shown_lons, shown_lats = wgs84_to_gcj02(around[:, 0], around[:, 1])
    more = _BETWEEN_SAMPLES_DEG
    return (
        float(shown_lons.min()) - more,
        float(shown_lats.min()) - more,
        float(shown_lons.max()) + more,
        float(shown_lats.max()) + more,
    )


def as_shown(shapes: NDArray[np.object_] | BaseGeometry) -> NDArray[np.object_]:
    """Return shapes in degrees as a GCJ-02 map shows them, every vertex moved by itself.

    Equal vertices stay equal, so shared edges stay shared.  Leaving vertices out before or after makes no difference:
    a generalised shape that is shifted is the shifted shape without the same vertices.
    """
    return np.asarray(shapely.transform(shapes, lambda places: np.column_stack(wgs84_to_gcj02(*places.T.copy()))))


def _all_shifted(west: float, south: float, east: float, north: float) -> bool:
    """Tell whether the map shifts all places that it may show in a box of its own."""
    far = GREATEST_SHIFT_DEG
    return west - far >= CHINA[0] and south - far >= CHINA[1] and east + far <= CHINA[2] and north + far <= CHINA[3]
