"""The fields of a file as grids: which holds what, and every row that cannot be one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shapely.geometry.base import BaseGeometry

from gis_service.domain.grid_words import households_of, kind_of, level_words, plain
from gis_service.domain.level import Level
from gis_service.errors import InputFault, RuleBrokenError
from gis_service.files.features import Feature, VectorFile, find_field
from grid_boundaries.partition import Grid

_CODE = re.compile(r"[0-9A-Za-z]{1,32}")
_LONGEST_NAME = 200
_MOST_TOLD, _MOST_FAULTS = 10, 1000
_LARGEST_EXACT = 2**53
USUAL = {
    "name": ("name", "grid_name", "gridname", "网格名称", "名称", "wgmc", "mc"),
    "level": ("level", "grid_level", "gridlevel", "层级", "网格层级", "级别", "等级", "wgcj"),
    "parent": (
        "parent",
        "parent_code",
        "parentcode",
        "pcode",
        "上级编码",
        "上级网格编码",
        "父级编码",
        "上级网格",
        "上级",
        "sjbm",
    ),
    "kind": ("kind", "grid_kind", "grid_type", "类型", "网格类型", "wglx"),
    "households": ("households", "household", "户数", "总户数", "住户数", "家庭户数", "hs"),
}


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """Which field of a file holds what; None is guessed, empty text is none at all.

    ``level`` and ``parent`` are the same for every row.
    """

    code_field: str | None = None
    name_field: str | None = None
    level_field: str | None = None
    parent_field: str | None = None
    kind_field: str | None = None
    households_field: str | None = None
    level: str | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class FileGrids:
    """The grids of a file, and the field that each attribute came from; None where the file has none for it."""

    grids: tuple[Grid, ...]
    fields: Mapping[str, str | None]


class UnusableRowsError(RuleBrokenError):
    """Some rows of a file cannot be grids; ``faults`` has them, the sentence the first of them."""

    code = "unusable-rows"


def read_grids(file: VectorFile, asked: FieldMapping, levels: Sequence[Level]) -> FileGrids:
    """Return the rows of a file as grids.

    A grid without a name is called by its code.  A row without a parent is a root.  Shapes are handed on, whatever
    they are, but for those that are not there.

    Args:
        file: its shapes in degrees.
        asked: where to find what.
        levels: those in use; a row may name its own by code, by either name, by rank, or by a usual word.

    Raises:
        RuleBrokenError: a field that is asked for is not there; nothing says the codes, the levels, or, where there
            are several levels, the parents.
        UnusableRowsError: codes that are missing, come twice or cannot be codes; unknown levels or kinds; households
            that are no number; rows without a shape.  All rows are told at once.
    """
    fields = _fields(file, asked)
    words = level_words(levels)
    level = _constant_level(asked.level, words, levels)
    if level is None and fields["level"] is None:
        raise RuleBrokenError(
            f"{file.path} has no field for the levels; name it with --level-field, or give --level, one of "
            f"{', '.join(one.code for one in levels)}; its fields are: {', '.join(file.fields)}.",
            code="no-level-field",
        )
    rows = [_Row(number, feature, fields) for number, feature in enumerate(file.features)]
    grids = [row.grid(words, level, asked.parent) for row in rows]
    faults = [fault for row in rows for fault in row.faults] + _twice(rows)
    if faults:
        raise _refusal(file, faults)
    if fields["parent"] is None and asked.parent is None and len({grid.level for grid in grids}) > 1:
        raise RuleBrokenError(
            f"{file.path} has several levels but no field for the parents; name it with --parent-field; its fields "
            f"are: {', '.join(file.fields)}.",
            code="no-parent-field",
        )
    return FileGrids(tuple(grids), fields)


def _fields(file: VectorFile, asked: FieldMapping) -> dict[str, str | None]:
    fields: dict[str, str | None] = {"code": file.code_field(asked.code_field)}
    for name, usual in USUAL.items():
        fields[name] = find_field(file, getattr(asked, f"{name}_field"), usual)
    return fields


def _constant_level(asked: str | None, words: Mapping[str, str], levels: Sequence[Level]) -> str | None:
    if asked is None:
        return None
    found = _level(asked, words)
    if found is None:
        known = ", ".join(f"{one.code} ({one.name})" for one in levels)
        raise RuleBrokenError(f"No level is called {asked!r}; the levels are {known}.", code="unknown-level")
    return found


def _level(word: str, words: Mapping[str, str]) -> str | None:
    return words.get(plain(word))


class _Row:
    """One row on its way to a grid; what is wrong with it is noted."""

    def __init__(self, number: int, feature: Feature, fields: Mapping[str, str | None]) -> None:
        self.number = number
        self.faults: list[InputFault] = []
        self._shape = feature.shape
        self._values = {
            name: None if field is None else feature.properties.get(field) for name, field in fields.items()
        }
        self.code = self._read_code()

    def grid(self, words: Mapping[str, str], level: str | None, parent: str | None) -> Grid:
        """Return the grid; it is to be used only where the row has no faults."""
        name = text_of(self._values["name"]) or self.code
        if len(name) > _LONGEST_NAME or "\x00" in name:
            self.note(f"the name has more than {_LONGEST_NAME} characters, or the character U+0000")
        return Grid(
            code=self.code,
            shape=self._read_shape(),
            level=level or self._read_level(words),
            parent=parent or text_of(self._values["parent"]),
            name=name,
            kind=self._read_kind(),
            households=self._read_households(),
        )

    def note(self, sentence: str) -> None:
        """Note what is wrong; rows are counted from 1 for people, from 0 in the pointer."""
        self.faults.append(InputFault(f"/features/{self.number}", f"row {self.number + 1}: {sentence}"))

    def _read_code(self) -> str:
        value = self._values["code"]
        if isinstance(value, float) and abs(value) >= _LARGEST_EXACT:
            self.note(f"the code {value:.0f} is a number with more digits than the file keeps; store codes as text")
            return ""
        code = text_of(value)
        if code is None:
            self.note("it has no code")
            return ""
        if not _CODE.fullmatch(code):
            self.note(f"the code {code!r} must be 1 to 32 letters A to Z and digits")
        return code

    def _read_shape(self) -> BaseGeometry:
        if self._shape is None or self._shape.is_empty:
            self.note(f"grid {self.code} has no shape")
        return self._shape  # type: ignore[return-value]  # a row with faults makes no grid

    def _read_level(self, words: Mapping[str, str]) -> str | None:
        word = text_of(self._values["level"])
        found = None if word is None else _level(word, words)
        if found is None:
            known = ", ".join(dict.fromkeys(words.values()))
            self.note(
                f"grid {self.code} has " + (f"the unknown level {word!r}" if word else "no level") + f" ({known})"
            )
        return found

    def _read_kind(self) -> str:
        word = text_of(self._values["kind"])
        found = "standard" if word is None else kind_of(word)
        if found is None:
            self.note(f"grid {self.code} has the unknown kind {word!r} (standard 标准, dedicated 专属)")
        return found or "standard"

    def _read_households(self) -> int | None:
        value = self._values["households"]
        if text_of(value) is None:
            return None
        try:
            return households_of(value)
        except (ValueError, TypeError, OverflowError):
            self.note(f"grid {self.code} has {value!r} households, which is no whole number from 0 on")
            return None


def text_of(value: Any) -> str | None:  # noqa: ANN401  whatever a file's field holds
    """Return a field's value as text; None where there is nothing in it."""
    if value is None or value != value:  # noqa: PLR0124  only not-a-number differs from itself
        return None
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return text.strip() or None


def _twice(rows: Sequence[_Row]) -> list[InputFault]:
    first: dict[str, int] = {}
    faults = []
    for row in rows:
        earlier = first.setdefault(row.code, row.number)
        if row.code and earlier != row.number:
            sentence = f"row {row.number + 1}: the code {row.code} comes twice, first in row {earlier + 1}"
            faults.append(InputFault(f"/features/{row.number}", sentence))
    return faults


def _refusal(file: VectorFile, faults: list[InputFault]) -> UnusableRowsError:
    told = "; ".join(fault.detail for fault in faults[:_MOST_TOLD])
    more = f"; and {len(faults) - _MOST_TOLD} more" if len(faults) > _MOST_TOLD else ""
    return UnusableRowsError(
        f"{file.path} cannot be taken over: {told}{more}.",
        faults=faults[:_MOST_FAULTS],
        members={"faults": len(faults), "message_zh": f"文件中有 {len(faults)} 处问题，未导入任何网格。"},
    )
