"""Tile matrix sets: the pyramids in which tiles are cut, as the OGC describes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import morecantile

from tiles.address import MAX_ZOOM, Bounds


@dataclass(frozen=True, slots=True)
class MatrixSet:
    """One tile matrix set; ``make`` returns its definition, ``deepest`` is the last matrix that has tiles."""

    id: str
    make: Callable[[], morecantile.TileMatrixSet]
    deepest: int = MAX_ZOOM

    @property
    def definition(self) -> dict[str, Any]:
        """Return the definition as JSON.

        Source:
            OGC 17-083r4 (Two Dimensional Tile Matrix Set), 7.1.
        """
        return self.make().model_dump(mode="json", exclude_none=True, by_alias=True)

    def limits(self, bounds: Bounds, first: int) -> list[dict[str, Any]]:
        """Return which rows and columns hold a box in degrees, for each matrix from ``first`` on.

        Source:
            OGC 17-083r4 (Two Dimensional Tile Matrix Set), 7.3.
        """
        made = self.make()
        west, south, east, north = bounds
        limits = []
        for zoom in range(first, self.deepest + 1):
            upper, lower = made.tile(west, north, zoom), made.tile(east, south, zoom)
            limits.append(
                {
                    "tileMatrix": str(zoom),
                    "minTileRow": upper.y,
                    "maxTileRow": lower.y,
                    "minTileCol": upper.x,
                    "maxTileCol": lower.x,
                }
            )
        return limits


MATRIX_SETS: Mapping[str, MatrixSet] = MappingProxyType(
    {one.id: one for one in (MatrixSet("WebMercatorQuad", lambda: morecantile.tms.get("WebMercatorQuad")),)}
)
"""All that are served, by id."""
