"""Bands of zooms that share generalised shapes, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tiles.address import EXTENT
from tiles.layers import LevelBand, choose_level

UNITS = 2
"""Tile units that a line may lie from where it was: a quarter of a pixel where a tile is drawn 512 pixels wide."""


@dataclass(frozen=True, slots=True)
class Band:
    """Zooms, both included, at which grids are drawn with one set of shapes.

    ``number`` is what is stored beside the shapes: a number is never used for other zooms or another tolerance.
    """

    number: int
    min_zoom: int
    max_zoom: int

    @property
    def tolerance(self) -> float:
        """Degrees of longitude that a line may lie from where it was, in the plane of tiles, at the last zoom."""
        return UNITS * 360 / (EXTENT << self.max_zoom)

    def finest_level(self, levels: Sequence[LevelBand]) -> LevelBand:
        """Return the finest level that tiles of the band draw, of those that an edition has."""
        drawn = [choose_level(levels, zoom) for zoom in range(self.min_zoom, self.max_zoom + 1)]
        return max(drawn, key=lambda level: level.rank)


BANDS = (Band(1, 0, 5), Band(2, 6, 7), Band(3, 8, 9), Band(4, 10, 11), Band(5, 12, 13))
"""From the zoom after the last on shapes are drawn as they are."""


def band_at(zoom: int) -> Band | None:
    """Return the band of a zoom; None where shapes are drawn as they are."""
    return next((band for band in BANDS if band.min_zoom <= zoom <= band.max_zoom), None)


def choose_band(zoom: int, level: LevelBand, levels: Sequence[LevelBand], made: Mapping[int, str]) -> int | None:
    """Return the band whose shapes a tile draws, None for the shapes as they are.

    A band has the level that it was made for and all coarser ones.  For a finer one, and where the band was not made,
    all grids of the tile are drawn as they are: exact lines and generalised ones do not coincide.

    Args:
        zoom: that of the tile.
        level: the finest level that the tile draws.
        levels: all levels.
        made: the bands that an edition has, with the code of the level that each was made for.
    """
    band = band_at(zoom)
    if band is None or band.number not in made:
        return None
    finest = next((one for one in levels if one.code == made[band.number]), None)
    return band.number if finest is not None and level.rank <= finest.rank else None


def is_final(zoom: int, made: Mapping[int, str]) -> bool:
    """Tell whether the tiles of an edition at a zoom stay what they are: its band was made, or there is none."""
    band = band_at(zoom)
    return band is None or band.number in made
