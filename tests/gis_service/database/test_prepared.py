"""Statements of tiles that connections are told once, in a database with a feature of every layer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, text

from gis_service.database.engine import make_engine, make_reading_factory
from gis_service.database.prepared import Planning, execute_prepared, prepare
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import PUBLIC, Principal
from gis_service.use_cases.describe_tiles import read_tile_edition
from gis_service.use_cases.render_tile import permission_class, render_tile, visible_layers
from tests.support.tile_ground import tile_at
from tiles.etag import TileKey
from tiles.filters import TileFilters
from tiles.layers import LAYERS

HERE = (102.7103, 25.0107)
CALLERS = {"public": PUBLIC, "admin": Principal(name="a", role="admin"), "U1": Principal("d", "dispatcher", "U1")}
DRAWN = [
    (caller, layer, zoom)
    for caller, principal in CALLERS.items()
    for layer in visible_layers(principal)
    for zoom in (10, 16)
    if LAYERS[layer].is_drawn_at(zoom)
]
NOW = text("SELECT CAST(:number AS int) + 1, '%', current_setting('plan_cache_mode')")


@pytest.fixture(scope="module")
def one(planted_url: str, callers: object) -> Iterator[Engine]:
    """An engine of one connection: whoever has it has that of before."""
    made = make_engine(planted_url, pool_size=1, statement_timeout_ms=30_000)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def reading(one: Engine) -> UnitOfWork:
    """A reading of the planted ground."""
    return UnitOfWork(make_reading_factory(one))


@pytest.fixture
def connection(one: Engine) -> Iterator[Connection]:
    """A connection that has been told nothing, and begins no transaction."""
    with one.connect() as made:
        made.connection.driver_connection.autocommit = True
        forget(made)
        yield made


def forget(connection: Connection) -> None:
    connection.exec_driver_sql("DEALLOCATE ALL")
    connection.info.clear()


def kept(connection: Connection) -> dict[str, tuple[int, int]]:
    """Return how often each prepared statement was run by a plan for all values, and by one of its own."""
    asked = "SELECT name, generic_plans, custom_plans FROM pg_prepared_statements"
    return {name: (once, own) for name, once, own in connection.exec_driver_sql(asked)}


def render(work: UnitOfWork, caller: str, layer: str, zoom: int) -> bytes:
    principal = CALLERS[caller]
    key = TileKey(1, (layer,), tile_at(zoom, *HERE), (), permission_class(principal), TileFilters())
    return render_tile(key, read_tile_edition(1, work), principal, work)


def run(connection: Connection, number: int, planning: Planning = Planning.ONCE) -> tuple[int, str, str]:
    return tuple(execute_prepared(connection, "now", NOW, {"number": number}, planning).one())


@pytest.mark.parametrize(("caller", "layer", "zoom"), DRAWN)
def test_a_prepared_tile_has_the_bytes_of_one_that_is_not(
    planted_work: UnitOfWork, reading: UnitOfWork, caller: str, layer: str, zoom: int
):
    """In a transaction the statement is sent as it is; outside it is told, and the second time only called."""
    plain = render(planted_work, caller, layer, zoom)
    assert plain or zoom == 16
    assert [render(reading, caller, layer, zoom) for _ in range(2)] == [plain, plain]


def test_a_connection_is_told_every_statement_of_tiles_once(one: Engine, reading: UnitOfWork):
    """Of ten statements, each run twice in every way, one connection keeps ten; three are planned each time alone."""
    with one.connect() as made:
        forget(made)
    for _ in range(2):
        for drawn in DRAWN:
            render(reading, *drawn)
    with one.connect() as made:
        found = {name.rpartition("_")[0]: counts for name, counts in kept(made).items()}
    assert set(found) == {
        "tile_buildings", "tile_devices", "tile_grids", "tile_hotspots", "tile_incident_clusters",
        "tile_incident_counts", "tile_incidents", "tile_indicators", "tile_resources", "tile_tracks",
    }  # fmt: skip
    assert {name for name, (once, _) in found.items() if not once} == {
        "tile_hotspots", "tile_incident_clusters", "tile_tracks",
    }  # fmt: skip
    assert all(once + own >= 2 for once, own in found.values())


def test_the_way_of_planning_is_that_of_the_call_alone(connection: Connection):
    """Two calls of one statement, planned once and each time; the session keeps its own way."""
    told = prepare("now", NOW)
    assert run(connection, 1, Planning.ONCE) == (2, "%", "force_generic_plan")
    assert run(connection, 2, Planning.EACH_TIME) == (3, "%", "force_custom_plan")
    assert kept(connection) == {told.name: (1, 1)}
    assert connection.exec_driver_sql("SHOW plan_cache_mode").scalar() == "auto"


@pytest.mark.parametrize("statement", ["DEALLOCATE ALL", "DISCARD ALL"])
def test_what_a_connection_has_forgotten_it_is_told_again(connection: Connection, statement: str):
    """A pooler may send this between two transactions, or put another connection behind ours."""
    run(connection, 1)
    connection.exec_driver_sql(statement)
    assert run(connection, 5)[0] == 6
    assert len(kept(connection)) == 1


def test_what_a_connection_was_told_by_another_is_only_called(connection: Connection):
    """Behind a pooler: we do not know that it was told."""
    run(connection, 1)
    connection.info.clear()
    assert run(connection, 5)[0] == 6
    assert len(kept(connection)) == 1


def test_a_transaction_is_sent_the_statement_as_it_is(one: Engine):
    """An unknown name would end it: nothing is told, and what follows runs."""
    with one.connect() as made, made.begin():
        forget(made)
        assert run(made, 1) == (2, "%", "auto")
        assert kept(made) == {}


def test_a_new_connection_is_told_anew(one: Engine, reading: UnitOfWork):
    """The one in the pool is ended by the database; the tile is drawn by the next."""
    before = render(reading, "public", "grids", 16)
    with one.connect() as made:
        pid = made.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    end(one, pid)
    assert render(reading, "public", "grids", 16) == before
    with one.connect() as made:
        assert made.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() != pid
        assert len(kept(made)) == 1


def end(one: Engine, pid: int) -> None:
    """End a connection, and wait until it has."""
    other = make_engine(one.url.render_as_string(hide_password=False), pool_size=1, statement_timeout_ms=30_000)
    with other.connect() as watching:
        assert watching.execute(text("SELECT pg_terminate_backend(:pid, 20000)"), {"pid": pid}).scalar_one()
    other.dispose()
