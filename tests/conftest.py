"""Fixtures: a real PostGIS, migrated once a run; a savepoint or a database of its own for each test that writes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from gis_service.database.engine import make_engine
from gis_service.database.migrate import upgrade
from gis_service.database.unit_of_work import UnitOfWork

PROJECT = Path(__file__).resolve().parent.parent
TEMPLATE = "gis_test_template"


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A PostgreSQL server that tests may fill with databases: GIS_TEST_SERVER_URL, or a private cluster."""
    if given := os.environ.get("GIS_TEST_SERVER_URL"):
        yield given
        return
    from gis_service.database.embedded import EmbeddedCluster

    cluster = EmbeddedCluster(PROJECT / ".gis" / "test-postgres", durable=False)
    yield cluster.start()
    cluster.stop()


def _administer(server_url: str, statement: str) -> None:
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def make_database(server_url: str, name: str, template: str | None = None) -> str:
    """Make a database anew and return its URL."""
    copied = f' TEMPLATE "{template}"' if template else ""
    _administer(server_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _administer(server_url, f'CREATE DATABASE "{name}"{copied}')
    return sqlalchemy.make_url(server_url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def template_url(server_url: str) -> str:
    """A migrated, empty database from which others are copied."""
    url = make_database(server_url, TEMPLATE)
    engine = create_engine(url)
    upgrade(engine)
    engine.dispose()
    return url


@pytest.fixture(scope="session")
def engine(server_url: str, template_url: str) -> Iterator[Engine]:
    """The database that all tests of one run share by savepoints."""
    made = make_engine(make_database(server_url, "gis_test", TEMPLATE), pool_size=5, statement_timeout_ms=30_000)
    yield made
    made.dispose()


@pytest.fixture
def open_session(engine: Engine) -> Iterator[sessionmaker[Session]]:
    """Sessions on one connection whose commits all vanish with the test."""
    with engine.connect() as connection:
        outer = connection.begin()
        yield sessionmaker(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        outer.rollback()


@pytest.fixture
def work(open_session: sessionmaker[Session]) -> UnitOfWork:
    """A transaction not yet begun; what it commits vanishes with the test."""
    return UnitOfWork(open_session)


@pytest.fixture
def own_database(server_url: str, template_url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty, migrated database for one test that needs real commits; returns its URL."""
    name = "gis_" + re.sub(r"[^a-z0-9]+", "_", request.node.name.lower())[:50]
    yield make_database(server_url, name, TEMPLATE)
    _administer(server_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
