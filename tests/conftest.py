"""Fixtures: a real PostGIS, migrated once a run; a savepoint or a database of its own for each test that writes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from hypothesis import settings
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from gis_service.app import create_app
from gis_service.database.embedded import EmbeddedCluster
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.migrate import upgrade
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import ROLES
from gis_service.settings import Settings
from gis_service.use_cases.create_token import create_token
from gis_service.use_cases.load_demo import load_demo
from tests.support.planted_tiles import store_planted_ground, worker_of
from tests.support.server import running_server

# No test is timed: the machine may be busy.  A normal run tries the same examples each time, so that a failure is the
# fault of what has changed; GIS_TEST_EFFORT draws new ones.
settings.register_profile("untimed", deadline=None, derandomize="GIS_TEST_EFFORT" not in os.environ)
settings.load_profile("untimed")

PROJECT = Path(__file__).resolve().parent.parent
TEMPLATE = "gis_test_template"


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The GIS_HOME of all services that tests start, whose files go with the run."""
    with pytest.MonkeyPatch.context() as environment:
        made = tmp_path_factory.mktemp("home")
        environment.setenv("GIS_HOME", str(made))
        # Positions are planted on a fixed day: a service that starts must not sweep them.
        environment.setenv("GIS_POSITIONS_KEPT_DAYS", "36500")
        # All tests come from one address; those of the limits set their own.
        environment.setenv("GIS_ADDRESS_RATE", "0")
        environment.setenv("GIS_PRINCIPAL_RATE", "0")
        yield made


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A PostgreSQL server that tests may fill with databases: GIS_TEST_SERVER_URL, or a private cluster.

    Each process of a run that is shared between several has a private one of its own.
    """
    if given := os.environ.get("GIS_TEST_SERVER_URL"):
        yield given
        return
    process = os.environ.get("PYTEST_XDIST_WORKER", "")
    cluster = EmbeddedCluster(PROJECT / ".gis" / f"test-postgres{process}", durable=False)
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
    with engine.begin() as connection:
        # What the public is told of counts is the same in every run.
        connection.execute(text("UPDATE count_secret SET secret = 'tests'"))
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
def count_queries(engine: Engine) -> Callable[[], AbstractContextManager[list[str]]]:
    """A block that notes the statements which the database is sent."""

    @contextmanager
    def count() -> Iterator[list[str]]:
        statements: list[str] = []

        def note(*arguments: Any) -> None:
            if not arguments[2].startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
                statements.append(arguments[2])

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return count


@pytest.fixture
def own_database(server_url: str, template_url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty, migrated database for one test that needs real commits; returns its URL."""
    name = "gis_" + re.sub(r"[^a-z0-9]+", "_", request.node.name.lower())[:50]
    yield make_database(server_url, name, TEMPLATE)
    _administer(server_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def demo_template(server_url: str, template_url: str) -> str:
    """The demo district, loaded once a run; only copied, since a template may have no visitors.  Returns its name."""
    name = "gis_test_demo_template"
    loading = make_engine(make_database(server_url, name, TEMPLATE), pool_size=2, statement_timeout_ms=600_000)
    load_demo(UnitOfWork(make_session_factory(loading)))
    loading.dispose()
    return name


@pytest.fixture(scope="session")
def demo_database(server_url: str, demo_template: str) -> str:
    """A copy of the demo district that is not to be written to.  Returns its URL."""
    return make_database(server_url, "gis_test_demo", demo_template)


@pytest.fixture(scope="session")
def demo_work(demo_database: str) -> Iterator[UnitOfWork]:
    """A transaction on the demo district; not to be committed."""
    made = make_engine(demo_database, pool_size=2, statement_timeout_ms=60_000)
    yield UnitOfWork(make_session_factory(made))
    made.dispose()


@pytest.fixture(scope="session")
def demo_copy(server_url: str, demo_template: str) -> str:
    """A copy of the demo district that tests may write to through a running service.  Returns its URL."""
    return make_database(server_url, "gis_test_demo_copy", demo_template)


@pytest.fixture(scope="session")
def demo_tokens(demo_copy: str) -> dict[str, str]:
    """A token for each role, with the district as its scope."""
    made = make_engine(demo_copy, pool_size=1, statement_timeout_ms=60_000)
    work = UnitOfWork(make_session_factory(made))
    lifetime = timedelta(days=1)
    secrets = {
        role: create_token(role=role, scope="530103", label="test", lifetime=lifetime, work=work)[0] for role in ROLES
    }
    made.dispose()
    return secrets


@pytest.fixture(scope="session")
def demo_server(demo_copy: str) -> Iterator[str]:
    """The service itself in a process of its own, with the demo district.  Returns its address."""
    # A fuzzer makes webhooks of any address: nothing is to be sent there.
    with running_server(demo_copy, GIS_WEBHOOK_DELIVERY="false") as address:
        yield address


@pytest.fixture(scope="session")
def demo_client(demo_copy: str) -> Iterator[TestClient]:
    """A client of the service in this process, with the demo district."""
    with TestClient(create_app(Settings(database_url=demo_copy))) as client:
        yield client


@pytest.fixture(scope="session")
def planted_url(server_url: str, template_url: str) -> str:
    """An empty, migrated database for the planted ground.  Returns its URL."""
    return make_database(server_url, "gis_test_planted", TEMPLATE)


@pytest.fixture(scope="session")
def planted_work(planted_url: str) -> Iterator[UnitOfWork]:
    """A transaction not yet begun, in the database of the planted ground."""
    engine = make_engine(planted_url, pool_size=2, statement_timeout_ms=30_000)
    yield UnitOfWork(make_session_factory(engine))
    engine.dispose()


@pytest.fixture(scope="session")
def callers(planted_work: UnitOfWork) -> dict[str, dict[str, str]]:
    """The headers of each class of callers of the planted ground, which is there from now on."""
    return store_planted_ground(planted_work._open_session)


@pytest.fixture(scope="session")
def planted(
    planted_url: str, callers: dict[str, dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """A worker that serves the planted ground."""
    with worker_of(planted_url, tmp_path_factory.mktemp("planted")) as client:
        yield client
