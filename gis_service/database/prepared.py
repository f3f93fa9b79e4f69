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
from sqlalchemy.orm import Session

_KEPT = "prepared statements"


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
    known: set[str] = connection.info.setdefault(_KEPT, set())
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


def execute_told(session: Session, name: str, statement: TextClause, values: Mapping[str, object]) -> Result[Any]:
    """Run a statement in a transaction, planned once for each connection; its CASTs tell the types of values.

    What the connection has been told is asked for once in each transaction, since a pooler may have put another
    behind it; within a transaction it cannot.
    """
    connection, transaction = session.connection(), session.get_transaction()
    asked_in, known = session.info.get(_KEPT, (None, set()))
    if asked_in is not transaction:
        known = set(connection.exec_driver_sql("SELECT name FROM pg_prepared_statements").scalars())
        session.info[_KEPT] = transaction, known
    told = prepare(name, statement)
    call = told.call(Planning.ONCE)
    if told.name not in known:
        call = f"{told.prepare.replace('%', '%%')}; {call}"
    found = connection.exec_driver_sql(call, dict(values))
    known.add(told.name)
    return found


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
