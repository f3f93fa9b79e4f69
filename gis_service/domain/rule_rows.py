"""Rules as rows, of text or of JSON: each row is read, or named with what is wrong with it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from gis_service.domain.deadlines import DeadlineRule
from gis_service.domain.dispatch import DispatchRule
from gis_service.domain.level import Level
from gis_service.domain.period import Period
from gis_service.domain.rules import CalendarDay, Category, Department, Rules
from gis_service.errors import InputFault

MOST_WORKING_DAYS = 3_650
MOST_MINUTES = 5_256_000  # ten years, as above

YEARS = range(1900, 2200)
"""Beyond these an instant is a slip of the keyboard."""

Row = Mapping[str, Any]
Severity = Literal["general", "larger", "major"]

# RFC 3339, 5.6, where a space may stand for the T; and dates as spreadsheets write them again.
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"(\d{4})[-/](\d\d?)[-/](\d\d?)", re.ASCII)


def _split(value: object) -> object:
    return [part for part in value.replace(";", " ").split() if part] if isinstance(value, str) else value


def _written_out(instant: object) -> object:
    if isinstance(instant, datetime) or (isinstance(instant, str) and _INSTANT.fullmatch(instant.strip())):
        return instant
    msg = "must be an instant with an offset, like 2026-07-01T08:00:00+08:00"
    raise ValueError(msg)


def _to_utc(instant: datetime) -> datetime:
    if instant.year not in YEARS:
        msg = f"must lie in the years {YEARS[0]} to {YEARS[-1]}"
        raise ValueError(msg)
    return instant.astimezone(UTC)


def _as_day(value: object) -> object:
    if isinstance(value, date):
        return value
    if isinstance(value, str) and (parts := _DAY.fullmatch(value.strip())):
        year, month, day = parts.groups()
        return f"{year}-{month.zfill(2)}-{day.zfill(2)}"
    msg = "must be a day, like 2026-10-01"
    raise ValueError(msg)


def _near(day: date) -> date:
    if day.year not in YEARS:
        msg = f"must lie in the years {YEARS[0]} to {YEARS[-1]}"
        raise ValueError(msg)
    return day


def _printable(text: str) -> str:
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        msg = "must not hold control characters or line breaks"
        raise ValueError(msg)
    return text


def _one_word(code: str) -> str:
    if ";" in code or len(code.split()) != 1:
        msg = "must be one word without semicolons"
        raise ValueError(msg)
    return code


Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
Code = Annotated[Text, AfterValidator(_one_word)]
Codes = Annotated[tuple[Code, ...], Field(max_length=100), BeforeValidator(_split)]
Remark = Annotated[str, Field(max_length=1000), AfterValidator(_printable)]
RuleInstant = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_to_utc)]
Day = Annotated[date, BeforeValidator(_as_day), AfterValidator(_near)]


class TextRow(BaseModel):
    """A row as a CSV file holds it: all text, an empty cell says nothing; JSON may use its own types."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _without_empty_cells(cls, row: object) -> object:
        if not isinstance(row, Mapping):
            return row
        return {name: cell for name, cell in row.items() if not _is_empty(cell)}


def _is_empty(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


class _LevelRow(TextRow):
    code: Text
    rank: Annotated[int, Field(ge=0, lt=1000)]
    name: Text
    name_en: Text
    min_zoom: Annotated[int, Field(ge=0, le=24)]
    max_zoom: Annotated[int, Field(ge=0, le=24)]


class _NamedRow(TextRow):
    code: Code
    name: Text
    name_en: Text


class _CategoryRow(_NamedRow):
    code: Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+)*$", max_length=200)]


class _CalendarRow(TextRow):
    day: Day
    is_workday: bool
    note: Remark = ""


class _RuleRow(TextRow):
    id: Text
    severity: Severity | None = None
    since: RuleInstant | None = None
    until: RuleInstant | None = None
    reason: Remark = ""

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> _RuleRow:
        if self.since is not None and self.until is not None and self.since >= self.until:
            msg = "since must lie before until"
            raise ValueError(msg)
        return self

    def plain(self) -> dict[str, Any]:
        """Return the fields of the domain's rule."""
        values = self.model_dump(exclude={"since", "until"})
        return values | {"in_force": Period(self.since, self.until)}


