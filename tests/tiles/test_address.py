from __future__ import annotations

import morecantile
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiles.address import MAX_ZOOM, TileAddress, TileAddressError, TileZoomError

MERCATOR = morecantile.tms.get("WebMercatorQuad")


@st.composite
def addresses(draw: st.DrawFn) -> TileAddress:
    """Any tile that is served."""
    zoom = draw(st.integers(0, MAX_ZOOM))
    return TileAddress(zoom, draw(st.integers(0, 2**zoom - 1)), draw(st.integers(0, 2**zoom - 1)))


@given(addresses())
def test_bounds_are_those_of_morecantile(address: TileAddress):
    """Degrees within 1e-9, metres within 1 um, at any zoom."""
    tile = morecantile.Tile(address.x, address.y, address.z)
    assert address.bounds == pytest.approx(tuple(MERCATOR.bounds(tile)), abs=1e-9)
    assert address.bounds_3857 == pytest.approx(tuple(MERCATOR.xy_bounds(tile)), abs=1e-6)


@given(addresses())
def test_an_address_is_read_as_it_is_written(address: TileAddress):
    """Written as z/x/y and parsed, it is the same."""
    assert TileAddress.parse(*str(address).split("/")) == address


@pytest.mark.parametrize(
    "written",
    [
        ("-1", "0", "0"),
        ("1", "2", "0"),
        ("1", "0", "2"),
        ("1.0", "0", "0"),
        ("", "0", "0"),
        ("01", "0", "0"),
        ("1", "+1", "0"),
        ("1", " 1", "0"),
        ("1", "١", "0"),
        ("2", "1_0", "0"),
        ("9", "99999999999", "0"),
    ],
)
def test_what_is_no_address_is_refused(written: tuple[str, str, str]):
    """A sign, a space, a leading zero, a foreign digit, a column beyond the last: each by its sentence."""
    with pytest.raises(TileAddressError, match=r"whole number|less than 2"):
        TileAddress.parse(*written)


def test_negative_numbers_are_refused():
    """They cannot be written in a URL, but can be passed."""
    with pytest.raises(TileAddressError, match="not negative"):
        TileAddress(1, -1, 0)


@pytest.mark.parametrize("zoom", ["23", "31", "9999999999"])
def test_a_zoom_beyond_the_deepest_is_told_apart(zoom: str):
    """The tile exists but is not served; a huge zoom costs nothing."""
    with pytest.raises(TileZoomError, match="22 is the deepest"):
        TileAddress.parse(zoom, "0", "0")


def test_a_tile_covers_a_box_with_which_it_shares_ground():
    """The tile 1/1/0 is the north-east quarter: it shares ground with a box across its corner."""
    assert TileAddress(1, 1, 0).covers((-10, -10, 10, 10))


@pytest.mark.parametrize("box", [(-10, 10, 0, 20), (10, -20, 20, 0), (-20, 10, -10, 20)])
def test_a_tile_does_not_cover_what_it_only_touches(box: tuple[float, float, float, float]):
    """West of the meridian, south of the equator, and away from both."""
    assert not TileAddress(1, 1, 0).covers(box)
