"""Definitions and values of indicators as rows, of text or of JSON: each is read, or named with what is wrong."""

from __future__ import annotations

import difflib
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from gis_service.domain.indicator import Indicator, IndicatorValue
from gis_service.domain.indicator_view import read_period, write_period
from gis_service.domain.rule_rows import Code, Day, Row, Text, TextRow, read_each
from gis_service.errors import InputFault

DEFINITIONS, VALUES = "indicators", "values"
"""What the rows are called in JSON and in pointers."""

DEFINITION_COLUMNS = (
    "code",
    "name",
    "name_en",
    "unit",
    "direction",
    "rollup",
    "weight",
    "data_class",
    "thresholds",
)
VALUE_COLUMNS = ("indicator", "grid_code", "period", "since", "until", "value", "source", "is_estimated")

MOST_DEFINITIONS, MOST_VALUES = 1_000, 100_000
"""Rows that are read at once."""

LARGEST = 1e15
"""Values up to this add up without loss of a whole number, and never overflow."""

RESERVED = frozenset({"code", "name", "level", "buildings", "incidents"})
"""Fields that tiles have anyway."""

_TAG_BYTES = 12
_MOST_GUESSED = 20
_MOST_THRESHOLDS = 12


def _split(value: object) -> object:
    return [part for part in value.replace(";", " ").split() if part] if isinstance(value, str) else value


def _rising(thresholds: tuple[float, ...]) -> tuple[float, ...]:
    if any(low >= high for low, high in pairwise(thresholds)):
        msg = "thresholds must rise"
        raise ValueError(msg)
    return thresholds


def _not_reserved(code: str) -> str:
    if code in RESERVED:
        msg = f"must be another word than {', '.join(sorted(RESERVED))}, which tiles use"
        raise ValueError(msg)
    return code


Finite = Annotated[float, Field(allow_inf_nan=False)]


