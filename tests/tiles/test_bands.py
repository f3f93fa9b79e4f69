from __future__ import annotations

import pytest

from tiles.address import MAX_ZOOM
from tiles.bands import BANDS, band_at, choose_band, is_final
from tiles.layers import LevelBand

LEVELS = [
    LevelBand("district", 1, 0, 9),
    LevelBand("street", 2, 10, 11),
    LevelBand("community", 3, 12, 13),
    LevelBand("unit_grid", 4, 14, 22),
]


def test_every_zoom_below_14_is_in_one_band():
    """0 to 13 each once; from 14 on shapes are drawn as they are."""
    for zoom in range(MAX_ZOOM + 1):
        holding = [band for band in BANDS if band.min_zoom <= zoom <= band.max_zoom]
        assert len(holding) == (1 if zoom < 14 else 0)
        assert band_at(zoom) == (holding[0] if holding else None)


def test_the_tolerance_is_two_tile_units_at_the_last_zoom():
    """At zoom 13 a tile is 360 / 8192 degrees wide and has 4096 units."""
    assert BANDS[-1].tolerance == pytest.approx(2 * 360 / 8192 / 4096)


def test_a_band_is_made_for_the_finest_level_that_its_zooms_draw():
    """Districts up to zoom 9, streets at 10 and 11, communities at 12 and 13; without these, what there is."""
    assert [band.finest_level(LEVELS).code for band in BANDS] == [*["district"] * 3, "street", "community"]
    assert [band.finest_level(LEVELS[:2]).code for band in BANDS] == [*["district"] * 3, "street", "street"]
    mixed = [LevelBand("a", 0, 0, 10), LevelBand("b", 1, 11, 22)]
    assert BANDS[3].finest_level(mixed).code == "b"


@pytest.mark.parametrize(
    ("zoom", "level", "made", "chosen"),
    [
        (10, 1, {4: "street"}, 4),  # streets, which the band was made for
        (10, 0, {4: "street"}, 4),  # districts alone: they are in it too
        (10, 2, {4: "street"}, None),  # communities alone are not
        (10, 1, {}, None),  # nothing was made yet
        (14, 3, {4: "street"}, None),  # drawn as they are
        (10, 1, {4: "village"}, None),  # a level that there is no more
    ],
)
def test_a_tile_draws_a_band_only_when_all_its_grids_are_in_it(
    zoom: int, level: int, made: dict[int, str], chosen: int | None
):
    """Exact lines and generalised ones do not coincide, so a tile has one kind."""
    assert choose_band(zoom, LEVELS[level], LEVELS, made) == chosen


def test_a_tile_is_final_when_its_band_is_made():
    """Above the bands it always is."""
    assert [is_final(zoom, {4: "street"}) for zoom in (9, 10, 14)] == [False, True, True]
