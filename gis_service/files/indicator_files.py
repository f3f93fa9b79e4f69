"""Definitions and values of indicators as CSV and JSON."""

from __future__ import annotations

from gis_service.domain.indicator_rows import (
    DEFINITION_COLUMNS,
    DEFINITIONS,
    MOST_DEFINITIONS,
    MOST_VALUES,
    VALUE_COLUMNS,
    VALUES,
)
from gis_service.files.row_files import RowFile, RowForm, read_csv, read_json

DEFINITION_FORM = RowForm(DEFINITIONS, DEFINITION_COLUMNS, MOST_DEFINITIONS, "broken-indicators")
VALUE_FORM = RowForm(VALUES, VALUE_COLUMNS, MOST_VALUES, "broken-values")


def read_indicator_file(form: RowForm, body: bytes, charset: str | None) -> RowFile:
    """Read rows of CSV in a charset, empty to find it out; None: of JSON."""
    return read_json(form, body) if charset is None else read_csv(form, body, charset or None)
