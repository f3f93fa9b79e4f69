"""Indicators as JSON."""

from __future__ import annotations

from datetime import date
from typing import Any

from gis_service.domain.access import Principal
from gis_service.domain.indicator import SMALL_COUNT, Indicator
from gis_service.domain.indicator_rows import definition_row
from gis_service.domain.indicator_view import IndicatorSource, ShownValue
from gis_service.use_cases.change_indicators import DefinitionChange
from gis_service.use_cases.import_indicators import ImportedPeriod
from gis_service.use_cases.read_indicators import IndicatorList, IndicatorMap, Span


def definitions_json(listed: IndicatorList, today: date) -> list[dict[str, Any]]:
    """Return definitions with how fresh their sources are."""
    return [
        {**_definition(one), "sources": [_source(source, today) for source in listed.sources.get(one.code, ())]}
        for one in listed.indicators
    ]


def map_json(shown: IndicatorMap, principal: Principal, following: str | None, limit: int) -> dict[str, Any]:
    """Return values as a choropleth takes them; a small count is withheld from who sees general data alone.

    At most ``limit`` of them are told; ``following`` is where the others begin.
    """
    return {
        "edition": shown.edition,
        "indicator": _definition(shown.indicator),
        "period": None if shown.period is None else period_json(shown.period),
        "values": [_value(one, shown.indicator, principal) for one in shown.values[:limit]],
        "next": following,
    }


def import_json(edition: int, told: list[ImportedPeriod], *, dry_run: bool) -> dict[str, Any]:
    """Return what was stored."""
    periods = [
        {
            "indicator": one.indicator,
            "period": period_json((one.since, one.until)),
            "added": one.added,
            "changed": one.changed,
            "unchanged": one.unchanged,
            "rolled_up": one.rolled_up,
        }
        for one in told
    ]
    return {"edition": edition, "dry_run": dry_run, "periods": periods}


def definition_change_json(change: DefinitionChange) -> dict[str, Any]:
    """Return what has become of the definitions."""
    return {
        "added": change.added,
        "changed": change.changed,
        "removed": change.removed,
        "unchanged": change.unchanged,
    }


def period_json(period: Span) -> dict[str, str]:
    """Return a period: its first day, and the first after it."""
    return {"since": period[0].isoformat(), "until": period[1].isoformat()}


def _definition(indicator: Indicator) -> dict[str, Any]:
    return {**definition_row(indicator), "thresholds": list(indicator.thresholds)}


def _source(source: IndicatorSource, today: date) -> dict[str, Any]:
    return {
        "source": source.source,
        "period": period_json((source.since, source.until)),
        "age_days": source.age_days(today),
        "late": source.is_late(today),
    }


def _value(one: ShownValue, indicator: Indicator, principal: Principal) -> dict[str, Any]:
    value = one.value
    withheld = one.is_withheld(indicator, principal, SMALL_COUNT)
    return {
        "code": value.grid_code,
        "name": one.name,
        "level": one.level,
        "value": None if withheld else value.value,
        "class": None if withheld else indicator.class_of(value.value),
        "is_withheld": withheld,
        "is_estimated": value.is_estimated,
        "coverage": round(value.coverage, 4),
        "origin": value.origin,
        "source": value.source,
    }
