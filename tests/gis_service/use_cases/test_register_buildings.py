from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.building import Building
from gis_service.errors import ClashError
from gis_service.use_cases.register_buildings import register_buildings
from tests.support.ground import FIRST_DAY, UNITS, add_levels, publish_tree, tiny_tree

FIRST, SECOND, *_ = UNITS
HOUSE = Building("B1", "一号楼", "某路 1 号", "residential", lon=102.705, lat=25.015, households=12)


def test_a_building_outside_all_grids_is_stored_and_told(work, open_session):
    """One in the first unit grid, one far away."""
    add_levels(open_session)
    publish_tree(work, tiny_tree(), FIRST_DAY)
    far = replace(HOUSE, code="B2", lon=103.5)

    assert register_buildings([HOUSE, far], work) == [far]

    with work:
        (found,) = work.buildings.in_boxes([(102.7, 25.0, 102.72, 25.02)])
    assert (found.code, found.owner) == ("B1", FIRST)


def test_without_an_edition_nobody_owns_anything(work):
    """Publish first."""
    with pytest.raises(ClashError) as refused:
        register_buildings([HOUSE], work)

    assert refused.value.code == "no-edition"


def test_a_building_registered_while_its_ground_is_published_gets_the_new_owner(own_database):
    """It waits for the edition that is being made: no building falls between two editions."""
    engine = make_engine(own_database, pool_size=3, statement_timeout_ms=60_000)
    sessions = make_session_factory(engine)
    add_levels(sessions)
    publish_tree(UnitOfWork(sessions), tiny_tree(), FIRST_DAY)
    shapes = {grid.code: grid for grid in tiny_tree()}
    swapped = [replace(shapes[FIRST], shape=shapes[SECOND].shape), replace(shapes[SECOND], shape=shapes[FIRST].shape)]
    publishing = UnitOfWork(sessions)
    with publishing, ThreadPoolExecutor(1) as pool:
        publishing.editions.lock_publishing()
        registered = pool.submit(register_buildings, [HOUSE], UnitOfWork(sessions))
        with pytest.raises(TimeoutError):
            registered.result(timeout=0.5)
        publishing.grids.publish(2, closed=[FIRST, SECOND], added=swapped)
        first = publishing.editions.latest()
        values = {name: getattr(first, name) for name in ("grid_count", "checksum", "certificate", "bounds")}
        publishing.editions.append(
            number=2, effective_from=publishing.editions.now(), published_by="test", note="", **values
        )
        publishing.commit()
        registered.result(timeout=30)

    with UnitOfWork(sessions) as work:
        (found,) = work.buildings.in_boxes([(102.7, 25.0, 102.72, 25.02)])
    engine.dispose()
    assert found.owner == SECOND
