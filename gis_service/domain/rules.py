"""The rules as one whole: what they refer to must be there, and no case may have two answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Protocol

from gis_service.domain.deadlines import DeadlineRule
from gis_service.domain.dispatch import DispatchRule
from gis_service.domain.level import Level
from gis_service.domain.period import Period
from gis_service.errors import InputFault


@dataclass(frozen=True, slots=True)
class Department:
    """Who must act."""

    code: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Category:
    """What kind of incident; a dotted code lies below the one before its last dot."""

    code: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day that the city decides itself."""

    day: date
    is_workday: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """The same, read."""

    levels: tuple[Level, ...]
    departments: tuple[Department, ...]
    categories: tuple[Category, ...]
    dispatch: tuple[DispatchRule, ...]
    deadlines: tuple[DeadlineRule, ...]
    calendar: tuple[CalendarDay, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """What is there already, and may be referred to or clashed with."""

    departments: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    grids: frozenset[str] = frozenset()
    dispatch: tuple[DispatchRule, ...] = ()
    deadlines: tuple[DeadlineRule, ...] = ()


class _Deciding(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def case(self) -> object: ...
    @property
    def in_force(self) -> Period: ...


def find_faults(rules: Rules, stored: Stored) -> list[InputFault]:
    """Return what is wrong with rules that could be read: doubled keys, unknown codes, ambiguous cases."""
    departments = stored.departments | {one.code for one in rules.departments}
    categories = stored.categories | {one.code for one in rules.categories}
    return [
        *_doubled("levels", (one.code for one in rules.levels)),
        *_doubled("departments", (one.code for one in rules.departments)),
        *_doubled("categories", (one.code for one in rules.categories)),
        *_doubled("dispatch", (one.id for one in rules.dispatch)),
        *_doubled("deadlines", (one.id for one in rules.deadlines)),
        *_doubled("calendar", (one.day.isoformat() for one in rules.calendar)),
        *_unknown(rules, departments, categories, stored.grids),
        *_ambiguous("dispatch", rules.dispatch, stored.dispatch),
        *_ambiguous("deadlines", rules.deadlines, stored.deadlines),
    ]


def _doubled(table: str, keys: Iterable[str]) -> Iterator[InputFault]:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            yield InputFault(f"/{table}", f"{key} stands there twice")
        seen.add(key)


def _unknown(
    rules: Rules, departments: frozenset[str], categories: frozenset[str], grids: frozenset[str]
) -> Iterator[InputFault]:
    for rule in rules.dispatch:
        where = f"rule {rule.id}"
        if rule.category not in categories:
            yield InputFault("/dispatch", f"{where}: category {rule.category} is not known")
        for code in (rule.department, *rule.assisting):
            if code not in departments:
                yield InputFault("/dispatch", f"{where}: department {code} is not known")
        if rule.grid_code is not None and rule.grid_code not in grids:
            yield InputFault("/dispatch", f"{where}: grid {rule.grid_code} is not known")
    for deadline in rules.deadlines:
        if deadline.category is not None and deadline.category not in categories:
            yield InputFault("/deadlines", f"rule {deadline.id}: category {deadline.category} is not known")


def _ambiguous(table: str, given: Sequence[_Deciding], stored: Sequence[_Deciding]) -> Iterator[InputFault]:
    given_ids = {rule.id for rule in given}
    by_case: dict[object, list[_Deciding]] = {}
    for rule in [*given, *(rule for rule in stored if rule.id not in given_ids)]:
        by_case.setdefault(rule.case, []).append(rule)
    for rules in by_case.values():
        for first, second in combinations(rules, 2):
            if first.id != second.id and first.in_force.meets(second.in_force):
                yield InputFault(f"/{table}", f"rules {first.id} and {second.id} decide the same case at one time")
