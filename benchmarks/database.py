"""The demo district in a database of its own under ``.gis/bench``, loaded once and kept for the next run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg2
import sqlalchemy
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, whatever psycopg2 writes
from sqlalchemy import Engine, text

from gis_service.database.embedded import EmbeddedCluster
from gis_service.database.engine import make_engine, make_reading_factory, make_session_factory
from gis_service.database.migrate import upgrade
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.use_cases.load_demo import load_demo

HOME = Path(__file__).resolve().parent.parent / ".gis" / "bench"
COPY = "gis_bench_copy"

_END_SESSIONS = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :database")

_cluster = EmbeddedCluster(HOME / "postgres")


@cache
def demo_url() -> str:
    """Return the URL of the demo, started and loaded when it is not; not to be written to."""
    url = _cluster.start()
    engine = connect(url)
    upgrade(engine)
    load_demo(UnitOfWork(make_session_factory(engine)))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()
    return url


@contextmanager
def copied_demo() -> Iterator[str]:
    """Make a copy of the demo that may be written to; it is gone after the block."""
    with copied(demo_url()) as url:
        yield url


@contextmanager
def copied(original: str) -> Iterator[str]:
    """Make a copy of a database that may be written to; it is gone after the block."""
    url = sqlalchemy.make_url(original)
    # A copy needs a template without sessions: those left over from rows before end here; pools make new ones.
    engine = connect(url.set(database="postgres").render_as_string())
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {COPY} WITH (FORCE)"))
        connection.execute(_END_SESSIONS, {"database": url.database})
        connection.execute(text(f"CREATE DATABASE {COPY} TEMPLATE {url.database}"))
        yield url.set(database=COPY).render_as_string()
        connection.execute(text(f"DROP DATABASE {COPY} WITH (FORCE)"))
    engine.dispose()


def empty_database(name: str) -> str:
    """Make a database with the schema and nothing in it, in the place of one of that name; return its URL."""
    url = sqlalchemy.make_url(_cluster.start())
    engine = connect(url.set(database="postgres").render_as_string())
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    made = url.set(database=name).render_as_string()
    engine = connect(made)
    upgrade(engine)
    engine.dispose()
    return made


def url_of(name: str) -> str:
    """Return the URL of a database that is there, the server started when it is not."""
    return sqlalchemy.make_url(_cluster.start()).set(database=name).render_as_string()


def connect(url: str) -> Engine:
    """Return an engine as the service makes it."""
    return make_engine(url, pool_size=2, statement_timeout_ms=600_000)


def open_work(url: str) -> UnitOfWork:
    """Return a transaction, not yet begun, as the service makes it."""
    return UnitOfWork(make_session_factory(connect(url)))


def open_reading(url: str) -> UnitOfWork:
    """Return what renders tiles, not yet begun, as the service makes it."""
    return UnitOfWork(make_reading_factory(connect(url)))


def bare_connection(url: str) -> Connection:
    """Return a connection of psycopg2 itself, set as those of the service are."""
    parts = sqlalchemy.make_url(url)
    names: dict[str, Any] = {"user": parts.username, "dbname": parts.database, **parts.query}
    bare: Connection = psycopg2.connect(options="-c timezone=UTC -c jit=off", **names)
    return bare


def versions() -> dict[str, str]:
    """Return what the database says of itself."""
    with bare_connection(demo_url()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), postgis_lib_version(), postgis_geos_version()")
        found = cursor.fetchone() or ("", "", "")
    connection.close()
    return dict(zip(("postgresql", "postgis", "postgis_geos"), found, strict=True))


def stop() -> None:
    """Stop the server; its data stays."""
    demo_url.cache_clear()
    _cluster.stop()
