"""What is measured by grid."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, delete, exists, func, insert, or_, select, text, true, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from gis_service.database.bulk import copy_rows
from gis_service.database.tables import building, building_owner, grid, indicator, indicator_value
from gis_service.domain.access import GENERAL, Principal
from gis_service.domain.indicator import GridNode, Indicator, IndicatorValue, NewestIndicator
from gis_service.domain.indicator_redraw import OwnerMove
from gis_service.domain.indicator_view import IndicatorSource, ShownValue, ValueFilter

_COLUMNS = (
    "indicator",
    "grid_code",
    "since",
    "until",
    "value",
    "source",
    "is_estimated",
    "coverage",
    "origin",
    "since_edition",
    "until_edition",
)

# Editors and importers wait for each other: what is rolled up is made of what the other stores.
_LOCK_EDITING = text("SELECT pg_advisory_xact_lock(hashtext('gis-service'), hashtext('indicators'))")

_CLOSE = text(
    """
    UPDATE indicator_value AS v SET until_edition = :edition
    FROM unnest(CAST(:indicators AS text[]), CAST(:sinces AS date[]), CAST(:codes AS text[]))
        AS gone (indicator, since, code)
    WHERE v.indicator = gone.indicator
        AND v.since = gone.since
        AND v.grid_code = gone.code
        AND v.until_edition IS NULL
    """
)


class IndicatorRepository:
    """Rows of ``indicator`` and ``indicator_value``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lock_editing(self) -> None:
        """Let nobody else change definitions or values before this transaction ends."""
        self._session.execute(_LOCK_EDITING)

    def count_values(self) -> int:
        """Return how many values are stored."""
        return self._session.execute(select(func.count()).select_from(indicator_value)).scalar_one()

    def definitions(self) -> list[Indicator]:
        """Return all definitions, by code."""
        rows = self._session.execute(select(indicator).order_by(indicator.c.code)).mappings()
        return [_to_indicator(row) for row in rows]

    def newest(self, data_classes: Sequence[str]) -> list[NewestIndicator]:
        """Return the indicators of some classes with their newest periods, by code."""
        newest = (
            select(indicator_value.c.since, indicator_value.c.until)
            .where(indicator_value.c.indicator == indicator.c.code)
            .order_by(indicator_value.c.since.desc(), indicator_value.c.grid_code.desc())
            .limit(1)
            .lateral()
        )
        query = (
            select(indicator, newest.c.since, newest.c.until)
            .outerjoin_from(indicator, newest, onclause=true())
            .where(indicator.c.data_class.in_(data_classes))
            .order_by(indicator.c.code)
        )
        rows = self._session.execute(query).mappings()
        return [NewestIndicator(_to_indicator(row), row["since"], row["until"]) for row in rows]

    def sources(self) -> list[IndicatorSource]:
        """Return the newest period that each source gave of each indicator, by both."""
        value = indicator_value.c
        query = (
            select(value.indicator, value.source, value.since, value.until)
            .where(value.origin == "given")
            .ext(distinct_on(value.indicator, value.source))
            .order_by(value.indicator, value.source, value.since.desc())
        )
        return [IndicatorSource(*row) for row in self._session.execute(query)]

    def with_values(self, codes: Collection[str]) -> set[str]:
        """Return those of the indicators that have values."""
        has_any = exists().where(indicator_value.c.indicator == indicator.c.code)
        return set(self._session.scalars(select(indicator.c.code).where(indicator.c.code.in_(codes), has_any)))

    def add_many(self, indicators: Sequence[Indicator]) -> None:
        """Store definitions whose codes are not yet there."""
        if indicators:
            self._session.execute(insert(indicator), [_to_row(one) for one in indicators])

    def put_many(self, indicators: Sequence[Indicator]) -> None:
        """Store definitions, each in the place of the one with its code; those that weigh others come first."""
        statement = upsert(indicator)
        columns = {name: statement.excluded[name] for name in _to_row(indicators[0]) if name != "code"}
        for of_weights in (True, False):
            rows = [_to_row(one) for one in indicators if (one.weight is None) == of_weights]
            if rows:
                self._session.execute(
                    statement.on_conflict_do_update(index_elements=[indicator.c.code], set_=columns), rows
                )

    def remove_many(self, codes: Collection[str]) -> None:
        """Remove definitions without values."""
        self._session.execute(update(indicator).where(indicator.c.code.in_(codes)).values(weight=None))
        self._session.execute(delete(indicator).where(indicator.c.code.in_(codes)))

    def add_values(self, values: Iterable[IndicatorValue]) -> None:
        """Store values of known indicators and grids, one for each of them, period and edition."""
        rows = ([getattr(value, name) for name in _COLUMNS] for value in values)
        copy_rows(self._session, indicator_value, _COLUMNS, rows)

    def periods(self, codes: Collection[str]) -> list[tuple[str, date, date]]:
        """Return each indicator with each of its periods, the newest first."""
        value = indicator_value.c
        query = select(value.indicator, value.since, value.until).where(value.indicator.in_(codes)).distinct()
        ordered = query.order_by(value.indicator, value.since.desc())
        return [(row.indicator, row.since, row.until) for row in self._session.execute(ordered)]

    def newest_in(self, code: str, edition: int) -> tuple[date, date] | None:
        """Return the newest period of an indicator that has a value in an edition."""
        value = indicator_value.c
        query = select(value.since, value.until).where(value.indicator == code, _is_good(edition))
        row = self._session.execute(query.order_by(value.since.desc()).limit(1)).one_or_none()
        return None if row is None else (row.since, row.until)

    def of_period(self, code: str, since: date) -> list[IndicatorValue]:
        """Return all values of an indicator in a period, those of earlier editions too."""
        query = select(*_FIELDS).where(indicator_value.c.indicator == code, indicator_value.c.since == since)
        return [IndicatorValue(**row) for row in self._session.execute(query).mappings()]

    def of_grids(self, codes: Collection[str], edition: int) -> list[IndicatorValue]:
        """Return the values of some grids in an edition, of all indicators and periods."""
        query = select(*_FIELDS).where(indicator_value.c.grid_code.in_(codes), _is_good(edition))
        return [IndicatorValue(**row) for row in self._session.execute(query).mappings()]

    def have_values(self, codes: Collection[str]) -> bool:
        """Say whether any of some grids has a value to this day."""
        is_open = indicator_value.c.until_edition.is_(None)
        query = select(exists().where(indicator_value.c.grid_code.in_(codes), is_open))
        return bool(self._session.scalar(query))

    def replace_period(self, code: str, since: date, values: Iterable[IndicatorValue]) -> None:
        """Let an indicator have these values in a period, and no others."""
        value = indicator_value.c
        self._session.execute(delete(indicator_value).where(value.indicator == code, value.since == since))
        self.add_values(values)

    def close_values(self, values: Sequence[IndicatorValue], edition: int) -> None:
        """Let values be good until before an edition."""
        if values:
            names = {
                "indicators": [one.indicator for one in values],
                "sinces": [one.since for one in values],
                "codes": [one.grid_code for one in values],
            }
            self._session.execute(_CLOSE, {"edition": edition, **names})

    def tree(self, edition: int, tops: Collection[str] | None = None) -> dict[str, GridNode]:
        """Return the grids of an edition by code, all or those of some subtrees, without their shapes."""
        query = select(grid.c.code, grid.c.level, grid.c.parent, grid.c.households)
        query = query.where(grid.c.editions.contains(edition))
        if tops is not None:
            query = query.where(grid.c.code.in_(select(_below(tops, edition).c.code)))
        return {row.code: GridNode(row.level, row.parent, row.households) for row in self._session.execute(query)}

    def owner_moves(self, codes: Collection[str], edition: int) -> list[OwnerMove]:
        """Return who owns the buildings in an edition that some grids owned in the one before, by both."""
        old, new = building_owner.alias("old"), building_owner.alias("new")
        query = (
            select(
                old.c.grid_code.label("from_code"),
                new.c.grid_code.label("to_code"),
                func.count().label("buildings"),
                func.sum(building.c.households).label("households"),
            )
            .join_from(old, new, old.c.building_code == new.c.building_code)
            .join(building, building.c.code == old.c.building_code)
            .where(old.c.grid_code.in_(codes), old.c.editions.contains(edition - 1))
            .where(new.c.grid_code.is_not(None), new.c.editions.contains(edition))
            .group_by(old.c.grid_code, new.c.grid_code)
            .order_by(old.c.grid_code, new.c.grid_code)
        )
        return [
            OwnerMove(row.from_code, row.to_code, row.buildings, int(row.households))
            for row in self._session.execute(query)
        ]

    def show(self, wanted: ValueFilter, principal: Principal) -> list[ShownValue]:
        """Return up to ``wanted.limit`` values of an indicator in an edition with their grids, by code.

        What is not general of grids of the caller's scope alone.
        """
        value = indicator_value.c
        query: Select[Any] = (
            select(*_FIELDS, grid.c.name, grid.c.level)
            .join_from(indicator_value, grid, value.grid_code == grid.c.code)
            .where(grid.c.editions.contains(wanted.edition), _is_good(wanted.edition))
            .where(value.indicator == wanted.indicator.code, value.since == wanted.since)
        )
        if wanted.level is not None:
            query = query.where(grid.c.level == wanted.level)
        tops = [wanted.grid] if wanted.grid is not None else []
        if wanted.indicator.data_class != GENERAL and principal.scope is not None:
            tops.append(principal.scope)
        for top in tops:
            query = query.where(grid.c.code.in_(select(_below([top], wanted.edition).c.code)))
        if wanted.after is not None:
            query = query.where(grid.c.code > wanted.after)
        rows = self._session.execute(query.order_by(grid.c.code).limit(wanted.limit)).mappings()
        found = []
        for row in rows:
            fields = dict(row)
            name, level = fields.pop("name"), fields.pop("level")
            found.append(ShownValue(IndicatorValue(**fields), name, level))
        return found


_FIELDS = tuple(indicator_value.c[name] for name in _COLUMNS)


def _to_indicator(row: Mapping[Any, Any]) -> Indicator:
    fields = {name: row[name] for name in indicator.c.keys()} | {"thresholds": tuple(row["thresholds"])}  # noqa: SIM118
    return Indicator(**fields)


def _to_row(one: Indicator) -> dict[str, Any]:
    return asdict(one) | {"thresholds": list(one.thresholds)}


def _is_good(edition: int) -> ColumnElement[bool]:
    until = indicator_value.c.until_edition
    return (indicator_value.c.since_edition <= edition) & or_(until.is_(None), until > edition)


def _below(tops: Collection[str], edition: int) -> CTE:
    """Return the codes of some grids and all below them in an edition."""
    alive = grid.c.editions.contains(edition)
    below = select(grid.c.code).where(grid.c.code.in_(tops), alive).cte(recursive=True)
    return below.union(select(grid.c.code).where(grid.c.parent == below.c.code, alive))
