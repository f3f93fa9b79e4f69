from __future__ import annotations

import numpy as np
import pytest

from gis_service.domain.coordinates import point_in_wgs84, points_in_wgs84
from gis_service.errors import InputFault, RuleBrokenError


def test_a_point_of_a_shifted_map_comes_back_to_the_ground():
    """Beijing as AMap shows it, to a millionth of a degree."""
    assert point_in_wgs84(116.41024449916938, 39.91640428150164, "gcj02") == pytest.approx(
        (116.404, 39.915), abs=1e-6
    )


def test_an_unknown_system_is_refused_by_its_code():
    """Web Mercator."""
    with pytest.raises(RuleBrokenError, match="'EPSG:3857' is not known here; known are EPSG:4326") as refused:
        point_in_wgs84(102.7, 25.0, "EPSG:3857")
    assert refused.value.code == "unknown-crs"
    assert refused.value.faults[0].pointer == "crs"


def test_the_refusal_of_a_long_name_is_short():
    """3,000 letters, of which 40 are said again."""
    with pytest.raises(RuleBrokenError, match=f"^'{'x' * 40}' is not known here"):
        point_in_wgs84(102.7, 25.0, "x" * 3000)


def test_the_fault_of_a_point_names_its_coordinate():
    """Longitude 190."""
    with pytest.raises(RuleBrokenError, match=r"^lon is 190\.0: a longitude is a finite number") as refused:
        point_in_wgs84(190.0, 25.0)
    assert refused.value.faults == (InputFault("lon", "a longitude is a finite number from -180 to 180"),)


def test_the_fault_among_many_points_at_its_element():
    """The third latitude of a body; in bytes no pointer reaches it, and the sentence tells the place."""
    lons, lats = np.full(3, 102.7), np.array([25.0, 25.0, np.inf])
    for pointers, pointer in ((("/lons", "/lats"), "/lats/2"), (("", ""), "")):
        with pytest.raises(RuleBrokenError, match=r"lats\[2\] is inf") as refused:
            points_in_wgs84(lons, lats, "EPSG:4326", pointers=pointers)
        assert refused.value.faults[0].pointer == pointer


def test_the_unknown_system_of_many_points_at_its_member():
    """A member of the body, or a parameter of the query."""
    for pointers, pointer in ((("/lons", "/lats"), "/crs"), (("", ""), "crs")):
        with pytest.raises(RuleBrokenError) as refused:
            points_in_wgs84(np.zeros(1), np.zeros(1), "mars", pointers=pointers)
        assert refused.value.faults[0].pointer == pointer
