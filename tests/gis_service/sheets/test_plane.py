from __future__ import annotations

import numpy as np
import pytest
import shapely
from pyproj import Transformer

from gis_service.sheets.plane import LocalZone
from grid_boundaries.measure import GEOD


@pytest.mark.parametrize(
    ("lon", "meridian", "epsg"), [(102.7, 102, 4543), (103.6, 105, 4544), (75.2, 75, 4534), (134.9, 135, 4554)]
)
def test_the_zone_is_that_of_the_middle(lon, meridian, epsg):
    """Three degrees wide, around its meridian; EPSG:4543 is CGCS2000 with 102 E."""
    zone = LocalZone.around(shapely.Point(lon, 25).buffer(0.1))

    assert (zone.meridian, zone.epsg) == (meridian, epsg)


def test_outside_china_there_is_a_zone_without_a_code():
    """Null island lies in the zone of Greenwich."""
    zone = LocalZone.around(shapely.Point(0.2, 0.1).buffer(0.01))

    assert (zone.meridian, zone.epsg) == (0, None)


def test_the_plane_is_the_one_of_its_code():
    """A second opinion: pyproj's own EPSG:4543, to a tenth of a millimetre."""
    points = shapely.MultiPoint(np.column_stack([np.linspace(100.5, 103.5, 20), np.linspace(18, 45, 20)]))

    ours = shapely.get_coordinates(LocalZone(102).to_metres(points))

    theirs = Transformer.from_crs("EPSG:4490", "EPSG:4543", always_xy=True).transform(
        *shapely.get_coordinates(points).T
    )
    assert np.abs(ours - np.column_stack(theirs)).max() < 1e-4


def test_a_kilometre_stays_one_at_the_edge_of_the_zone():
    """1.5 degrees off the meridian at latitude 20, where China's zones are widest: 0.03 % longer."""
    lon, lat, _ = GEOD.fwd(103.499, 20.0, 0.0, 1000.0)

    line = LocalZone(102).to_metres(shapely.LineString([(103.499, 20.0), (lon, lat)]))

    assert line.length == pytest.approx(1000, rel=4e-4)
