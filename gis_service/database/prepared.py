"""Statements that a connection reads once and PostgreSQL may plan once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import CursorResult, TextClause
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.orm import Session

_KEPT = "prepared statements"

# Sent with each call, for the transaction: left alone, PostgreSQL plans a statement five times, and for ever when it
# takes planning for cheap.
_PLANNED_ONCE = "SET LOCAL plan_cache_mode = force_generic_plan"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as the database is told it once, and as it is called, its values by their names."""

    prepare: str
    execute: str


def execute_prepared(
    session: Session, name: str, statement: TextClause, values: Mapping[str, object]
) -> CursorResult[Any]:
    """Run a statement, which a connection is told under the name when it first runs it.

    The statement says of what type each value is, by CAST.  It is planned once, without knowing the values: it must
    not need a plan of its own for some of them.
    """
    connection = session.connection()
    # Kept with the connection to the database itself: gone when that is.
    known: set[str] = connection.info.setdefault(_KEPT, set())
    told = prepare(name, statement)
    if name not in known:
        connection.exec_driver_sql(told.prepare, execution_options={"no_parameters": True})
        known.add(name)
    return connection.exec_driver_sql(told.execute, dict(values))


@cache
def prepare(name: str, statement: TextClause) -> Prepared:
    """Return how a statement is prepared under a name, and called."""
    dialect = PGDialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
    compiled = statement.compile(dialect=dialect)
    values = ", ".join(f"%({value})s" for value in compiled.positiontup or ())
    return Prepared(f"PREPARE {name} AS {compiled}", f"{_PLANNED_ONCE}; EXECUTE {name} ({values})")
