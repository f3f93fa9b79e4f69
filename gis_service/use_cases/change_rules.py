"""Read a table of rules, and put rows into it: all of them or none."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.rule_change import Entry, RuleChange, key_of, weigh_change
from gis_service.domain.rule_rows import Row, RuleTables, read_rules
from gis_service.domain.rule_sheet import tag_of
from gis_service.domain.rules import Stored, find_faults
from gis_service.errors import ClashError, InputFault, PreconditionFailedError
from gis_service.use_cases.load_rules import refuse_broken


@dataclass(frozen=True, slots=True)
class GivenRows:
    """Rows for one table; ``whole``: they are all that it shall hold from now on.

    ``lines`` says on which line of a file each row stands, for the sentences of a refusal.
    """

    table: str
    rows: Sequence[Row]
    whole: bool = False
    lines: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class TableState:
    """All entries of a table, by their keys, and the tag of this state."""

    entries: Sequence[Entry]
    tag: str


def read_table(table: str, work: UnitOfWork) -> TableState:
    """Return a table as it is stored, rules that have ended and those that are yet to begin among them."""
    with work:
        entries = entries_of(table, work)
    return TableState(entries, tag_of(table, entries))


def change_rules(
    given: GivenRows, work: UnitOfWork, *, now: datetime, expected: Collection[str] | None = None
) -> tuple[RuleChange[Any], TableState]:
    """Put rows into a table; each takes the place of the one with its key.  See ``weigh_change``.

    Args:
        given: the rows.
        work: a transaction not yet begun; editors wait for each other.
        now: when rules that are gone end.
        expected: tags of the states that the caller means; None: any.

    Returns:
        What has changed, and the table afterwards.

    Raises:
        PreconditionFailedError: the table is in another state.
        RuleBrokenError: with every fault of every row; nothing is stored.
        ClashError: a department or category that is gone is named by rules or incidents.
    """
    with work:
        work.rules.lock_editing()
        change = propose_change(given, work, now=now, expected=expected)
        if change.removed:
            _refuse_if_named(given.table, [getattr(one, "code", "") for one in change.removed], work)
            getattr(work.rules, f"remove_{given.table}")(change.removed)
        if change.written:
            getattr(work.rules, f"store_{given.table}")(change.written)
        after = entries_of(given.table, work)
        work.commit()
    return change, TableState(after, tag_of(given.table, after))


def propose_change(
    given: GivenRows, work: UnitOfWork, *, now: datetime, expected: Collection[str] | None = None
) -> RuleChange[Any]:
    """Return what rows would change, within a transaction that has begun; refuses what ``change_rules`` refuses."""
    if given.whole and not given.rows and given.table != "calendar":
        fault = InputFault(f"/{given.table}", "holds no row: to end all rules, give each its until")
        refuse_broken([fault])
    stored = entries_of(given.table, work)
    if expected is not None and tag_of(given.table, stored) not in expected:
        raise PreconditionFailedError(f"the table {given.table} has changed since you read it; look at it again")
    rules, faults = read_rules(RuleTables(**{given.table: given.rows}))
    entries = getattr(rules, given.table)
    change = weigh_change(entries, stored, whole=given.whole, now=now)
    # Judged as they would be stored: with the beginnings that ``weigh_change`` finds, in the order of the rows.
    after = {key_of(one): one for one in change.after}
    as_stored: dict[str, Any] = {given.table: tuple(after[key_of(one)] for one in entries)}
    judged = replace(rules, **as_stored)
    around = {"dispatch": (), "deadlines": ()} | {given.table: change.after}
    named = {rule.grid_code for rule in rules.dispatch if rule.grid_code is not None}
    faults += find_faults(
        judged,
        Stored(
            departments=frozenset(one.code for one in work.rules.departments()),
            categories=frozenset(one.code for one in work.rules.categories()),
            grids=frozenset(work.rules.known_grids(named)),
            dispatch=around["dispatch"],
            deadlines=around["deadlines"],
        ),
    )
    refuse_broken([_on_its_line(fault, given.lines) for fault in faults])
    return change


def entries_of(table: str, work: UnitOfWork) -> list[Any]:
    """Return all entries of a table, within a transaction that has begun."""
    read = work.rules.calendar_days if table == "calendar" else getattr(work.rules, table)
    return list(read())


def _refuse_if_named(table: str, codes: Sequence[str], work: UnitOfWork) -> None:
    if table == "departments":
        named = work.rules.departments_in_use(codes)
    elif table == "categories":
        named = work.rules.categories_in_use(codes)
    else:
        return
    if named:
        faults = [
            InputFault(f"/{table}", f"{code} is missing, and rules or incidents name it") for code in sorted(named)
        ]
        raise ClashError(
            f"{len(faults)} faults; nothing was stored. First: {faults[0].detail}", code="in-use", faults=faults
        )


def _on_its_line(fault: InputFault, lines: Sequence[int]) -> InputFault:
    _, _, number, *_ = [*fault.pointer.split("/"), "", ""]
    if not lines or not number:
        return fault
    return InputFault(fault.pointer, f"line {lines[int(number)]}: {fault.detail}")
