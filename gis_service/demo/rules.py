"""The rules that come with the demo district, as rows of text: what a user would edit and load again."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class RuleRows:
    """Rows by column name, all cells text.

    An empty cell says nothing; ``assisting`` holds codes apart by semicolons.
    """

    levels: list[Row]
    departments: list[Row]
    categories: list[Row]
    dispatch: list[Row]
    deadlines: list[Row]


def load_rules() -> RuleRows:
    """Return the rows of all files, in their order; rows that others name come first."""
    return RuleRows(
        levels=read_rows("levels"),
        departments=read_rows("departments"),
        categories=read_rows("categories"),
        dispatch=read_rows("dispatch_rules"),
        deadlines=read_rows("deadline_rules"),
    )


def read_rows(name: str) -> list[Row]:
    """Return the rows of one file, in their order."""
    source = files("gis_service.demo") / "data" / f"{name}.csv"
    return list(csv.DictReader(source.read_text(encoding="utf-8").splitlines(), strict=True))
