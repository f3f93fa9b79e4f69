"""Two editions to look up in, for all tests that only read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import sessionmaker

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from tests.conftest import TEMPLATE, make_database
from tests.support.editions import store_ranks
from tests.support.lookups import store_two_editions


@pytest.fixture(scope="session")
def lookup_sessions(server_url, template_url) -> Iterator[sessionmaker]:
    """A database with two editions: the troubled tree, and from the 11th of January one district X."""
    engine = make_engine(
        make_database(server_url, "gis_test_locate", TEMPLATE), pool_size=5, statement_timeout_ms=9000
    )
    made = make_session_factory(engine)
    store_ranks(made)
    store_two_editions(lambda: UnitOfWork(made))
    yield made
    engine.dispose()
