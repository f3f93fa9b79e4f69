from __future__ import annotations

import pytest
from sqlalchemy import text

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.errors import ClashError
from gis_service.use_cases.load_demo import DemoCounts, is_demo, load_demo
from tests.conftest import make_database
from tests.support.ground import FIRST_DAY, add_levels, publish_tree, tiny_tree

WHOLE = DemoCounts(
    grids=325, buildings=10_911, incidents=5_600, values=6_500, resources=60, devices=120, positions=2_850
)


@pytest.fixture
def engine_of_a_copy(server_url, demo_template):
    made = make_engine(
        make_database(server_url, "gis_test_load", demo_template), pool_size=2, statement_timeout_ms=60_000
    )
    yield made
    made.dispose()


def test_a_second_load_finds_all_there_and_changes_nothing(engine_of_a_copy):
    """325 grids, 10,911 buildings, 5,600 incidents; still one edition."""
    work = UnitOfWork(make_session_factory(engine_of_a_copy))

    assert load_demo(work) == WHOLE
    with work:
        assert len(work.editions.list_all()) == 1


def test_a_load_that_was_stopped_goes_on_where_it_stopped(engine_of_a_copy):
    """Without incidents and indicators the demo is not whole, as one from an older release; the buildings stay."""
    with engine_of_a_copy.begin() as connection:
        connection.execute(text("TRUNCATE incident, incident_event, idempotency_key"))
        connection.execute(
            text("TRUNCATE indicator, indicator_value, resource, resource_kind, device, device_kind, position")
        )
    work = UnitOfWork(make_session_factory(engine_of_a_copy))
    steps = []

    assert load_demo(work, lambda step, _: steps.append(step)) == WHOLE
    assert "store incidents" in steps
    assert "check and publish" not in steps


def test_every_position_of_the_demo_is_that_of_a_worker_on_his_ground(demo_work):
    """Twelve workers, each nearly all the time in the unit grid that he serves."""
    with demo_work:
        rows = demo_work._session.execute(
            text(
                "SELECT s.role, avg(CAST(ST_Covers(g.shape, p.point) AS int)) AS inside FROM position AS p"
                " JOIN staff AS s ON s.id = p.staff_id JOIN grid AS g ON g.code = s.grid_code GROUP BY s.id"
            )
        ).all()
    assert len(rows) == 12
    assert {row.role for row in rows} == {"worker"}
    assert min(row.inside for row in rows) > 0.8


def test_the_demo_does_not_mix_with_a_citys_own_boundaries(work, open_session):
    """An edition that a planner published is there already."""
    add_levels(open_session)
    publish_tree(work, tiny_tree(), FIRST_DAY)

    assert not is_demo(work)
    with pytest.raises(ClashError, match="other boundaries"):
        load_demo(work)


def test_every_building_of_the_demo_has_the_owner_that_its_place_gives(demo_work):
    """Asked anew of the database for a thousand of them."""
    with demo_work:
        rows = demo_work._session.execute(
            text(
                "SELECT ST_X(point) AS lon, ST_Y(point) AS lat, grid_code FROM building"
                " JOIN building_owner ON building_code = code ORDER BY code LIMIT 1000"
            )
        ).all()
        owners = demo_work.owners.of_points(1, [row.lon for row in rows], [row.lat for row in rows])

    assert [row.grid_code for row in rows] == owners
