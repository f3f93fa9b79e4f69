"""Departments, categories, dispatch and deadline rules, and the days the city decides itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Column, Row, Table, any_, delete, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from gis_service.database.tables import (
    calendar_day,
    category,
    deadline_rule,
    department,
    dispatch_rule,
    grid_code,
    incident,
    level,
)
from gis_service.domain.deadlines import DeadlineRule
from gis_service.domain.dispatch import DispatchRule, with_ancestors
from gis_service.domain.level import Level
from gis_service.domain.period import Period
from gis_service.domain.rules import CalendarDay, Category, Department

_OUT_OF_THE_WAY = 10_000

EDITING_LOCK = 0x72756C65  # "rule" in ASCII; any constant that no other lock of the service uses

_CATEGORY_COLUMNS = (dispatch_rule.c.category, deadline_rule.c.category, incident.c.category)


def _values(row: Row[Any]) -> dict[str, Any]:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
    values["in_force"] = Period(values["in_force"].lower, values["in_force"].upper)
    return values


def _to_dispatch(row: Row[Any]) -> DispatchRule:
    values = _values(row)
    return DispatchRule(**values | {"assisting": tuple(values["assisting"])})


class RuleRepository:
    """Rows of ``department``, ``category``, ``dispatch_rule``, ``deadline_rule`` and ``calendar_day``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lock_editing(self) -> None:
        """Wait until no other transaction edits rules; the lock goes with this transaction."""
        self._session.execute(select(func.pg_advisory_xact_lock(EDITING_LOCK)))

    def known_categories(self, codes: Collection[str]) -> set[str]:
        """Return those of the codes that are of a category."""
        return set(self._session.scalars(select(category.c.code).where(category.c.code.in_(codes))))

    def categories(self) -> list[Category]:
        """Return every category, by code."""
        rows = self._session.execute(select(category).order_by(category.c.code))
        return [Category(**row) for row in rows.mappings()]

    def categories_and_above(self) -> set[str]:
        """Return the codes of every category and of all above it, which need no row of their own."""
        return {code for known in self._session.scalars(select(category.c.code)) for code in with_ancestors(known)}

    def departments(self) -> list[Department]:
        """Return every department, by code."""
        rows = self._session.execute(select(department).order_by(department.c.code))
        return [Department(**row) for row in rows.mappings()]

    def known_grids(self, codes: Collection[str]) -> set[str]:
        """Return those of the codes that any edition has ever used."""
        return set(self._session.scalars(select(grid_code.c.code).where(grid_code.c.code.in_(codes))))

    def dispatch(self, for_category: str | None = None) -> list[DispatchRule]:
        """Return dispatch rules by id: all, or those that may concern a category."""
        query = select(dispatch_rule).order_by(dispatch_rule.c.id)
        if for_category is not None:
            query = query.where(dispatch_rule.c.category.in_(with_ancestors(for_category)))
        return [_to_dispatch(row) for row in self._session.execute(query)]

    def deadlines(self, for_category: str | None = None) -> list[DeadlineRule]:
        """Return deadline rules by id: all, or those that may concern a category."""
        query = select(deadline_rule).order_by(deadline_rule.c.id)
        if for_category is not None:
            above = deadline_rule.c.category.in_(with_ancestors(for_category))
            query = query.where(or_(deadline_rule.c.category.is_(None), above))
        return [DeadlineRule(**_values(row)) for row in self._session.execute(query)]

    def calendar(self) -> dict[date, bool]:
        """Return the days that the city decides itself."""
        rows = self._session.execute(select(calendar_day.c.day, calendar_day.c.is_workday))
        return {row.day: row.is_workday for row in rows}

    def calendar_days(self) -> list[CalendarDay]:
        """Return the days that the city decides itself with its remarks, by day."""
        rows = self._session.execute(select(calendar_day).order_by(calendar_day.c.day))
        return [CalendarDay(**row) for row in rows.mappings()]

    def categories_in_use(self, codes: Collection[str]) -> set[str]:
        """Return those of the codes that rules or incidents name."""
        uses = or_(
            *(exists().where(column == category.c.code) for column in _CATEGORY_COLUMNS),
        )
        return set(self._session.scalars(select(category.c.code).where(category.c.code.in_(codes), uses)))

    def departments_in_use(self, codes: Collection[str]) -> set[str]:
        """Return those of the codes that rules or incidents name, as lead or as assisting."""
        uses = or_(
            exists().where(dispatch_rule.c.department == department.c.code),
            exists().where(department.c.code == any_(dispatch_rule.c.assisting)),
            exists().where(incident.c.department == department.c.code),
            exists().where(department.c.code == any_(incident.c.assisting)),
        )
        return set(self._session.scalars(select(department.c.code).where(department.c.code.in_(codes), uses)))

    def store_levels(self, levels: Sequence[Level]) -> None:
        """Store levels by code; ranks may change places among them."""
        moved = level.c.code.in_([one.code for one in levels])
        self._session.execute(update(level).where(moved).values(rank=level.c.rank + _OUT_OF_THE_WAY))
        self._store(level, "code", [_as_row(one) for one in levels])

    def store_departments(self, departments: Sequence[Department]) -> None:
        """Store departments by code."""
        self._store(department, "code", [_as_row(one) for one in departments])

    def store_categories(self, categories: Sequence[Category]) -> None:
        """Store categories by code."""
        self._store(category, "code", [_as_row(one) for one in categories])

    def store_calendar(self, days: Sequence[CalendarDay]) -> None:
        """Store the city's own days."""
        self._store(calendar_day, "day", [_as_row(one) for one in days])

    def store_dispatch(self, rules: Sequence[DispatchRule]) -> None:
        """Store dispatch rules by id; what an id said before is forgotten."""
        rows = [_as_row(rule) | {"assisting": list(rule.assisting)} for rule in rules]
        self._replace(dispatch_rule, rows)

    def store_deadlines(self, rules: Sequence[DeadlineRule]) -> None:
        """Store deadline rules by id; what an id said before is forgotten."""
        self._replace(deadline_rule, [_as_row(rule) for rule in rules])

    def remove_departments(self, departments: Sequence[Department]) -> None:
        """Forget departments that nothing names."""
        self._remove(department.c.code, [one.code for one in departments])

    def remove_categories(self, categories: Sequence[Category]) -> None:
        """Forget categories that nothing names."""
        self._remove(category.c.code, [one.code for one in categories])

    def remove_calendar(self, days: Sequence[CalendarDay]) -> None:
        """Forget the city's decision about some days."""
        self._remove(calendar_day.c.day, [one.day for one in days])

    def remove_dispatch(self, rules: Sequence[DispatchRule]) -> None:
        """Forget dispatch rules, which have decided nothing."""
        self._remove(dispatch_rule.c.id, [rule.id for rule in rules])

    def remove_deadlines(self, rules: Sequence[DeadlineRule]) -> None:
        """Forget deadline rules, which have decided nothing."""
        self._remove(deadline_rule.c.id, [rule.id for rule in rules])

    def _remove(self, key: Column[Any], keys: Sequence[Any]) -> None:
        if keys:
            self._session.execute(delete(key.table).where(key.in_(keys)))

    def _store(self, table: Table, key: str, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        statement = upsert(table)
        changed = {name: statement.excluded[name] for name in rows[0] if name != key}
        self._session.execute(statement.on_conflict_do_update(index_elements=[key], set_=changed), list(rows))

    def _replace(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        # Updated in place, rules that change cases with each other would be ambiguous for a moment.
        if not rows:
            return
        self._session.execute(delete(table).where(table.c.id.in_([row["id"] for row in rows])))
        self._session.execute(insert(table), list(rows))


def _as_row(one: Any) -> dict[str, Any]:  # noqa: ANN401 - any frozen dataclass whose fields are the columns
    row = {name: getattr(one, name) for name in one.__dataclass_fields__}
    if "in_force" in row:
        row["in_force"] = Range(row["in_force"].since, row["in_force"].until)
    return row
