"""Where a tile lies: z, x, y of a tile matrix set, Web Mercator unless another is named; y from the north."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Self

from tiles.matrix_sets import HALF_WORLD_M, WEB_MERCATOR, TileMatrixSet

MAX_ZOOM = WEB_MERCATOR.max_zoom
"""Deepest zoom served in Web Mercator."""

EXTENT = 4096
"""Tile units along an edge of a tile."""

Bounds = tuple[float, float, float, float]
"""West, south, east, north (degrees), or the same in metres of EPSG:3857."""

_NUMBER = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)  # one spelling for one number: one URL for one tile


class TileAddressError(ValueError):
    """The address names no tile of the pyramid."""


class TileZoomError(TileAddressError):
    """The tile exists in the pyramid, but deeper than is served."""


@dataclass(frozen=True, slots=True, order=True)
class TileAddress:
    """One tile; made only when it exists and is not deeper than its matrix set is served.

    Raises:
        TileAddressError: a number is negative, or x or y is beyond the last column or row.
        TileZoomError: z is more than the deepest zoom.

    Source:
        OGC 17-083r4 (Two Dimensional Tile Matrix Set), annex D.1, WebMercatorQuad.
    """

    z: int
    x: int
    y: int
    matrix: TileMatrixSet = WEB_MERCATOR

    def __post_init__(self) -> None:
        if min(self.z, self.x, self.y) < 0:
            raise TileAddressError(f"{self}: z, x and y are not negative.")
        columns, rows = self.matrix.columns, self.matrix.rows
        # Shifted down, not up: a huge zoom must cost nothing.
        if self.x >> self.z >= columns or self.y >> self.z >= rows:
            raise TileAddressError(f"{self}: x is less than {columns << self.z} and y less than {rows << self.z}.")
        if self.z > self.matrix.max_zoom:
            raise TileZoomError(f"{self}: zoom {self.matrix.max_zoom} is the deepest.")

    def __str__(self) -> str:
        place = f"{self.z}/{self.x}/{self.y}"
        return place if self.matrix is WEB_MERCATOR else f"{self.matrix.id}/{place}"

    @classmethod
    def parse(cls, z: str, x: str, y: str, matrix: TileMatrixSet = WEB_MERCATOR) -> Self:
        """Return the address written in a URL: plain decimal digits, no sign, no leading zero."""
        for name, written in (("z", z), ("x", x), ("y", y)):
            if not _NUMBER.fullmatch(written):
                raise TileAddressError(f"{name} is no whole number of at most ten digits.")
        return cls(int(z), int(x), int(y), matrix)

    @property
    def detail(self) -> int:
        """Return the zoom of the Web Mercator tiles that are as wide in degrees: what is drawn goes by that."""
        return self.z + self.matrix.finer_by

    @property
    def frame(self) -> Bounds:
        """Return west, south, east, north in the system of the matrix set: metres of EPSG:3857, or degrees."""
        side = self.matrix.side / (1 << self.z)
        west = self.matrix.west + self.x * side
        north = self.matrix.north - self.y * side
        return west, north - side, west + side, north

    @property
    def bounds_3857(self) -> Bounds:
        """Return west, south, east, north in metres of EPSG:3857, of a tile that is cut in them."""
        return self.frame

    @property
    def bounds(self) -> Bounds:
        """Return west, south, east, north in degrees, of GCJ-02 where the matrix set is shifted."""
        if self.matrix.is_geographic:
            return self.frame
        count = 1 << self.z
        return (
            self.x / count * 360 - 180,
            _latitude(1 - 2 * (self.y + 1) / count),
            (self.x + 1) / count * 360 - 180,
            _latitude(1 - 2 * self.y / count),
        )

    def box(self, buffer: int) -> Bounds:
        """Return the bounds in degrees with ``buffer`` tile units around them, in which a tile's features are sought.

        Widened in degrees, never before they are degrees: in metres the last column would cross 180 degrees east,
        come back as -179 and turn the box inside out.  The one width serves both directions: a tile unit is at most
        as many degrees of latitude as of longitude.
        """
        west, south, east, north = self.bounds
        beyond = (east - west) * buffer / EXTENT
        return west - beyond, south - beyond, east + beyond, north + beyond

    def covers(self, bounds: Bounds) -> bool:
        """Tell whether the tile covers some ground of a box in degrees; an edge in common is no ground."""
        return meet(self.bounds, bounds)


def meet(one: Bounds, other: Bounds) -> bool:
    """Tell whether two boxes share some ground; an edge in common is no ground."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def project(bounds: Bounds) -> Bounds:
    """Return a box in degrees in metres of EPSG:3857; its latitudes are not those of the poles."""
    west, south, east, north = bounds
    bottom, top = (HALF_WORLD_M * _fraction(latitude) for latitude in (south, north))
    return west / 180 * HALF_WORLD_M, bottom, east / 180 * HALF_WORLD_M, top


def _fraction(latitude: float) -> float:
    """Return how far a latitude in degrees lies from the equator to the edge of the pyramid; below it negative."""
    return math.asinh(math.tan(math.radians(latitude))) / math.pi


def _latitude(fraction: float) -> float:
    """Return the latitude in degrees at a fraction of the way from the equator to the edge of the pyramid."""
    return math.degrees(math.atan(math.sinh(math.pi * fraction)))
