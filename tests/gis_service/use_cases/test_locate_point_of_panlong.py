"""The warning on real ground, where coverage has a winding edge."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
import shapely

from gis_service.domain.lookup import Given, Question
from gis_service.snapshots.snapshot import Snapshot, build_snapshot
from gis_service.use_cases.locate_point import locate_in_snapshot
from grid_boundaries.locate.readings import FAR_M
from grid_boundaries.locate.shifts import wgs84_to_bd09, wgs84_to_gcj02


@pytest.fixture(scope="module")
def panlong(demo_work) -> tuple[Snapshot, shapely.Geometry]:
    """What a worker holds of the district, and its outline."""
    with demo_work as work:
        edition = work.editions.in_force_at(datetime.now(UTC))
        rows = work.grids.of_edition(edition.number)
        snapshot = build_snapshot(edition, rows, work.levels.list_all())
    [district] = [row.shape for row in rows if row.parent is None]
    return snapshot, district


def answers(snapshot: Snapshot, lons, lats):
    for lon, lat in zip(lons.tolist(), lats.tolist(), strict=True):
        yield locate_in_snapshot(snapshot, Question(lon, lat, given=Given(lon, lat, "EPSG:4326")))


@pytest.mark.parametrize(("meant", "shift"), [("gcj02", wgs84_to_gcj02), ("bd09", wgs84_to_bd09)])
def test_what_a_map_shows_beyond_the_edge_is_doubted(panlong, meant, shift):
    """300 places on the district's edge, pushed inwards by 11 m, as a map shows them: each far outside is doubted."""
    snapshot, district = panlong
    inner = district.buffer(-1e-4).boundary
    places = shapely.line_interpolate_point(inner, np.linspace(0, 1, 300), normalized=True)
    shown = shift(shapely.get_x(places), shapely.get_y(places))
    outside = [answer for answer in answers(snapshot, *shown) if answer.match == "outside"]
    far = [answer for answer in outside if answer.nearest.distance_m > FAR_M]
    assert len(far) > 30
    assert all(answer.warning is not None for answer in far)
    assert any(answer.warning.crs == meant for answer in far)
    assert all(answer.warning is None for answer in outside if answer.nearest.distance_m <= FAR_M)


def test_true_places_beside_the_district_are_left_alone(panlong):
    """Of 300 true places up to 180 m and 5 km off its edge none is doubted."""
    snapshot, district = panlong
    for away_deg in (0.0015, 0.05):
        outer = district.buffer(away_deg).boundary
        places = shapely.line_interpolate_point(outer, np.linspace(0, 1, 150), normalized=True)
        for answer in answers(snapshot, shapely.get_x(places), shapely.get_y(places)):
            assert (answer.match, answer.warning) == ("outside", None)
