"""The rules as one whole: what they refer to must be there, and no case may have two answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
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
    """The rules of some tables; ``row_numbers`` says in which row of its table each was read, if not one by one."""

    levels: tuple[Level, ...]
    departments: tuple[Department, ...]
    categories: tuple[Category, ...]
    dispatch: tuple[DispatchRule, ...]
    deadlines: tuple[DeadlineRule, ...]
    calendar: tuple[CalendarDay, ...]
    row_numbers: Mapping[str, Sequence[int]] = field(default_factory=dict, compare=False)

    def where(self, table: str, position: int) -> str:
        """Return the pointer to the row of one of them."""
        numbers = self.row_numbers.get(table)
        return f"/{table}/{position if numbers is None else numbers[position]}"


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
        *_doubled(rules, "levels", (one.code for one in rules.levels)),
        *_doubled(rules, "departments", (one.code for one in rules.departments)),
        *_doubled(rules, "categories", (one.code for one in rules.categories)),
        *_doubled(rules, "dispatch", (one.id for one in rules.dispatch)),
        *_doubled(rules, "deadlines", (one.id for one in rules.deadlines)),
        *_doubled(rules, "calendar", (one.day.isoformat() for one in rules.calendar)),
        *_unknown(rules, departments, categories, stored.grids),
        *_ambiguous(rules, "dispatch", rules.dispatch, stored.dispatch),
        *_ambiguous(rules, "deadlines", rules.deadlines, stored.deadlines),
    ]


def _doubled(rules: Rules, table: str, keys: Iterable[str]) -> Iterator[InputFault]:
    seen: set[str] = set()
    for position, key in enumerate(keys):
        if key in seen:
            yield InputFault(rules.where(table, position), f"{key} stands there twice")
        seen.add(key)


def _unknown(
    rules: Rules, departments: frozenset[str], categories: frozenset[str], grids: frozenset[str]
) -> Iterator[InputFault]:
    for position, rule in enumerate(rules.dispatch):
        where, name = rules.where("dispatch", position), f"rule {rule.id}"
        if rule.category not in categories:
            yield InputFault(f"{where}/category", f"{name}: category {rule.category} is not known")
        if rule.department not in departments:
            yield InputFault(f"{where}/department", f"{name}: department {rule.department} is not known")
        for code in rule.assisting:
            if code not in departments:
                yield InputFault(f"{where}/assisting", f"{name}: department {code} is not known")
        if rule.grid_code is not None and rule.grid_code not in grids:
            yield InputFault(f"{where}/grid_code", f"{name}: grid {rule.grid_code} is not known")
    for position, deadline in enumerate(rules.deadlines):
        if deadline.category is not None and deadline.category not in categories:
            where = rules.where("deadlines", position)
            sentence = f"rule {deadline.id}: category {deadline.category} is not known"
            yield InputFault(f"{where}/category", sentence)


def _ambiguous(
    rules: Rules, table: str, given: Sequence[_Deciding], stored: Sequence[_Deciding]
) -> Iterator[InputFault]:
    """Name every rule that begins while another one decides its case: sorted by time, one look back is enough."""
    given_ids = {rule.id for rule in given}
    by_case: dict[object, list[tuple[_Deciding, int | None]]] = {}
    for position, rule in enumerate(given):
        by_case.setdefault(rule.case, []).append((rule, position))
    for rule in stored:
        if rule.id not in given_ids and rule.case in by_case:
            by_case[rule.case].append((rule, None))
    for entries in by_case.values():
        entries.sort(key=lambda entry: (entry[0].in_force.since is not None, entry[0].in_force.since))
        last = entries[0]
        for entry in entries[1:]:
            (before, _), (rule, _) = last, entry
            if rule.id != before.id and rule.in_force.meets(before.in_force):
                at = next(position for _, position in (entry, last) if position is not None)
                sentence = f"rules {before.id} and {rule.id} decide the same case at one time"
                yield InputFault(rules.where(table, at), sentence)
            if _ends_later(rule.in_force, before.in_force):
                last = entry


def _ends_later(first: Period, second: Period) -> bool:
    return second.until is not None and (first.until is None or first.until > second.until)
