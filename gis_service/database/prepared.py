"""Statements that a connection reads once, and that PostgreSQL plans once or each time, as is told."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from psycopg2 import errorcodes
from sqlalchemy import Connection, Result, TextClause, exc
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.orm import Session, SessionTransaction

_KEPT = "prepared statements"
_KEPT_OUTSIDE = "prepared statements outside transactions"


class Planning(StrEnum):
    """How often a statement is planned; by itself PostgreSQL plans it five times and then decides for ever."""

    ONCE = "force_generic_plan"
    EACH_TIME = "force_custom_plan"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement under its name, as the database is told it once, and as it is called, its values by their names."""

    name: str
    prepare: str
    execute: str

    def call(self, planning: Planning) -> str:
        """Return what runs the statement; the way of planning holds for this call alone."""
        return f"SET LOCAL plan_cache_mode = {planning}; {self.execute}"


def execute_prepared(
    connection: Connection, name: str, statement: TextClause, values: Mapping[str, object], planning: Planning
) -> Result[Any]:
    """Run a statement, which a connection is told when it first runs it, in one message whichever way.

    The statement says of what type each value is, by CAST.  In a transaction it is sent as it is: what follows would
    end the transaction.

    What a connection has been told may be forgotten (DISCARD ALL), and a pooler may have put another behind it, told
    or not.  Then the statement is told, or only called; one that is unlucky twice is sent as it is.
    """
    driver: Any = connection.connection.driver_connection
    if not driver.autocommit:
        return connection.execute(statement, values)
    told = prepare(name, statement)
    # Kept with the connection to the database itself: gone when that is.
    known: set[str] = connection.info.setdefault(_KEPT_OUTSIDE, set())
    is_known = told.name in known
    call = told.call(planning)
    for _ in range(2):
        try:
            written = call if is_known else f"{told.prepare.replace('%', '%%')}; {call}"
            found = connection.exec_driver_sql(written, dict(values))
        except exc.DBAPIError as error:
            code = getattr(error.orig, "pgcode", None)
            if code not in {errorcodes.INVALID_SQL_STATEMENT_NAME, errorcodes.DUPLICATE_PREPARED_STATEMENT}:
                raise
            is_known = code == errorcodes.DUPLICATE_PREPARED_STATEMENT
        else:
            known.add(told.name)
            return found
    return connection.execute(statement, values)


def execute_told(
    session: Session, name: str, statement: TextClause, values: Mapping[str, object], *, first: str = ""
) -> Result[Any]:
    """Run a statement in a transaction, planned once for each connection; its CASTs tell the types of values.

    ``first`` is a statement that is run right before it, in the same message, with the same values: what it does is
    seen, and what others committed until then.
    """
    connection = session.connection()
    known = _told(session, connection)
    told = prepare(name, statement)
    # The plan is kept: what is small when it is made must not be read whole for ever.
    call = f"{first}; SET LOCAL enable_seqscan = off; {told.call(Planning.ONCE)}".removeprefix("; ")
    if told.name not in known:
        call = f"{told.prepare.replace('%', '%%')}; {call}"
    try:
        found = connection.exec_driver_sql(call, dict(values))
    except BaseException:
        connection.info.pop(_KEPT, None)  # told or not: it is asked for again
        raise
    known.add(told.name)
    return found


def _told(session: Session, connection: Connection) -> set[str]:
    """Return the names of what the connection has been told.

    Where it is the database's own it is asked for once.  Where a pooler is between, which may have put another
    connection behind ours, it is asked for in each transaction, within which it cannot.
    """
    kept: _Told | None = connection.info.get(_KEPT)
    if kept is None or not (kept.is_direct or kept.asked_in is session.get_transaction()):
        driver: Any = connection.connection.driver_connection
        asked = "SELECT pg_backend_pid(), ARRAY(SELECT name FROM pg_prepared_statements)"
        process, names = connection.exec_driver_sql(asked).one()
        # A pooler gives its clients numbers of its own.
        kept = _Told(process == driver.info.backend_pid, session.get_transaction(), set(names))
        connection.info[_KEPT] = kept
    return kept.names


@dataclass(frozen=True, slots=True)
class _Told:
    is_direct: bool
    asked_in: SessionTransaction | None
    names: set[str]


@cache
def prepare(name: str, statement: TextClause) -> Prepared:
    """Return how a statement is prepared and called.

    Its name ends in a digest of its text: behind a pooler, releases that word it differently share connections.
    """
    dialect = PGDialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
    compiled = statement.compile(dialect=dialect)
    own = f"{name}_{hashlib.blake2b(str(compiled).encode(), digest_size=6).hexdigest()}"
    values = ", ".join(f"%({value})s" for value in compiled.positiontup or ())
    return Prepared(own, f"PREPARE {own} AS {compiled}", f"EXECUTE {own} ({values})")
