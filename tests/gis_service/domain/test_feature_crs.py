from __future__ import annotations

import pyproj
import pytest
import shapely

from gis_service.domain.feature_crs import CRS84, FEATURE_CRS, OutOfCrsError

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
PLACE = shapely.Point(102.7, 25)


@pytest.mark.parametrize("code", [4326, 4490, 3857, 4513, 4522, 4534, 4543, 4554])
def test_coordinates_come_in_the_order_of_the_authority(code):
    """Held against pyproj without always_xy, which keeps the authority's own order; to 0.1 mm."""
    crs = pyproj.CRS.from_epsg(code)
    base = 4326 if code == 3857 else 4490
    first, second = (
        (25, 102.7) if code in {4326, 4490} else pyproj.Transformer.from_crs(base, crs).transform(25, 102.7)
    )

    answered = FEATURE_CRS[f"{EPSG}{code}"].from_degrees(PLACE)

    assert (answered.x, answered.y) == pytest.approx((first, second), abs=1e-4)


@pytest.mark.parametrize("uri", [CRS84, *(f"{EPSG}{code}" for code in (4326, 4490, 3857, 4522, 4543))])
def test_what_goes_out_comes_back_in(uri):
    """To 1e-8 degree: a millimetre."""
    crs = FEATURE_CRS[uri]

    assert crs.to_degrees(crs.from_degrees(PLACE)).equals_exact(PLACE, 1e-8)


def test_a_box_in_metres_keeps_its_bowed_sides():
    """A square of 100 km in zone 34: its northern side bows by more than 500 m in degrees."""
    crs = FEATURE_CRS[f"{EPSG}4522"]
    area = crs.box_to_degrees(2_700_000, 34_450_000, 2_800_000, 34_550_000)

    middle = crs.to_degrees(shapely.Point(2_799_990, 34_500_000))

    assert area.contains(middle)
    assert len(area.exterior.coords) > 200


def test_a_box_may_go_through_180_degrees():
    """From 170° E to 170° W: two boxes, in either order of axes."""
    expected = shapely.MultiPolygon([shapely.box(170, -10, 180, 10), shapely.box(-180, -10, -170, 10)])

    assert FEATURE_CRS[CRS84].box_to_degrees(170, -10, -170, 10).equals(expected)
    assert FEATURE_CRS[f"{EPSG}4326"].box_to_degrees(-10, 170, 10, -170).equals(expected)


@pytest.mark.parametrize(
    ("uri", "sides"),
    [
        (CRS84, (25, 102.7, 25.1, 102.8)),
        (CRS84, (102.7, 25.1, 102.8, 25)),
        (f"{EPSG}4326", (102.7, 25, 102.8, 25.1)),
        (f"{EPSG}3857", (2e7, 0, 3e7, 1)),
        (f"{EPSG}4522", (34_450_000, 2_700_000, 34_550_000, 2_800_000)),
    ],
)
def test_boxes_that_cannot_be_are_refused(uri, sides):
    """Axes in the other order, corners the wrong way round, off the map."""
    with pytest.raises(OutOfCrsError):
        FEATURE_CRS[uri].box_to_degrees(*sides)


def test_a_box_without_width_is_a_line_and_without_size_a_point():
    """So that it still finds what it touches."""
    assert FEATURE_CRS[CRS84].box_to_degrees(1, 2, 1, 4).geom_type == "LineString"
    assert FEATURE_CRS[CRS84].box_to_degrees(1, 2, 1, 2).equals(shapely.Point(1, 2))
