"""Connections that lie in a pool, and whether the database is still at their other end."""

from __future__ import annotations

import select
import time

import psycopg2
from sqlalchemy import Engine, event, exc
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

PING_AFTER_S = 5.0
"""Who has answered a moment ago is not asked again: a network that drops connections in silence takes longer."""

_ANSWERED_AT = "answered at"


def keep_pool_alive(engine: Engine) -> None:
    """Let nobody have a connection from the pool whose database has gone away: all are made anew then.

    A database that ends, or ends a connection, closes the socket: that is seen without asking it.  It is asked only
    where something has come in, or nothing was heard for ``PING_AFTER_S``.  ``pool_pre_ping`` asks each time, which
    a quick statement takes twice as long for.
    """

    def note(_dbapi_connection: object, record: ConnectionPoolEntry) -> None:
        record.info[_ANSWERED_AT] = time.monotonic()

    def look(dbapi_connection: DBAPIConnection, record: ConnectionPoolEntry, _checked_out: object) -> None:
        silent_s = time.monotonic() - record.info[_ANSWERED_AT]
        if silent_s < PING_AFTER_S and not _has_news(dbapi_connection):
            return
        try:
            engine.dialect.do_ping(dbapi_connection)
        except psycopg2.Error as error:
            raise exc.InvalidatePoolError from error

    event.listen(engine, "connect", note)
    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", look)


def _has_news(dbapi_connection: DBAPIConnection) -> bool:
    """Tell whether anything came in while nothing was asked: the end of the connection above all."""
    incoming = select.poll()
    incoming.register(dbapi_connection.fileno(), select.POLLIN)
    return bool(incoming.poll(0))
