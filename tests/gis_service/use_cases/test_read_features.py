from __future__ import annotations

from datetime import UTC, datetime

import pytest
import shapely

from gis_service.domain.access import PUBLIC
from gis_service.domain.feature import COLLECTIONS, FeatureFilter, Position, PositionError
from gis_service.domain.time_span import parse_interval
from gis_service.errors import NotFoundError
from gis_service.use_cases.read_features import find_features, read_extent, read_feature
from grid_boundaries.partition import Grid

GRIDS, BUILDINGS = COLLECTIONS["grids"], COLLECTIONS["buildings"]
RENAMED = Grid("D08A", shapely.box(102.72, 25.00, 102.74, 25.02), "unit_grid", "D08", "新网格")


@pytest.fixture
def two_editions(ground, publish_edition):
    """The small ground of 2025; from 2026-02-01 D07B is retired and D08A has another name."""
    publish_edition(2, datetime(2026, 2, 1, tzinfo=UTC), [RENAMED], ["D08A", "D07B"])
    return ground


def names(work, written, collection=GRIDS):
    times = None if written is None else parse_interval(written)
    page = find_features(collection, FeatureFilter(times=times), PUBLIC, work, position=None, limit=100)
    assert page.matched == len(page.records)
    return {record.id: record.properties["name"] for record in page.records}


@pytest.mark.parametrize(
    ("written", "has_d07b", "name"),
    [
        ("2026-01-31T23:59:59Z", True, "三网格"),
        ("2026-02-01T00:00:00Z", False, "新网格"),
        ("2025-06-01/2025-07-01", True, "三网格"),
        ("2025-06-01/2026-07-01", True, "新网格"),
        ("../2025-07-01", True, "三网格"),
        ("2026-03-01/..", False, "新网格"),
        (None, False, "新网格"),
    ],
)
def test_grids_are_of_the_editions_in_force_in_the_stretch_of_time(two_editions, written, has_d07b, name):
    """Each grid once, in the last state that it had within it; one that was retired within it too."""
    found = names(two_editions, written)

    assert found["D08A"] == name
    assert ("D07B" in found) is has_d07b
    assert len(found) == (6 if has_d07b else 5)


def test_before_the_first_edition_there_are_no_grids(two_editions):
    """The list is empty and no grid is found; buildings stand, but nobody owns them."""
    before = "2024-01-01T00:00:00Z"
    assert names(two_editions, before) == {}
    with pytest.raises(NotFoundError):
        read_feature(GRIDS, "D", parse_interval(before), PUBLIC, two_editions)
    for times, edition, owner in ((parse_interval(before), 0, None), (None, 2, "D07A")):
        page = read_feature(BUILDINGS, "B7", times, PUBLIC, two_editions)
        assert (page.editions[1], page.records[0].properties["grid"]) == (edition, owner)


def test_a_page_goes_on_in_the_edition_of_the_first(two_editions):
    """Behind D07A of edition 1 comes D07B, though edition 2 has retired it."""
    page = find_features(GRIDS, FeatureFilter(), PUBLIC, two_editions, position=Position((1, 1), 6, "D07A"), limit=2)

    assert [record.id for record in page.records] == ["D07B", "D08"]
    assert page.matched == 6
    assert page.has_more


@pytest.mark.parametrize(("written", "editions"), [(None, (3, 3)), ("../2025-07-01", (1, 2)), ("2025-07-01", (2, 2))])
def test_no_page_ends_in_an_edition_that_was_not_in_force(two_editions, written, editions):
    """One that is not there, or is there but came after the stretch of time."""
    wanted = FeatureFilter(times=None if written is None else parse_interval(written))
    position = Position(editions, 6, "D07A")

    with pytest.raises(PositionError):
        find_features(GRIDS, wanted, PUBLIC, two_editions, position=position, limit=2)


def test_extents_hold_all_that_is_public(two_editions):
    """Grids since the first edition; buildings in a box of cells, 1/128 degree too wide at most."""
    grids, buildings = read_extent(GRIDS, two_editions), read_extent(BUILDINGS, two_editions)

    assert grids.bounds == (102.70, 25.00, 102.74, 25.04)
    assert grids.since == datetime(2025, 1, 1, tzinfo=UTC)
    assert shapely.box(*buildings.bounds).contains(shapely.Point(102.705, 25.005))
    assert shapely.box(*buildings.bounds).area == pytest.approx(1 / 128**2)
    assert read_extent(COLLECTIONS["incidents"], two_editions).bounds is None
