"""Store values of indicators: all rows or none, and what follows from them up the tree and in later editions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.indicator import Indicator, IndicatorValue, Tree
from gis_service.domain.indicator_redraw import Redraw, settle
from gis_service.domain.indicator_rows import Known, read_values
from gis_service.domain.rule_rows import Row
from gis_service.errors import ForbiddenError, InputFault, NotFoundError, RuleBrokenError
from gis_service.use_cases.carry_indicators import find_redraw, weights_of
from gis_service.use_cases.read_ground import choose_edition

MOST_TOLD = 1_000
"""Faults that a refusal names."""


@dataclass(frozen=True, slots=True)
class GivenValues:
    """Rows of values; see ``read_values``.  ``lines`` says on which line of a file each stands."""

    rows: Sequence[Row]
    lines: Sequence[int] = ()
    indicator: str | None = None
    source: str = "import"
    edition: int | None = None


@dataclass(frozen=True, slots=True)
class ImportedPeriod:
    """What has become of an indicator in a period: values given anew, in the place of others, and as they were.

    ``rolled_up`` counts the grids above them that have a value made of these and others.
    """

    indicator: str
    since: date
    until: date
    added: int
    changed: int
    unchanged: int
    rolled_up: int


def import_indicators(
    given: GivenValues, principal: Principal, work: UnitOfWork, *, dry_run: bool = False
) -> tuple[int, list[ImportedPeriod]]:
    """Store values measured of the grids of an edition, the one in force by default, and roll them up.

    A value takes the place of the one of the same indicator, period, grid and edition; all others stay.  Editions
    after it have what becomes of them by its redraws.

    Args:
        given: the rows.
        principal: who gives them; those with a scope, of grids in it.
        work: a transaction not yet begun; publishing and other imports wait for it.
        dry_run: do all of it, and take it back.

    Returns:
        The number of the edition, and what was stored, by indicator and period.

    Raises:
        NotFoundError: no such indicator or edition, or it is not for who asks.
        ForbiddenError: grids outside their scope.
        RuleBrokenError: code ``broken-values``, with the faults of the rows; nothing is stored.
    """
    with work:
        work.editions.lock_publishing()
        work.indicators.lock_editing()
        edition = choose_edition(given.edition, None, work)
        indicators = {
            one.code: one for one in work.indicators.definitions() if one.data_class in principal.data_classes
        }
        if given.indicator is not None and given.indicator not in indicators:
            raise unknown_indicator(given.indicator)
        values = _read(given, indicators, edition, work)
        _refuse_outside_scope(values, principal, edition, work)
        told = _store(values, indicators, edition, work)
        if not dry_run:
            work.commit()
    return edition, told


def unknown_indicator(code: str) -> NotFoundError:
    """Return the refusal of an indicator that is not there, or not for who asks."""
    return NotFoundError(f"there is no indicator {code[:64]!r}", code="unknown-indicator")


def _read(
    given: GivenValues, indicators: Mapping[str, Indicator], edition: int, work: UnitOfWork
) -> list[IndicatorValue]:
    periods: defaultdict[str, set[tuple[date, date]]] = defaultdict(set)
    for code, since, until in work.indicators.periods(indicators):
        periods[code].add((since, until))
    known = Known(indicators, periods, work.grids.outline(edition).keys())
    values, faults = read_values(given.rows, known, code=given.indicator, source=given.source, edition=edition)
    if faults:
        told = [_on_its_line(fault, given.lines) for fault in faults[:MOST_TOLD]]
        raise RuleBrokenError(
            f"{len(faults)} faults; nothing was stored. First: {told[0].detail}",
            code="broken-values",
            faults=told,
            members={"message_zh": f"有 {len(faults)} 处问题，未存入任何数值。"},
        )
    return values


def _refuse_outside_scope(
    values: Sequence[IndicatorValue], principal: Principal, edition: int, work: UnitOfWork
) -> None:
    if principal.scope is None:
        return
    inside = work.indicators.tree(edition, [principal.scope])
    outside = sorted({value.grid_code for value in values} - inside.keys())
    if outside:
        raise ForbiddenError(
            f"your scope is {principal.scope}; it does not hold {', '.join(outside[:10])}",
            code="outside-scope",
            members={"grids": outside[:MOST_TOLD]},
        )


def _store(
    values: Sequence[IndicatorValue], indicators: Mapping[str, Indicator], edition: int, work: UnitOfWork
) -> list[ImportedPeriod]:
    history = _History(work)
    by_period: defaultdict[tuple[str, date], dict[str, IndicatorValue]] = defaultdict(dict)
    for value in values:
        by_period[value.indicator, value.since][value.grid_code] = value
    told = []
    # What weighs others comes before them; where it is new, they follow it.
    everything = {one.code: one for one in work.indicators.definitions()}
    asked = {(code, since): given for (code, since), given in by_period.items()}
    for code, since, _ in work.indicators.periods(everything):
        if (everything[code].weight, since) in by_period:
            asked.setdefault((code, since), {})
    for code, since in sorted(asked, key=lambda one: (everything[one[0]].weight is not None, *one)):
        given = asked[code, since]
        stored = work.indicators.of_period(code, since)
        measured = {
            (one.grid_code, one.since_edition): replace(one, until_edition=None)
            for one in stored
            if one.origin == "given"
        }
        same = sum(measured.get((one.grid_code, edition)) == one for one in given.values())
        known = sum((one.grid_code, edition) in measured for one in given.values())
        measured |= {(one.grid_code, edition): one for one in given.values()}
        after = history.replay(everything[code], list(measured.values()))
        work.indicators.replace_period(code, since, after)
        if code in indicators and given:
            rolled = sum(one.origin == "rolled_up" and one.until_edition is None for one in after)
            until = next(iter(given.values())).until
            counts = len(given) - known, known - same, same, rolled
            told.append(ImportedPeriod(code, since, until, *counts))
    return told


class _History:
    """The editions through which values go, each read when it is first asked for."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        latest = work.editions.latest()
        self._latest = 0 if latest is None else latest.number
        self.tree = cache(self._tree)
        self.redraw = cache(self._redraw)

    def replay(self, indicator: Indicator, measured: Sequence[IndicatorValue]) -> list[IndicatorValue]:
        """Return all values of an indicator in a period, of every edition, that follow from those measured."""
        if not measured:
            return []
        weighing = (
            [] if indicator.weight is None else self._work.indicators.of_period(indicator.weight, measured[0].since)
        )
        first = min(one.since_edition for one in measured)
        now: dict[str, IndicatorValue] = {}
        past: list[IndicatorValue] = []
        for edition in range(first, self._latest + 1):
            given = {one.grid_code: one for one in measured if one.since_edition == edition}
            weights = weights_of(indicator, {one.grid_code: one for one in weighing if _is_good(one, edition)})
            redraw = self.redraw(edition) if now else Redraw()
            after = settle(indicator.rollup, now, given, redraw, self.tree(edition), edition, weights)
            past += [replace(one, until_edition=edition) for code, one in now.items() if after.get(code) is not one]
            now = after
        return [*past, *now.values()]

    def _tree(self, edition: int) -> Tree:
        return self._work.indicators.tree(edition)

    def _redraw(self, edition: int) -> Redraw:
        grids = self._work.grids
        codes = grids.codes_only_in(edition - 1, edition)
        old = self.tree(edition - 1)
        below = self._work.indicators.tree(edition - 1, codes)
        return find_redraw(below.keys(), old, self.tree(edition), edition, self._work)


def _is_good(value: IndicatorValue, edition: int) -> bool:
    return value.since_edition <= edition and (value.until_edition is None or value.until_edition > edition)


def _on_its_line(fault: InputFault, lines: Sequence[int]) -> InputFault:
    _, _, number, *_ = [*fault.pointer.split("/"), "", ""]
    if not lines or not number:
        return fault
    return InputFault(fault.pointer, f"line {lines[int(number)]}: {fault.detail}")
