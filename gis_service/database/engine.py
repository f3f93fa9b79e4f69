"""The engine and the session factory, made from plain values."""

from __future__ import annotations

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker

from gis_service.database.cancelling import keep_pool_when_hung_up

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
        pool_pre_ping=True,
        # Statements in an error name no values: they may be a person's.
        hide_parameters=True,
        connect_args={"options": options, "connect_timeout": 5, "application_name": "gis-service"},
    )
    keep_pool_when_hung_up(engine)
    return engine


def make_session_factory(engine: Engine) -> sessionmaker[Session]:
    """Return the factory of sessions; a session begins its transaction with its first statement."""
    return sessionmaker(engine, expire_on_commit=False)
