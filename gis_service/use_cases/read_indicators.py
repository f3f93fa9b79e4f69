"""Read what is measured by grid: definitions, how fresh they are, and values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.indicator import Indicator
from gis_service.domain.indicator_rows import tag_of
from gis_service.domain.indicator_view import IndicatorSource, ShownValue, ValueFilter, write_period
from gis_service.errors import InputFault, NotFoundError
from gis_service.use_cases.import_indicators import unknown_indicator
from gis_service.use_cases.read_ground import choose_edition, refuse_unknown_level
from gis_service.use_cases.refuse_unknown_word import refuse_unknown_grid

Span = tuple[date, date]


@dataclass(frozen=True, slots=True)
class IndicatorList:
    """The definitions that a caller sees, by code, with the sources of each, and the tag of all that there are."""

    indicators: Sequence[Indicator]
    sources: Mapping[str, Sequence[IndicatorSource]]
    tag: str


@dataclass(frozen=True, slots=True)
class ValueQuestion:
    """Which values of an indicator; ``period`` None: the newest that has any in the edition."""

    indicator: str
    edition: int | None = None
    period: Span | None = None
    level: str | None = None
    grid: str | None = None
    after: str | None = None
    limit: int = 1_000


@dataclass(frozen=True, slots=True)
class IndicatorMap:
    """Values of an indicator in an edition and a period, by code; ``since`` None when it has none."""

    edition: int
    indicator: Indicator
    period: Span | None
    values: Sequence[ShownValue]


def list_definitions(principal: Principal, work: UnitOfWork) -> IndicatorList:
    """Return the definitions of the classes that a caller sees, and who gives their values."""
    with work:
        all_of_them = work.indicators.definitions()
        sources = work.indicators.sources()
    by_code: defaultdict[str, list[IndicatorSource]] = defaultdict(list)
    for one in sources:
        by_code[one.indicator].append(one)
    seen = [one for one in all_of_them if one.data_class in principal.data_classes]
    return IndicatorList(seen, by_code, tag_of(all_of_them))


def read_values(question: ValueQuestion, principal: Principal, work: UnitOfWork) -> IndicatorMap:
    """Return the values that a caller may see, those of grids outside their scope for general indicators alone.

    Raises:
        NotFoundError: no such indicator for who asks, no such edition or grid in it, or no value of that period.
        RuleBrokenError: no such level.
    """
    with work:
        indicator = next((one for one in work.indicators.definitions() if one.code == question.indicator), None)
        if indicator is None or indicator.data_class not in principal.data_classes:
            raise unknown_indicator(question.indicator)
        edition = choose_edition(question.edition, None, work)
        if question.level is not None:
            refuse_unknown_level(question.level, [level.code for level in work.levels.list_all()])
        refuse_unknown_grid(question.grid, edition, work)
        if question.period is None:
            period = work.indicators.newest_in(indicator.code, edition)
        else:
            period = question.period
            _refuse_unknown_period(indicator, period, work)
        if period is None:
            return IndicatorMap(edition, indicator, None, [])
        wanted = ValueFilter(
            indicator, edition, period[0], question.level, question.grid, question.after, question.limit
        )
        return IndicatorMap(edition, indicator, period, work.indicators.show(wanted, principal))


def _refuse_unknown_period(indicator: Indicator, period: Span, work: UnitOfWork) -> None:
    known = [(since, until) for _, since, until in work.indicators.periods([indicator.code])]
    if period not in known:
        told = ", ".join(write_period(*one) for one in known[:12]) or "none yet"
        sentence = f"{indicator.code} has no period {write_period(*period)}; the newest are {told}"
        raise NotFoundError(sentence, code="unknown-period", faults=[InputFault("period", sentence)])