class DefinitionRow(TextRow):
    """A definition; ``direction`` says what more of it is, ``thresholds`` where a map changes its colour."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$"), AfterValidator(_not_reserved)]
    name: Text
    name_en: Text
    unit: Annotated[Text, Field(max_length=32)]
    direction: Literal["good", "bad", "neutral"] = "neutral"
    rollup: Literal["sum", "mean", "weighted_mean"]
    weight: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")] | None = None
    data_class: Literal["general", "important", "core"]
    thresholds: Annotated[
        tuple[Finite, ...], Field(max_length=_MOST_THRESHOLDS), BeforeValidator(_split), AfterValidator(_rising)
    ] = ()

    @model_validator(mode="after")
    def _weighs_means_alone(self) -> DefinitionRow:
        if self.weight is not None and (self.rollup != "weighted_mean" or self.weight == self.code):
            msg = "weight is for a weighted_mean, and is another indicator"
            raise ValueError(msg)
        return self


class ValueRow(TextRow):
    """A value of a grid; ``period``, or ``since`` and ``until``, the first day after it."""

    indicator: Text | None = None
    grid_code: Code
    period: Text | None = None
    since: Day | None = None
    until: Day | None = None
    value: Annotated[Finite, Field(ge=-LARGEST, le=LARGEST)]
    source: Text | None = None
    is_estimated: bool = False

    @model_validator(mode="after")
    def _says_when(self) -> ValueRow:
        self.span()
        return self

    def span(self) -> tuple[date, date]:
        """Return the first day of the period and the first after it.

        Raises:
            ValueError: they are not said, or said twice.
        """
        if self.period is not None and self.since is None and self.until is None:
            return read_period(self.period)
        if self.period is None and self.since is not None and self.until is not None:
            return read_period(write_period(self.since, self.until))
        msg = "needs a period, or since and until"
        raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Known:
    """What stands in the database and rows may name."""

    indicators: Mapping[str, Indicator]
    periods: Mapping[str, Collection[tuple[date, date]]]
    grids: Collection[str]


def read_definitions(rows: Sequence[Row]) -> tuple[list[tuple[int, Indicator]], list[InputFault]]:
    """Return the definitions that can be read with the numbers of their rows, and the faults of the others."""
    faults: list[InputFault] = []
    found = []
    seen: set[str] = set()
    for number, row in read_each(rows, DefinitionRow, DEFINITIONS, faults):
        if row.code in seen:
            faults.append(InputFault(f"/{DEFINITIONS}/{number}/code", f"{row.code} comes twice"))
        seen.add(row.code)
        fields = row.model_dump()
        found.append((number, Indicator(more_is=fields.pop("direction"), **fields)))
    return found, faults


def definition_row(indicator: Indicator) -> dict[str, Any]:
    """Return a definition as a row, by column."""
    return {
        "code": indicator.code,
        "name": indicator.name,
        "name_en": indicator.name_en,
        "unit": indicator.unit,
        "direction": indicator.more_is,
        "rollup": indicator.rollup,
        "weight": indicator.weight,
        "data_class": indicator.data_class,
        "thresholds": [f"{one:.12g}" for one in indicator.thresholds],
    }


def tag_of(indicators: Iterable[Indicator]) -> str:
    """Return what stands for this state of the definitions, in any order."""
    lines = sorted(repr(one) for one in indicators)
    return f"indicators-{hashlib.blake2b(repr(lines).encode(), digest_size=_TAG_BYTES).hexdigest()}"


def read_values(
    rows: Sequence[Row], known: Known, *, code: str | None, source: str, edition: int
) -> tuple[list[IndicatorValue], list[InputFault]]:
    """Return the values that can be read, and the faults of the other rows.

    Args:
        rows: the rows, counted from 0.
        known: what they may name.
        code: the indicator of rows that name none, and the only one that they may name; None: each names its own.
        source: of rows that name none.
        edition: on whose grids they were measured.
    """
    faults: list[InputFault] = []
    values = []
    lines: dict[tuple[str, date, str], int] = {}
    spans = {one: dict.fromkeys(periods) for one, periods in known.periods.items()}
    guesses = _Guesses(known.grids)
    for number, row in read_each(rows, ValueRow, VALUES, faults):
        indicator = row.indicator or code
        since, until = row.span()
        found = len(faults)
        if indicator is None or indicator not in known.indicators or (code is not None and indicator != code):
            told = (
                f"is for {code}" if code is not None else f"the indicators are {', '.join(sorted(known.indicators))}"
            )
            faults.append(
                InputFault(f"/{VALUES}/{number}/indicator", f"no indicator {indicator or ''!r} here; {told}")
            )
            continue
        if row.grid_code not in known.grids:
            told = f"edition {edition} has no grid {row.grid_code!r}{guesses.near(row.grid_code)}"
            faults.append(InputFault(f"/{VALUES}/{number}/grid_code", told))
        mine = spans.setdefault(indicator, {})
        clash = next((one for one in mine if one != (since, until) and since < one[1] and one[0] < until), None)
        if clash is not None:
            told = f"overlaps the period {write_period(*clash)} of {indicator}; periods are the same or apart"
            faults.append(InputFault(f"/{VALUES}/{number}/period", told))
        first = lines.setdefault((indicator, since, row.grid_code), number)
        if first != number:
            told = f"grid {row.grid_code} has a value in row {first} already, of the same period"
            faults.append(InputFault(f"/{VALUES}/{number}", told))
        if len(faults) == found:
            mine[since, until] = None
            values.append(
                IndicatorValue(
                    indicator,
                    row.grid_code,
                    since,
                    until,
                    row.value,
                    row.source or source,
                    is_estimated=row.is_estimated,
                    since_edition=edition,
                )
            )
    return values, faults


class _Guesses:
    """The codes of grids, to find the one that was meant; only for some: each takes a look at all."""

    def __init__(self, grids: Collection[str]) -> None:
        self._by_length: defaultdict[int, list[str]] = defaultdict(list)
        self._grids = grids
        self._left = _MOST_GUESSED

    def near(self, code: str) -> str:
        """Return the end of a sentence that names the code spelt most like one."""
        if not self._left:
            return ""
        if not self._by_length:
            for one in sorted(self._grids):
                self._by_length[len(one)].append(one)
        self._left -= 1
        around = [one for size in range(len(code) - 1, len(code) + 2) for one in self._by_length[size]]
        found = difflib.get_close_matches(code, around, 1, 0.7)
        return f"; did you mean {found[0]}?" if found else ""
