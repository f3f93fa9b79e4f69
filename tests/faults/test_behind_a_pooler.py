"""Tiles and reports through PgBouncer, which gives each transaction any of its connections to the database."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import Engine, text

from gis_service.database.engine import make_engine, make_reading_factory, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import PUBLIC, Principal
from gis_service.use_cases.describe_tiles import read_tile_edition
from gis_service.use_cases.render_tile import render_tile
from tests.support.tile_ground import tile_at
from tiles.etag import TileKey
from tiles.filters import TileFilters

pytestmark = pytest.mark.skipif(shutil.which("pgbouncer") is None, reason="pgbouncer is not installed")

CLIENTS, TIMES = 4, 12
LAYERS = ("grids", "buildings", "indicators")

CONFIGURATION = """
[databases]
pooled = host={host} port={port} dbname={database} user={user}
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = {folder}
auth_type = any
pool_mode = transaction
default_pool_size = 3
ignore_startup_parameters = options
"""


@pytest.fixture
def pooled(planted_url: str, callers: object) -> Iterator[Engine]:
    """An engine of four connections to a pooler with three."""
    url = sqlalchemy.make_url(planted_url)
    if "host" not in url.query:
        pytest.skip("the server of the tests has no socket")
    # It refuses to run as root, and only the user of the server may use the socket.
    user = Path(str(url.query["host"])).owner() if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o777)
        written = folder / "pgbouncer.ini"
        written.write_text(
            CONFIGURATION.format(
                host=url.query["host"],
                port=url.query["port"],
                database=url.database,
                user=url.username,
                folder=folder,
            )
        )
        pooler = subprocess.Popen(["pgbouncer", "--quiet", written], user=user, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 20
        while not (folder / ".s.PGSQL.6432").exists():
            assert pooler.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        at = url.set(database="pooled").update_query_dict({"host": str(folder), "port": "6432"})
        engine = make_engine(at.render_as_string(hide_password=False), pool_size=CLIENTS, statement_timeout_ms=30_000)
        yield engine
        engine.dispose()
        pooler.terminate()
        pooler.wait(20)


def draw(work: UnitOfWork, layer: str) -> bytes:
    key = TileKey(1, (layer,), tile_at(16, 102.7103, 25.0107), (), "public", TileFilters())
    return render_tile(key, read_tile_edition(1, work), PUBLIC, work)


def test_tiles_are_drawn_by_whatever_connection_a_pooler_gives(pooled: Engine, planted_work: UnitOfWork):
    """Four clients share three connections, which forget everything now and then: each tile is as ever."""
    drawn = {layer: draw(planted_work, layer) for layer in LAYERS}
    assert all(drawn.values())
    readings = make_reading_factory(pooled)

    def ask(number: int) -> list[bool]:
        work = UnitOfWork(readings)
        found = []
        for step in range(TIMES):
            layer = LAYERS[(number + step) % len(LAYERS)]
            found.append(draw(work, layer) == drawn[layer])
            if step % 4 == number:
                with work:
                    work._session.execute(text("DEALLOCATE ALL"))
        return found

    with ThreadPoolExecutor(CLIENTS) as threads:
        assert all(all(found) for found in threads.map(ask, range(CLIENTS)))


def test_the_intake_is_planned_once_by_whatever_connection_a_pooler_gives(pooled: Engine):
    """What a connection was told is asked for in each transaction: another may be behind ours in the next."""
    sessions = make_session_factory(pooled)
    sender = Principal("token:1", "router")

    def ask(number: int) -> list[bool]:
        work = UnitOfWork(sessions)
        found = []
        for step in range(TIMES):
            key = f"{number}-{step}"
            with work:
                entry = work.intake.enter(sender, [key], ["hazard"], [key], ())
                again = work.intake.basis(sender, [key], ["hazard"])
            found.append(entry.taken == {key} and again == entry.basis)
            if step % 4 == number:
                with work:
                    work._session.execute(text("DEALLOCATE ALL"))
        return found

    with ThreadPoolExecutor(CLIENTS) as threads:
        assert all(all(found) for found in threads.map(ask, range(CLIENTS)))
