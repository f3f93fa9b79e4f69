from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from shapely.geometry import box
from sqlalchemy import text

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.incident import DeclaredPoint, Report
from gis_service.snapshots.snapshot import build_snapshot
from gis_service.use_cases.find_owners_now import find_owners_now
from gis_service.use_cases.report_incident import IncidentRequest, report_incident
from grid_boundaries.partition import Grid

THEN = datetime(2025, 6, 1, tzinfo=UTC)
MOVED = Grid("D09A", box(102.70, 25.00, 102.72, 25.02), "unit_grid", "D07", "九网格")


@pytest.fixture
def report(ground, locate):
    """Report what happened in 2025, and return the incident."""

    def act(**values):
        point, stood = values.pop("point", None), values.pop("reporter_point", None)
        request = IncidentRequest(
            Report("hazard", "general", "patrol", "loose tile", THEN, **values),
            str(values),
            b"",
            point=point,
            reporter_point=stood,
        )
        return report_incident(
            request,
            principal=Principal("hotline", "router"),
            locate=locate,
            zone=ZoneInfo("Asia/Shanghai"),
            now=THEN,
            work=ground,
        ).incident

    return act


@pytest.fixture
def second_edition(ground, publish_edition):
    """Since 2026 D07A is D09A; building B7 and its shop 1F are kept in D07B and D08A.  Returns the snapshot."""
    publish_edition(2, datetime(2026, 1, 1, tzinfo=UTC), [MOVED], ["D07A"])
    with ground:
        for statement in (
            "UPDATE building_owner SET editions = '[1,2)' WHERE building_code = 'B7'",
            "INSERT INTO building_owner (building_code, editions, grid_code) VALUES ('B7', '[2,)', 'D07B')",
            "INSERT INTO building_unit (building_code, label) VALUES ('B7', '1F')",
            (
                "INSERT INTO building_unit_owner (building_code, unit, editions, grid_code)"
                " VALUES ('B7', '1F', '[2,)', 'D08A')"
            ),
        ):
            ground._session.execute(text(statement))
        ground.commit()
    with ground:
        return build_snapshot(ground.editions.get(2), ground.grids.of_edition(2), ground.levels.list_all())


@pytest.mark.parametrize(
    ("where", "then", "now"),
    [
        ({"point": DeclaredPoint(102.71, 25.01)}, "D07A", "D09A"),
        ({"point": DeclaredPoint(102.73, 25.01)}, "D08A", "D08A"),
        ({"point": DeclaredPoint(102.71, 25.05)}, None, None),
        ({"building_code": "B7"}, "D07A", "D07B"),
        ({"building_code": "B7", "unit": "1f"}, "D07A", "D08A"),
        ({"picked_grid": "D07A"}, "D07A", None),
        ({"picked_grid": "D08A"}, "D08A", "D08A"),
        ({"reporter_point": DeclaredPoint(102.71, 25.01)}, "D07A", "D09A"),
    ],
    ids=["moved", "stayed", "outside", "building", "shop", "grid gone", "grid there", "reporter"],
)
def test_the_owner_now_is_found_as_the_owner_was(report, request, ground, open_session, where, then, now):
    """Reported in edition 1, read in edition 2."""
    incident = report(**where)
    current = request.getfixturevalue("second_edition")

    (found,) = find_owners_now([incident], current, lambda: UnitOfWork(open_session))

    assert incident.owner == then
    assert (None if found is None else found.code) == now


def test_of_the_edition_in_force_the_database_is_not_asked(report, ground):
    """The owner now is the owner."""
    incident = report(point=DeclaredPoint(102.71, 25.01))
    with ground:
        current = build_snapshot(ground.editions.get(1), ground.grids.of_edition(1), ground.levels.list_all())

    assert find_owners_now([incident], current, pytest.fail) == [incident.chain[-1]]


def test_without_an_edition_in_memory_nobody_is_named(report):
    """The database has just come up: null, and no error."""
    assert find_owners_now([report(point=DeclaredPoint(102.71, 25.01))], None, pytest.fail) == [None]
