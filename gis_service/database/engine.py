"""The engine and the session factory, made from plain values."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session, sessionmaker

from gis_service.database.cancelling import keep_pool_when_hung_up
from gis_service.database.liveness import keep_pool_alive

CLIENT_CHECK_MS = 200
"""So often the database looks whether the client of a running statement is still there."""


def make_engine(url: str, *, pool_size: int, statement_timeout_ms: int) -> Engine:
    """Return an engine whose connections speak UTC, run without JIT and give up after the timeout.

    What runs for a client that has hung up ends within CLIENT_CHECK_MS.
    ``url`` names the driver: ``postgresql+psycopg2://…``; a bare ``postgresql://`` would ask for psycopg 3.
    """
    options = f"-c timezone=UTC -c jit=off -c statement_timeout={statement_timeout_ms}"
    options += f" -c client_connection_check_interval={CLIENT_CHECK_MS}"
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        # Statements in an error name no values: they may be a person's.
        hide_parameters=True,
        connect_args={"options": options, "connect_timeout": 5, "application_name": "gis-service"},
    )
    keep_pool_when_hung_up(engine)
    keep_pool_alive(engine)
    event.listen(engine, "checkin", _begin_again)
    return engine


def make_session_factory(engine: Engine) -> sessionmaker[Session]:
    """Return the factory of sessions; a session begins its transaction with its first statement."""
    return sessionmaker(engine, expire_on_commit=False)


def make_reading_factory(engine: Engine) -> sessionmaker[Session]:
    """Return the factory of sessions without transactions: each statement stands alone, and nothing is to be written.

    The database shows each statement of a transaction what was committed before that statement (READ COMMITTED), so
    who reads misses nothing without one, and need not ask for its beginning and its end.
    """
    made = sessionmaker(engine)
    event.listen(made, "after_begin", _stand_alone)
    return made


def _stand_alone(_session: Session, _transaction: object, connection: Connection) -> None:
    # Not by isolation_level: psycopg2 asks the database when that is set, and when it is set back.
    driver: Any = connection.connection.driver_connection
    driver.autocommit = True


def _begin_again(dbapi_connection: DBAPIConnection | None, _record: object) -> None:
    if dbapi_connection is not None:
        dbapi_connection.autocommit = False
