from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from grid_boundaries.locate.coordinates import (
    CoordinateError,
    DegreesError,
    UnknownCrsError,
    check_degrees,
    look_like_degrees,
    look_swapped,
    quantise,
    quantise_one,
    to_wgs84,
    to_wgs84_where_possible,
)
from grid_boundaries.locate.shifts import wgs84_to_bd09, wgs84_to_gcj02

KUNMING = (102.7123456789, 25.0412345678)


def arrays(lon: float, lat: float):
    return np.array([lon]), np.array([lat])


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4490", "epsg:4490", " EPSG:4326 "])
def test_degrees_of_wgs84_and_cgcs2000_are_taken_as_they_stand(crs):
    """Bit for bit; the difference of the two is below what boundaries are surveyed to."""
    lons, lats = to_wgs84(*arrays(*KUNMING), crs)
    assert (lons[0], lats[0]) == KUNMING


def test_the_offset_of_a_map_is_taken_off():
    """A place as AMap and as Baidu show it comes back to a tenth of a millimetre (1e-9 degree)."""
    for crs, shift in (("gcj02", wgs84_to_gcj02), ("BD09", wgs84_to_bd09)):
        lons, lats = to_wgs84(*shift(*arrays(*KUNMING)), crs)
        assert (lons[0], lats[0]) == pytest.approx(KUNMING, abs=1e-9)


@pytest.mark.parametrize("code", range(4513, 4555))
def test_every_projected_cgcs2000_zone_comes_back(code):
    """A place one degree east of the central meridian of each of the 42 systems, easting first."""
    meridian = 75 + 3 * (code - (4513 if code < 4534 else 4534))
    forward = Transformer.from_crs("EPSG:4490", f"EPSG:{code}", always_xy=True)
    easting, northing = forward.transform(meridian + 1.0, 25.0)
    zone_digits = easting // 1_000_000
    assert zone_digits == (meridian / 3 if code < 4534 else 0)
    lons, lats = to_wgs84(*arrays(easting, northing), f"EPSG:{code}")
    assert (lons[0], lats[0]) == pytest.approx((meridian + 1.0, 25.0), abs=1e-9)


def test_millimetres_survive():
    """Eastings and northings in whole millimetres come back to a tenth of that after the lattice of 1e-9 degree."""
    eastings = np.array([34_569_123.456, 34_569_123.457])
    northings = np.array([2_770_456.789, 2_770_456.788])
    lons, lats = quantise(*to_wgs84(eastings, northings, "EPSG:4522"))
    back = Transformer.from_crs("EPSG:4490", "EPSG:4522", always_xy=True).transform(lons, lats)
    assert np.abs(back[0] - eastings).max() < 1e-4
    assert np.abs(back[1] - northings).max() < 1e-4


@pytest.mark.parametrize("crs", ["EPSG:3857", "EPSG:4512", "EPSG:4555", "wgs84", "", "4326", "EPSG:45１3"])
def test_an_unknown_system_is_refused_with_those_that_are_known(crs):
    """Among them the neighbours of the known range and a full-width digit."""
    with pytest.raises(UnknownCrsError, match="known are EPSG:4326, EPSG:4490, EPSG:4513 to EPSG:4554, gcj02, bd09"):
        to_wgs84(*arrays(*KUNMING), crs)


@pytest.mark.parametrize("crs", ["EPSG:4326", "gcj02", "bd09"])
@pytest.mark.parametrize("lon", [math.nan, math.inf, -math.inf, 180.000001, -181.0])
def test_degrees_out_of_range_are_refused(crs, lon):
    """Not a number, infinite, over 180."""
    with pytest.raises(CoordinateError, match=r"lons\[0\] .* from -180 to 180"):
        to_wgs84(*arrays(lon, 25.0), crs)


def test_a_swapped_pair_is_called_so():
    """Latitude 102.7 and longitude 25 cannot be; the other way round they can."""
    with pytest.raises(CoordinateError, match="longitude and latitude look swapped") as refused:
        check_degrees(*arrays(25.04, 102.71))
    assert (refused.value.axis, refused.value.index, refused.value.value) == ("lat", 0, 102.71)


@pytest.mark.parametrize(
    ("lon", "lat", "swapped"),
    [(25.0, 102.7, True), (102.7, 25.0, False), (102.7, 102.7, False), (25.0, 181.0, False), (25.0, math.nan, False)],
)
def test_a_pair_looks_swapped_when_only_the_other_order_is_a_place(lon, lat, swapped):
    """Out of range as given and in range the other way round."""
    assert look_swapped(lon, lat) is swapped


def test_degrees_given_as_a_projected_system_are_refused():
    """102.7, 25.0 in EPSG:4522 would lie in the Atlantic, far from its central meridian 102 E."""
    with pytest.raises(CoordinateError, match=r"EPSG:4522 takes metres, easting first; .* around 34,500,000"):
        to_wgs84(*arrays(102.7, 25.0), "EPSG:4522")


@pytest.mark.parametrize("code", [4513, 4522, 4533, 4534, 4543, 4554])
@pytest.mark.parametrize(("x", "y"), [(102.7, 25.1), (25.1, 102.7), (-180.0, 90.0), (0.0, 0.0)])
def test_degrees_are_no_metres_of_any_zone(code, x, y):
    """In either order; where possible they are nowhere."""
    with pytest.raises(DegreesError, match="these look like degrees, which are crs=EPSG:4490 or EPSG:4326"):
        to_wgs84(*arrays(x, y), f"EPSG:{code}")
    assert np.isnan(to_wgs84_where_possible(*arrays(x, y), f"EPSG:{code}")).all()


def test_metres_are_not_taken_for_degrees():
    """181 m from the false origin, which is no place in China, yet a place of the zone."""
    assert not look_like_degrees(*arrays(181.0, 25.0)).any()
    lons, _ = to_wgs84(*arrays(181.0, 25.0), "EPSG:4543")
    assert lons[0] == pytest.approx(97.5, abs=0.1)


def test_northing_before_easting_is_refused():
    """The axis order of the authority is not the order here."""
    with pytest.raises(CoordinateError, match="easting first"):
        to_wgs84(*arrays(2_770_456.0, 569_123.0), "EPSG:4543")


@pytest.mark.parametrize(
    ("easting", "northing", "axis"), [(math.nan, 2.77e6, "lon"), (569_123.0, math.inf, "lat"), (1e30, 2.77e6, "lon")]
)
def test_a_projected_coordinate_that_is_no_number_is_refused_by_its_axis(easting, northing, axis):
    """Not a number, infinite, absurd."""
    with pytest.raises(CoordinateError) as refused:
        to_wgs84(*arrays(easting, northing), "EPSG:4543")
    assert refused.value.axis == axis


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_one_point_goes_to_the_lattice_as_many_do(lon, lat):
    """The quick way for one point gives the very doubles of the way for arrays, at most half a step away."""
    lons, lats = quantise(*arrays(lon, lat))
    assert quantise_one(lon, lat) == (lons[0], lats[0])
    assert abs(lons[0] - lon) <= 0.5000001e-9


@given(st.integers(-180_000_000_000, 180_000_000_000))
def test_what_lies_on_the_lattice_stays(step):
    """Nine decimals written out and read back are the double that the lattice has."""
    written = float(f"{step / 1_000_000_000:.9f}")
    assert quantise_one(written, 0.0)[0] == written
