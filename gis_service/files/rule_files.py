"""Tables of rules as CSV and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gis_service.domain.rule_sheet import COLUMNS, MOST_ROWS
from gis_service.files import row_files
from gis_service.files.row_files import RowFile, RowForm


def write_csv(table: str, rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return the rows of a table as CSV, as ``row_files`` writes it."""
    return row_files.write_csv(_form(table), rows)


def write_json(table: str, rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return rows as the one member of an object, named after the table."""
    return row_files.write_json(_form(table), rows)


def read_csv(table: str, body: bytes, charset: str | None = None) -> RowFile:
    """Read the rows of a CSV file, as ``row_files`` reads and refuses it."""
    return row_files.read_csv(_form(table), body, charset)


def read_json(table: str, body: bytes) -> RowFile:
    """Read the rows of an object whose one member is named after the table."""
    return row_files.read_json(_form(table), body)


def _form(table: str) -> RowForm:
    return RowForm(table, COLUMNS[table], MOST_ROWS, "broken-rules")
