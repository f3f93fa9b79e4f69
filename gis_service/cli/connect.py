"""What a command needs of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from gis_service.app import database_url
from gis_service.database.engine import make_engine, make_reading_factory, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.settings import Settings

LONGEST_STATEMENT_MS = 30 * 60 * 1000
"""A command may run a statement for half an hour; a request may not."""


def connect(url: str) -> Engine:
    """Return an engine for one command."""
    return make_engine(url, pool_size=2, statement_timeout_ms=LONGEST_STATEMENT_MS)


def open_work(settings: Settings) -> UnitOfWork:
    """Return a transaction, not yet begun, on the database in use."""
    return UnitOfWork(make_session_factory(connect(database_url(settings))))


def open_reading(settings: Settings) -> UnitOfWork:
    """Return a reading of the database in use, each statement for itself."""
    return UnitOfWork(make_reading_factory(connect(database_url(settings))))


@contextmanager
def open_rehearsal(settings: Settings) -> Iterator[UnitOfWork]:
    """Give a transaction on the database in use whose commits are all taken back at the end of the block."""
    engine = connect(database_url(settings))
    with engine.connect() as connection:
        outer = connection.begin()
        try:
            yield UnitOfWork(
                sessionmaker(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
            )
        finally:
            outer.rollback()
            engine.dispose()
