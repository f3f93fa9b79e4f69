import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import Engine, select, text

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.tables import building_owner
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.building import Building, Entrance

TOWER = Building(
    "B9",
    "翡翠楼",
    "人民路9号",
    "residential",
    102.7012345,
    25.0012345,
    storeys=18,
    households=120,
    verified_on=date(2026, 1, 31),
    entrances=(Entrance("1", 102.7012, 25.0012), Entrance("2", 102.7013, 25.0012)),
)


def test_a_building_is_read_as_it_was_stored(ground):
    """With its doors, by label; coordinates to the last bit."""
    with ground as work:
        work.buildings.add_many([TOWER], ["D07A"], edition=1)

        assert work.buildings.get("B9") == TOWER


def test_a_building_that_is_not_there_is_none(ground):
    """No error: it is for the caller to say what that means."""
    with ground as work:
        assert work.buildings.get("B0") is None


def test_many_buildings_are_found_by_code(ground):
    """B7 is part of the ground; B0 is not there; doors are not read."""
    with ground as work:
        work.buildings.add_many([TOWER], [None], edition=1)

        found = work.buildings.get_many(["B7", "B9", "B0"])

    assert {code: len(one.entrances) for code, one in found.items()} == {"B7": 0, "B9": 0}


def test_owners_hold_from_their_edition_on(ground):
    """A building that no grid covers is stored with no owner."""
    plain = Building("B8", "x", "x", "shop", 102.71, 25.05)
    with ground as work:
        work.buildings.add_many([TOWER, plain], ["D07A", None], edition=3)

        rows = work.buildings._session.execute(select(building_owner).where(building_owner.c.building_code != "B7"))
        owners = {row.building_code: (row.grid_code, row.editions.lower, row.editions.upper) for row in rows}

    assert owners == {"B9": ("D07A", 3, None), "B8": (None, 3, None)}


def test_no_buildings_are_stored_without_complaint(ground):
    """An empty list changes nothing."""
    with ground as work:
        work.buildings.add_many([], [], edition=1)

        assert list(work.buildings.get_many(["B7"])) == ["B7"]


def test_buildings_are_counted(ground):
    """B7 and one more."""
    with ground as work:
        work.buildings.add_many([TOWER], [None], edition=1)

        assert work.buildings.count() == 2


def test_two_that_add_buildings_in_turns_do_not_wait_for_each_other(own_database):
    """One adds in the west and then in the east, the other the other way round, a cell each, in real transactions.

    The second waits for the first from its first building on.  If it waited with its first cell in hand, the first
    would wait for that cell, and the database would end one of them.
    """
    engine = make_engine(own_database, pool_size=3, statement_timeout_ms=30_000)
    sessions = make_session_factory(engine)
    places = {"W": 102.701, "E": 102.751}

    def add(work: UnitOfWork, name: str) -> None:
        one = Building(name, "x", "x", "shop", places[name[0]], 25.001, households=3)
        work.buildings.add_many([one], [None], edition=1)

    def add_from_the_east() -> None:
        with UnitOfWork(sessions) as work:
            add(work, "E2")
            add(work, "W2")
            work.commit()

    with ThreadPoolExecutor(1) as pool:
        with UnitOfWork(sessions) as work:
            add(work, "W1")
            other = pool.submit(add_from_the_east)
            wait_until_one_waits(engine)
            add(work, "E1")
            work.commit()
        other.result(timeout=30)
    with engine.connect() as connection:
        counted = connection.execute(text("SELECT buildings, households FROM building_cell")).all()
    engine.dispose()
    assert counted == [(2, 6), (2, 6)]


def wait_until_one_waits(engine: Engine) -> None:
    """Return once a statement of this database waits for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _ in range(600):
        with engine.connect() as connection:
            if connection.execute(waiting).scalar_one():
                return
        time.sleep(0.05)
    pytest.fail("nobody waits")
