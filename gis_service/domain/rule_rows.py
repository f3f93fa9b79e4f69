"""Rules as rows of text: each row is read, or named with what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
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

Row = Mapping[str, Any]
Severity = Literal["general", "larger", "major"]


def _split(value: object) -> object:
    return [part for part in value.replace(";", " ").split() if part] if isinstance(value, str) else value


Codes = Annotated[tuple[str, ...], BeforeValidator(_split)]
Text = Annotated[str, Field(min_length=1)]


class _TextRow(BaseModel):
    """A row as a CSV file holds it: all text, an empty cell says nothing."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _without_empty_cells(cls, row: object) -> object:
        if not isinstance(row, Mapping):
            return row
        return {name: cell for name, cell in row.items() if cell is not None and cell != ""}


class _LevelRow(_TextRow):
    code: Text
    rank: Annotated[int, Field(ge=0, lt=1000)]
    name: Text
    name_en: Text
    min_zoom: Annotated[int, Field(ge=0, le=24)]
    max_zoom: Annotated[int, Field(ge=0, le=24)]


class _NamedRow(_TextRow):
    code: Text
    name: Text
    name_en: Text


class _CategoryRow(_NamedRow):
    code: Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+)*$")]


class _CalendarRow(_TextRow):
    day: date
    is_workday: bool
    note: str = ""


class _RuleRow(_TextRow):
    id: Text
    severity: Severity | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    reason: str = ""

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
    grid_code: str | None = None
    kind: Literal["standard", "dedicated"] | None = None


class _DeadlineRow(_RuleRow):
    stage: Literal["accept", "handle"]
    clock: Literal["elapsed", "working"]
    amount: Annotated[int, Field(ge=0)]
    response_class: Literal["immediate", "same_day", "within_3_days"]
    category: str | None = None

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


RowModel = TypeVar("RowModel", bound=_TextRow)


def read_rules(tables: RuleTables) -> tuple[Rules, list[InputFault]]:
    """Read every row; a row that cannot be read is left out of the rules and named among the faults."""
    faults: list[InputFault] = []
    rules = Rules(
        levels=tuple(Level(**row.model_dump()) for row in _read(tables.levels, _LevelRow, "levels", faults)),
        departments=tuple(
            Department(**row.model_dump()) for row in _read(tables.departments, _NamedRow, "departments", faults)
        ),
        categories=tuple(
            Category(**row.model_dump()) for row in _read(tables.categories, _CategoryRow, "categories", faults)
        ),
        dispatch=tuple(
            DispatchRule(**row.plain()) for row in _read(tables.dispatch, _DispatchRow, "dispatch", faults)
        ),
        deadlines=tuple(
            DeadlineRule(**row.plain()) for row in _read(tables.deadlines, _DeadlineRow, "deadlines", faults)
        ),
        calendar=tuple(
            CalendarDay(**row.model_dump()) for row in _read(tables.calendar, _CalendarRow, "calendar", faults)
        ),
    )
    return rules, faults


def _read(rows: Sequence[Row], model: type[RowModel], table: str, faults: list[InputFault]) -> Iterator[RowModel]:
    adapter = TypeAdapter(model)
    for number, row in enumerate(rows):
        try:
            yield adapter.validate_python(row)
        except ValidationError as error:
            for one in error.errors():
                pointer = "/".join(["", table, str(number), *map(str, one["loc"])])
                faults.append(InputFault(pointer, one["msg"].removeprefix("Value error, ")))
