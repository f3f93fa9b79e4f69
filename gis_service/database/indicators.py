"""What is measured by grid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from sqlalchemy import func, insert, select, true
from sqlalchemy.orm import Session

from gis_service.database.bulk import copy_rows
from gis_service.database.tables import indicator, indicator_value
from gis_service.domain.indicator import Indicator, IndicatorValue, NewestIndicator

_COLUMNS = ("indicator", "grid_code", "since", "until", "value", "source", "is_estimated")


class IndicatorRepository:
    """Rows of ``indicator`` and ``indicator_value``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count_values(self) -> int:
        """Return how many values are stored."""
        return self._session.execute(select(func.count()).select_from(indicator_value)).scalar_one()

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
        found = []
        for row in self._session.execute(query).mappings():
            fields = {name: row[name] for name in indicator.c.keys()} | {"thresholds": tuple(row["thresholds"])}  # noqa: SIM118
            found.append(NewestIndicator(Indicator(**fields), row["since"], row["until"]))
        return found

    def add_many(self, indicators: Sequence[Indicator]) -> None:
        """Store definitions whose codes are not yet there."""
        if indicators:
            rows = [asdict(one) | {"thresholds": list(one.thresholds)} for one in indicators]
            self._session.execute(insert(indicator), rows)

    def add_values(self, values: Iterable[IndicatorValue]) -> None:
        """Store values of known indicators and grids, one for each of them and period."""
        rows = ([getattr(value, name) for name in _COLUMNS] for value in values)
        copy_rows(self._session, indicator_value, _COLUMNS, rows)
