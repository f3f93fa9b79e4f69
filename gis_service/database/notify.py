"""Notices from PostgreSQL: that an edition was published (decision 2), or that there are events."""

from __future__ import annotations

import select
import socket
from typing import Any

from psycopg2 import sql
from sqlalchemy import NullPool, create_engine


class NoticeListener:
    """Waits for notices on one channel, on a connection of its own.

    Notices are not kept for those who do not listen: after each ``connect`` whoever waits must look for himself.
    A pooler in transaction mode lets no notice through; polling still works there.
    """

    def __init__(self, url: str, channel: str) -> None:
        self._engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 5})
        self._channel = channel
        self._connection: Any = None
        self._alarm, self._bell = socket.socketpair()

    def connect(self) -> None:
        """Listen from now on; does nothing when it does already.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database does not answer.
        """
        if self._connection is not None:
            return
        borrowed = self._engine.raw_connection()
        connection: Any = borrowed.driver_connection
        borrowed.detach()
        try:
            connection.set_session(autocommit=True)
            with connection.cursor() as cursor:
                cursor.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
        except Exception:
            connection.close()
            raise
        self._connection = connection

    def wait(self, timeout_s: float) -> bool:
        """Return at a notice, at ``interrupt()``, or after the time, whichever comes first; true for a notice.

        Raises:
            psycopg2.Error: the connection broke; the next ``connect`` makes a new one.  A server that says farewell
                ends one wait with its last words, and the next with this.
        """
        watched = [self._alarm] if self._connection is None else [self._alarm, self._connection]
        ready, _, _ = select.select(watched, [], [], timeout_s)
        if self._alarm in ready:
            self._alarm.recv(1024)
        if self._connection is None or self._connection not in ready:
            return False
        try:
            self._connection.poll()
            is_notice = bool(self._connection.notifies)
            self._connection.notifies.clear()
        except Exception:
            self.disconnect()
            raise
        return is_notice

    def interrupt(self) -> None:
        """Make the present or the next ``wait`` return at once; may be called from any thread."""
        self._bell.send(b"!")

    def disconnect(self) -> None:
        """Give up the connection; a later ``connect`` makes another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def close(self) -> None:
        """Give up everything."""
        self.disconnect()
        self._engine.dispose()
        self._alarm.close()
        self._bell.close()
