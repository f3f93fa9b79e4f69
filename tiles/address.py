"""Where a tile lies: z, x, y of the Web Mercator pyramid (EPSG:3857), y counted from the north."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Self

MAX_ZOOM = 22
"""Deepest zoom served: a tile unit is 2 mm there, finer than any boundary is surveyed."""

EXTENT = 4096
"""Tile units along an edge of a tile."""

Bounds = tuple[float, float, float, float]
"""West, south, east, north (degrees), or the same in metres of EPSG:3857."""

_HALF_WORLD_M = 20037508.342789244  # pi times the radius of EPSG:3857, 6378137 m
_NUMBER = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)  # one spelling for one number: one URL for one tile


class TileAddressError(ValueError):
    """The address names no tile of the pyramid."""


class TileZoomError(TileAddressError):
    """The tile exists in the pyramid, but deeper than is served."""


@dataclass(frozen=True, slots=True, order=True)
class TileAddress:
    """One tile; made only when it exists and is not deeper than MAX_ZOOM.

    Raises:
        TileAddressError: a number is negative, or x or y reaches 2**z.
        TileZoomError: z is more than MAX_ZOOM.

    Source:
        OGC 17-083r4 (Two Dimensional Tile Matrix Set), annex D.1, WebMercatorQuad.
    """

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        if min(self.z, self.x, self.y) < 0:
            raise TileAddressError(f"{self}: z, x and y are not negative.")
        if self.x >> self.z or self.y >> self.z:
            raise TileAddressError(f"{self}: x and y are less than 2 to the power of z.")
        if self.z > MAX_ZOOM:
            raise TileZoomError(f"{self}: zoom {MAX_ZOOM} is the deepest.")

    def __str__(self) -> str:
        return f"{self.z}/{self.x}/{self.y}"

    @classmethod
    def parse(cls, z: str, x: str, y: str) -> Self:
        """Return the address written in a URL: plain decimal digits, no sign, no leading zero."""
        for name, written in (("z", z), ("x", x), ("y", y)):
            if not _NUMBER.fullmatch(written):
                raise TileAddressError(f"{name} is no whole number of at most ten digits.")
        return cls(int(z), int(x), int(y))

    @property
    def bounds_3857(self) -> Bounds:
        """Return west, south, east, north in metres of EPSG:3857."""
        side_m = 2 * _HALF_WORLD_M / (1 << self.z)
        west = -_HALF_WORLD_M + self.x * side_m
        north = _HALF_WORLD_M - self.y * side_m
        return west, north - side_m, west + side_m, north

    @property
    def bounds(self) -> Bounds:
        """Return west, south, east, north in degrees."""
        count = 1 << self.z
        return (
            self.x / count * 360 - 180,
            _latitude(1 - 2 * (self.y + 1) / count),
            (self.x + 1) / count * 360 - 180,
            _latitude(1 - 2 * self.y / count),
        )

    def covers(self, bounds: Bounds) -> bool:
        """Tell whether the tile covers some ground of a box in degrees; an edge in common is no ground."""
        west, south, east, north = self.bounds
        return west < bounds[2] and bounds[0] < east and south < bounds[3] and bounds[1] < north


def _latitude(fraction: float) -> float:
    """Return the latitude in degrees at a fraction of the way from the equator to the edge of the pyramid."""
    return math.degrees(math.atan(math.sinh(math.pi * fraction)))
