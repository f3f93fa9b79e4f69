from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from shapely import box

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.building import Building, OtherName, Unit, UnitOwner
from gis_service.domain.building_code import make_building_code, parse_building_code
from gis_service.errors import ClashError, ForbiddenError, RuleBrokenError
from gis_service.use_cases.register_buildings import register_buildings, register_within
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


@pytest.fixture
def settled(work, open_session) -> UnitOfWork:
    """The tiny tree, published."""
    add_levels(open_session)
    publish_tree(work, tiny_tree(), FIRST_DAY)
    return work


def test_a_building_without_a_code_is_given_one_and_keeps_all_that_it_came_with(settled):
    """Footprint, year, units with an owner of their own, aliases; labels and aliases folded."""
    house = replace(
        HOUSE,
        code="",
        built_on=date(1998, 5, 1),
        footprint=box(102.7049, 25.0149, 102.7051, 25.0151),
        units=(Unit("1 - 101"), Unit("ａ1", storey=0, use="shop", owner=SECOND)),
        aliases=(OtherName("community", "5301 0300-12345"),),
    )

    (one,) = settle(settled, house)

    assert parse_building_code(one.building.code) == one.building.code
    assert one.owner == FIRST
    with settled as work:
        stored = work.buildings.get(one.building.code)
        assert stored.built_on == house.built_on
        assert work.building_places.owner_of_unit(stored.code, "A1", 1).grid_code == SECOND
        assert work.building_places.owner_of_unit(stored.code, "1-101", 1) == UnitOwner(
            "1-101", is_registered=True, grid_code=None
        )
        (alias,) = work.building_places.aliases_of(stored.code)
    assert (alias.scheme, alias.alias) == ("community", "5301030012345")


def settle(work, *houses, **how):
    with work:
        registered = register_within(houses, work, **how)
        work.commit()
    return registered


def test_a_code_that_is_drawn_twice_is_drawn_again(settled, monkeypatch):
    """Two buildings at once, and a third later: the lot says 1, 1, 2, then 2, 3."""
    codes = [make_building_code("530103", serial) for serial in (1, 1, 2, 2, 3)]
    lots = iter(codes)
    monkeypatch.setattr("gis_service.use_cases.register_buildings.draw_building_code", lambda _: next(lots))
    nameless = replace(HOUSE, code="")

    first = settle(settled, nameless, nameless)
    second = settle(settled, nameless)

    assert [one.building.code for one in (*first, *second)] == [codes[0], codes[2], codes[4]]


@pytest.mark.parametrize(
    ("houses", "code", "pointer"),
    [
        ([replace(HOUSE, units=(Unit("1"), Unit("１")))], "duplicate-label", "/0/units/1/label"),
        ([HOUSE, HOUSE], "duplicate-code", None),
        (
            [replace(HOUSE, code="", aliases=(OtherName("fire", "a-1"),)) for _ in "ab"],
            "duplicate-alias",
            "/1/aliases/0",
        ),
        ([replace(HOUSE, units=(Unit("1", owner="nowhere"),))], "unknown-grid", "/0/units/0/owner"),
    ],
)
def test_what_contradicts_itself_is_refused_with_its_place(settled, houses, code, pointer):
    """Labels and aliases are compared as they are stored."""
    with pytest.raises(RuleBrokenError) as refused:
        register_buildings(houses, settled)

    assert refused.value.code == code
    assert [fault.pointer for fault in refused.value.faults] == ([pointer] if pointer else [])


def test_codes_and_aliases_in_use_are_refused_and_nothing_is_stored(settled):
    """B1 and fire:A1 are taken; the good building beside them is not stored either."""
    register_buildings([replace(HOUSE, aliases=(OtherName("fire", "A1"),))], settled)
    good = replace(HOUSE, code="B2")

    with pytest.raises(ClashError) as code:
        register_buildings([good, HOUSE], settled)
    with pytest.raises(ClashError) as alias:
        register_buildings([good, replace(HOUSE, code="B3", aliases=(OtherName("fire", "a 1"),))], settled)

    assert (code.value.code, code.value.members) == ("code-in-use", {"codes": ["B1"]})
    assert (alias.value.code, alias.value.faults[0].pointer) == ("alias-in-use", "/1/aliases/0")
    with settled as work:
        assert work.buildings.count() == 1


def test_a_planner_registers_on_their_own_ground_alone(settled):
    """The first unit grid is theirs; the second, and the place beyond all grids, are not."""
    planner = Principal("p", "planner", FIRST)
    foreign = replace(HOUSE, code="B2", lon=103.5)

    assert settle(settled, HOUSE, principal=planner)[0].owner == FIRST
    with pytest.raises(ForbiddenError) as refused:
        settle(settled, foreign, principal=planner, pointers=["/features/7"])
    with pytest.raises(ForbiddenError):
        settle(settled, replace(HOUSE, code="B3", units=(Unit("1", owner=SECOND),)), principal=planner)

    assert (refused.value.code, refused.value.faults[0].pointer) == ("outside-scope", "/features/7")
