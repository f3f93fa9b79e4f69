"""Ending the statement of another thread, when nobody waits for its answer any more."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, event
from sqlalchemy.orm import Session

HUNG_UP = "hung up"
"""Where a connection's ``info`` says that we have ended it ourselves."""


class CalledOffError(Exception):
    """The work was called off before its next statement."""


class Cancellation:
    """Lets any thread end what one unit of work runs: by hanging up, since then no later statement can be hit.

    The socket of the connection is shut down under the lock, and only while a statement is marked as running on it.
    The thread that waits for the statement gets an error at once, the connection is thrown away, and the database
    ends the statement when it next looks whether its client is there (``client_connection_check_interval``).

    psycopg2's ``connection.cancel()`` is not used: it connects to the server, and waits for it, without letting go
    of the interpreter, so a database that does not answer would stop the whole worker.  A cancel request can also
    arrive late; a connection that is gone cannot be hit.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_called_off = False
        self._is_running = False
        self._info: dict[Any, Any] = {}
        self._line: socket.socket | None = None

    def call_off(self) -> bool:
        """End the statement that runs, and let none begin any more; tells whether one was ended."""
        with self._lock:
            self._is_called_off = True
            if self._line is None or not self._is_running:
                return False
            self._info[HUNG_UP] = True
            with suppress(OSError):  # the server was quicker
                self._line.shutdown(socket.SHUT_RDWR)
            return True

    def watch(self, session: Session) -> None:
        """Mark the statements of a session, whose transaction has not begun yet."""
        event.listen(session, "after_begin", self._hold)

    def leave(self) -> None:
        """Let go of the connection, before others use it."""
        with self._lock:
            self._is_running = False
            if self._line is not None:
                self._line.close()
                self._line = None

    def _hold(self, _session: Session, _transaction: object, connection: Connection) -> None:
        # A descriptor of our own: that of the driver may be closed, and given to another socket, at any moment.
        line = socket.socket(fileno=os.dup(connection.connection.driver_connection.fileno()))  # type: ignore[union-attr]
        with self._lock:
            self._line, self._info = line, connection.info
        event.listen(connection, "before_cursor_execute", self._begin)
        event.listen(connection, "after_cursor_execute", self._end)

    def _begin(self, *_: object) -> None:
        with self._lock:
            if self._is_called_off:
                msg = "nobody waits for the answer any more"
                raise CalledOffError(msg)
            self._is_running = True

    def _end(self, *_: object) -> None:
        with self._lock:
            self._is_running = False


def keep_pool_when_hung_up(engine: Engine) -> None:
    """Let the other connections of a pool live on when one was hung up: the database is not away."""

    @event.listens_for(engine, "handle_error")
    def _(context: ExceptionContext) -> None:
        if context.connection is not None and context.connection.info.get(HUNG_UP):
            context.invalidate_pool_on_disconnect = False