class _DispatchRow(_RuleRow):
    category: Text
    department: Text
    assisting: Codes = ()
    grid_code: Text | None = None
    kind: Literal["standard", "dedicated"] | None = None
    first_receiver: Literal["grid", "department"] = "grid"

    @model_validator(mode="after")
    def _names_each_department_once(self) -> _DispatchRow:
        named = (self.department, *self.assisting)
        if len(set(named)) < len(named):
            msg = "a department leads or assists, and is named once"
            raise ValueError(msg)
        return self


class _DeadlineRow(_RuleRow):
    stage: Literal["accept", "handle"]
    clock: Literal["elapsed", "working"]
    amount: Annotated[int, Field(ge=0)]
    response_class: Literal["immediate", "same_day", "within_3_days"]
    category: Text | None = None

    @model_validator(mode="after")
    def _ends_within_ten_years(self) -> _DeadlineRow:
        if self.amount > (MOST_MINUTES if self.clock == "elapsed" else MOST_WORKING_DAYS):
            msg = "amount must not exceed ten years"
            raise ValueError(msg)
        return self


@dataclass(frozen=True, slots=True)
class RuleTables:
    """Rows as read from files, one mapping of column to cell each; a table left out stays as it is stored.

    ``assisting`` holds codes apart by blanks or semicolons; ``since`` and ``until`` are instants with an offset.
    """

    levels: Sequence[Row] = ()
    departments: Sequence[Row] = ()
    categories: Sequence[Row] = ()
    dispatch: Sequence[Row] = ()
    deadlines: Sequence[Row] = ()
    calendar: Sequence[Row] = ()


_RowModel = TypeVar("_RowModel", bound=TextRow)
_Made = TypeVar("_Made")

ROW_MODELS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {
        "levels": _LevelRow,
        "departments": _NamedRow,
        "categories": _CategoryRow,
        "dispatch": _DispatchRow,
        "deadlines": _DeadlineRow,
        "calendar": _CalendarRow,
    }
)
"""What a row of each table must look like."""


def read_rules(tables: RuleTables) -> tuple[Rules, list[InputFault]]:
    """Read every row; a row that cannot be read is left out of the rules and named among the faults.

    A fault's pointer is that of the cell: ``/dispatch/3/department``, rows counted from 0.
    """
    faults: list[InputFault] = []
    numbers: dict[str, tuple[int, ...]] = {}

    def read(
        table: str, rows: Sequence[Row], model: type[_RowModel], make: Callable[[Any], _Made]
    ) -> tuple[_Made, ...]:
        numbered = list(read_each(rows, model, table, faults))
        numbers[table] = tuple(number for number, _ in numbered)
        return tuple(make(row) for _, row in numbered)

    rules = Rules(
        levels=read("levels", tables.levels, _LevelRow, lambda row: Level(**row.model_dump())),
        departments=read("departments", tables.departments, _NamedRow, lambda row: Department(**row.model_dump())),
        categories=read("categories", tables.categories, _CategoryRow, lambda row: Category(**row.model_dump())),
        dispatch=read("dispatch", tables.dispatch, _DispatchRow, lambda row: DispatchRule(**row.plain())),
        deadlines=read("deadlines", tables.deadlines, _DeadlineRow, lambda row: DeadlineRule(**row.plain())),
        calendar=read("calendar", tables.calendar, _CalendarRow, lambda row: CalendarDay(**row.model_dump())),
        row_numbers=numbers,
    )
    return rules, faults


def read_each(
    rows: Sequence[Row], model: type[_RowModel], table: str, faults: list[InputFault]
) -> Iterator[tuple[int, _RowModel]]:
    """Yield each row that can be read with its number; the others go to the faults, as ``/table/number/cell``."""
    adapter = TypeAdapter(model)
    for number, row in enumerate(rows):
        try:
            yield number, adapter.validate_python(row)
        except ValidationError as error:
            for one in error.errors(include_url=False, include_context=False, include_input=False):
                steps = (str(step).replace("~", "~0").replace("/", "~1") for step in one["loc"])
                pointer = "/".join(["", table, str(number), *steps])
                faults.append(InputFault(pointer, one["msg"].removeprefix("Value error, ")))
