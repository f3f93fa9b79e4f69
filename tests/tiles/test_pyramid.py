from __future__ import annotations

import pytest
import shapely
from shapely.geometry import MultiPolygon, Polygon, box

from tiles.address import TileAddress
from tiles.pyramid import tiles_over

# A slanted sliver and an island far away.
GROUND = MultiPolygon([Polygon([(102.6, 24.9), (103.9, 26.1), (103.8, 26.1)]), box(110.0, 30.0, 110.2, 30.1)])


@pytest.mark.parametrize("buffer", [0, 64, 1024])
def test_all_tiles_that_meet_the_ground_are_found_and_no_other(buffer: int):
    """Against every tile of zoom 7, each held against the ground by itself."""
    [(zoom, x, y)] = tiles_over(GROUND, 7, 7, buffer)
    wide = 360 / 128 * buffer / 4096
    expected = {
        (column, row)
        for column in range(128)
        for row in range(128)
        if shapely.intersects(
            GROUND, shapely.buffer(box(*TileAddress(7, column, row).bounds), wide, join_style="mitre")
        )
    }
    found = list(zip(x.tolist(), y.tolist(), strict=True))
    assert zoom == 7
    assert len(found) == len(set(found)) > 1
    assert set(found) == expected


def test_zooms_are_given_one_by_one():
    """Zoom 0 has one tile, and no zoom before the first is given."""
    assert [(zoom, len(x)) for zoom, x, _ in tiles_over(GROUND, 0, 2, 0)] == [(0, 1), (1, 1), (2, 1)]
    assert [zoom for zoom, _, _ in tiles_over(GROUND, 2, 3, 0)] == [2, 3]


def test_no_ground_meets_no_tile():
    """Nor does it at any zoom."""
    assert [len(x) for _, x, _ in tiles_over(Polygon(), 0, 3, 64)] == [0, 0, 0, 0]
