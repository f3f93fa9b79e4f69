from __future__ import annotations

import morecantile
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiles.address import TileAddress, TileAddressError, TileZoomError
from tiles.matrix_sets import (
    CGCS2000_QUAD,
    CGCS2000_SQUARE,
    MATRIX_SETS,
    WEB_MERCATOR,
    TileMatrixSet,
    describe_matrix_set,
)

DESCRIBED = {
    one.id: morecantile.TileMatrixSet.model_validate(describe_matrix_set(one)) for one in MATRIX_SETS.values()
}


@st.composite
def addresses(draw: st.DrawFn) -> TileAddress:
    """Any tile of any set."""
    matrix = draw(st.sampled_from(list(MATRIX_SETS.values())))
    zoom = draw(st.integers(0, matrix.max_zoom))
    column = draw(st.integers(0, (matrix.columns << zoom) - 1))
    return TileAddress(zoom, column, draw(st.integers(0, (matrix.rows << zoom) - 1)), matrix)


@given(addresses())
def test_a_tile_lies_where_morecantile_finds_it_by_the_description(address: TileAddress):
    """Metres within 1 um, degrees within 1e-10, whatever the order of the axes."""
    described = DESCRIBED[address.matrix.id]
    found = tuple(described.xy_bounds(morecantile.Tile(address.x, address.y, address.z)))
    assert address.frame == pytest.approx(found, abs=1e-10 if address.matrix.is_geographic else 1e-6)


@pytest.mark.parametrize(("matrix", "published"), [(WEB_MERCATOR, "WebMercatorQuad"), (CGCS2000_QUAD, "WGS1984Quad")])
def test_the_sets_are_cut_as_those_that_ogc_has_registered(matrix: TileMatrixSet, published: str):
    """CGCS2000 as WGS1984Quad, latitude first: same cells, scales to 1e-9, origin and counts, down to zoom 17."""
    theirs = morecantile.tms.get(published)
    ours = DESCRIBED[matrix.id]
    assert ours.orderedAxes == theirs.orderedAxes
    for mine, other in zip(ours.tileMatrices[:18], theirs.tileMatrices[:18], strict=True):
        assert mine.scaleDenominator == pytest.approx(other.scaleDenominator, rel=1e-9)
        assert mine.cellSize == pytest.approx(other.cellSize, rel=1e-12)
        assert mine.pointOfOrigin == pytest.approx(other.pointOfOrigin, abs=1e-6)
        assert (mine.id, mine.matrixWidth, mine.matrixHeight, mine.tileWidth) == (
            other.id,
            other.matrixWidth,
            other.matrixHeight,
            other.tileWidth,
        )


# Of the capabilities of its WMTS, matrix set c, EPSG:4490, tiles of 256 pixels from 90, -180: level, scale at 96 dpi,
# columns and rows.
TIANDITU = [(1, 2.958293554545656e8, 2, 1), (18, 2256.998866688275, 262144, 131072)]


@pytest.mark.parametrize(("level", "scale", "columns", "rows"), TIANDITU)
def test_a_level_of_tianditu_is_the_zoom_before_it(level: int, scale: float, columns: int, rows: int):
    """Level 1 is zoom 0, 0.703125 degrees a pixel; level 18 is zoom 17."""
    described = DESCRIBED["CGCS2000Quad"].tileMatrices[level - 1]
    assert (described.matrixWidth, described.matrixHeight) == (columns, rows)
    assert described.cellSize == 0.703125 / 2 ** (level - 1)
    # Tianditu thinks of pixels of 1/96 inch, OGC of 0.28 mm.
    in_pixels_of_tianditu = described.scaleDenominator * 0.00028 / (0.0254 / 96)
    assert in_pixels_of_tianditu == pytest.approx(scale, rel=1e-9)


def test_the_square_has_the_numbers_of_tianditu():
    """Its tile z is the tile z - 1 of the quad, of the same detail, and its zoom 0 holds the world."""
    square, quad = TileAddress(14, 12869, 2956, CGCS2000_SQUARE), TileAddress(13, 12869, 2956, CGCS2000_QUAD)
    assert (square.frame, square.detail) == (quad.frame, quad.detail) == (quad.bounds, 14)
    assert TileAddress(0, 0, 0, CGCS2000_SQUARE).frame == (-180, -270, 180, 90)


@pytest.mark.parametrize("place", [(0, 2, 0), (0, 0, 1), (3, 16, 0), (3, 0, 8)])
def test_what_lies_beyond_the_last_column_or_row_is_refused(place: tuple[int, int, int]):
    """The quad has 2 columns and 1 row at zoom 0, 16 and 8 at zoom 3."""
    with pytest.raises(TileAddressError, match=r"x is less than (2|16) and y less than (1|8)\."):
        TileAddress(*place, CGCS2000_QUAD)


def test_a_set_is_served_down_to_the_same_detail():
    """The quad ends at 21, where its tiles are as wide as those of 22 in Web Mercator; a huge zoom costs nothing."""
    assert TileAddress(21, 0, 0, CGCS2000_QUAD).detail == TileAddress(22, 0, 0).detail == 22
    for zoom in (22, 9_999_999_999):
        with pytest.raises(TileZoomError, match="21 is the deepest"):
            TileAddress(zoom, 0, 0, CGCS2000_QUAD)


def test_an_address_names_its_set_but_for_web_mercator():
    """So that no two tiles have one name, and the tags of old tiles stay what they are."""
    assert str(TileAddress(3, 1, 2)) == "3/1/2"
    assert {str(TileAddress(3, 1, 2, one)) for one in MATRIX_SETS.values()} == {
        "3/1/2",
        "CGCS2000Quad/3/1/2",
        "GCJ02WebMercatorQuad/3/1/2",
    }


def test_a_box_is_as_much_wider_as_the_buffer():
    """64 units of a tile 180 degrees wide are 2.8125 degrees, also beyond the date line."""
    assert TileAddress(0, 1, 0, CGCS2000_QUAD).box(64) == (-2.8125, -92.8125, 182.8125, 92.8125)
