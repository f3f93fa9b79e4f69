"""Load levels, departments, categories, rules and calendar days from rows of text."""

from __future__ import annotations

from collections.abc import Sequence

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.rule_rows import RuleTables, read_rules
from gis_service.domain.rules import Rules, Stored, find_faults
from gis_service.errors import InputFault, RuleBrokenError

MOST_FAULTS = 1_000


def load_rules(tables: RuleTables, work: UnitOfWork) -> Rules:
    """Store what the rows say, all of it or nothing; loading the same rows again changes nothing.

    Raises:
        RuleBrokenError: with every fault of every row.
    """
    rules, faults = read_rules(tables)
    with work:
        work.rules.lock_editing()
        faults += find_faults(rules, _stored(rules, work))
        refuse_broken(faults)
        work.rules.store_levels(rules.levels)
        work.rules.store_departments(rules.departments)
        work.rules.store_categories(rules.categories)
        work.rules.store_dispatch(rules.dispatch)
        work.rules.store_deadlines(rules.deadlines)
        work.rules.store_calendar(rules.calendar)
        work.commit()
    return rules


def refuse_broken(faults: Sequence[InputFault]) -> None:
    """Refuse rows with faults; the first ``MOST_FAULTS`` are told one by one."""
    if faults:
        raise RuleBrokenError(
            f"{len(faults)} faults; nothing was stored. First: {faults[0].detail}",
            code="broken-rules",
            faults=faults[:MOST_FAULTS],
        )


def _stored(rules: Rules, work: UnitOfWork) -> Stored:
    named = {rule.grid_code for rule in rules.dispatch if rule.grid_code is not None}
    return Stored(
        departments=frozenset(one.code for one in work.rules.departments()),
        categories=frozenset(one.code for one in work.rules.categories()),
        grids=frozenset(work.rules.known_grids(named)),
        dispatch=tuple(work.rules.dispatch()),
        deadlines=tuple(work.rules.deadlines()),
    )
