"""Rows as CSV and as JSON: what a spreadsheet opens and writes again, and what a program sends."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from gis_service.errors import InputFault, RuleBrokenError, TooLargeError

CHARSETS = {"utf-8": "utf-8-sig", "utf8": "utf-8-sig", "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030"}
"""What a text may be written in, and the codec that reads it: GB 18030 holds GBK and GB 2312."""

# A cell that begins with one of these is a formula to a spreadsheet, in its full width too (OWASP, CSV injection).
_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r＝＋－＠]")

_LONGEST_TOLD = 40


@dataclass(frozen=True, slots=True)
class RowForm:
    """What rows are called, their columns, how many are read at once, and the code of their refusal."""

    name: str
    columns: Sequence[str]
    most: int
    code: str


@dataclass(frozen=True, slots=True)
class RowFile:
    """The rows of a file by column; ``lines`` says on which line of a CSV each ends, and is empty for JSON."""

    rows: Sequence[Mapping[str, Any]]
    lines: Sequence[int] = ()


def write_csv(form: RowForm, rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return rows as CSV: UTF-8 with a byte order mark, so that a spreadsheet knows it; no cell is a formula.

    A cell that would be taken for a formula gets an apostrophe in front, which ``read_csv`` takes away.

    Source:
        RFC 4180: commas, quotes where they are needed, lines that end in CRLF.
    """
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(form.columns)
    for row in rows:
        writer.writerow([_disarmed(_cell(row[column])) for column in form.columns])
    return codecs.BOM_UTF8 + sheet.getvalue().encode()


def write_json(form: RowForm, rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return rows as the one member of an object, named after the form."""
    return orjson.dumps({form.name: list(rows)})


def read_csv(form: RowForm, body: bytes, charset: str | None = None) -> RowFile:
    """Read the rows of a CSV file; lines without anything are passed over.

    Args:
        form: whose columns there may be, in any order.
        body: UTF-8, with or without a byte order mark, or GB 18030 as a Chinese Excel writes it.
        charset: what the sender says it is; found out by default.

    Raises:
        RuleBrokenError: the text cannot be read, columns are not known, come twice or are missing, or lines are
            longer or shorter than the header; every such line is named.
        TooLargeError: there are more than ``form.most`` rows.
    """
    reader = csv.reader(io.StringIO(_decoded(body, charset), newline=""), strict=True)
    header: list[str] | None = None
    rows: list[dict[str, str]] = []
    lines: list[int] = []
    faults: list[InputFault] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = [cell.strip().lower() for cell in cells]
                _refuse_columns(form, header)
                continue
            if len(cells) != len(header):
                sentence = f"line {reader.line_num}: has {len(cells)} cells, and the header has {len(header)}"
                faults.append(InputFault(f"/{form.name}/{len(rows)}", sentence))
            rows.append(dict(zip(header, map(_armed, cells), strict=False)))
            lines.append(reader.line_num)
            _refuse_too_many(form, len(rows))
    except csv.Error as error:
        raise _broken(form, InputFault(f"/{form.name}", f"line {reader.line_num}: is no CSV: {error}")) from None
    if header is None:
        raise _broken(
            form, InputFault(f"/{form.name}", f"is empty; the first line names columns: {', '.join(form.columns)}")
        )
    if faults:
        raise _broken(form, *faults)
    return RowFile(rows, lines)


def read_json(form: RowForm, body: bytes) -> RowFile:
    """Read the rows of an object whose one member is named after the form.

    Raises:
        RuleBrokenError: it is another thing.
        TooLargeError: there are more than ``form.most`` rows.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise RuleBrokenError("the body is not valid JSON", code="invalid-json") from None
    if not isinstance(document, dict) or set(document) != {form.name} or not isinstance(document[form.name], list):
        raise _broken(form, InputFault("", f'must be an object with one member, {{"{form.name}": [rows]}}'))
    rows = document[form.name]
    _refuse_too_many(form, len(rows))
    odd = [number for number, row in enumerate(rows) if not isinstance(row, dict)]
    if odd:
        raise _broken(form, *(InputFault(f"/{form.name}/{number}", "must be an object of columns") for number in odd))
    return RowFile(rows)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ";".join(value) if isinstance(value, list) else str(value)


def _disarmed(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _armed(cell: str) -> str:
    return cell[1:] if _ESCAPED.match(cell) else cell


def _decoded(body: bytes, charset: str | None) -> str:
    if charset is None:
        for codec in ("utf-8-sig", "gb18030"):
            try:
                return body.decode(codec)
            except UnicodeDecodeError:
                continue
        raise _unreadable("the text is neither UTF-8 nor GB 18030; save it as 'CSV UTF-8'")
    codec = CHARSETS.get(charset.strip().strip('"').lower(), "")
    if not codec:
        raise _unreadable(f"charset {charset[:_LONGEST_TOLD]} is not read; send UTF-8 or GB 18030")
    try:
        return body.decode(codec)
    except UnicodeDecodeError:
        raise _unreadable(f"the text is not {charset[:_LONGEST_TOLD]}, as its type says") from None


def _refuse_columns(form: RowForm, header: Sequence[str]) -> None:
    known = form.columns
    sentences = [
        *(f"column {name[:_LONGEST_TOLD]!r} is not known" for name in dict.fromkeys(header) if name not in known),
        *(f"column {name} stands there twice" for name in dict.fromkeys(header) if header.count(name) > 1),
    ]
    if sentences:
        told = f"; the columns are {', '.join(known)}"
        raise _broken(form, *(InputFault(f"/{form.name}", sentence + told) for sentence in sentences))


def _refuse_too_many(form: RowForm, count: int) -> None:
    if count > form.most:
        raise TooLargeError(f"{form.name}: more than {form.most:,} rows; send fewer at once")


def _unreadable(sentence: str) -> RuleBrokenError:
    return RuleBrokenError(sentence, code="unreadable-text", faults=[InputFault("", sentence)])


def _broken(form: RowForm, *faults: InputFault) -> RuleBrokenError:
    return RuleBrokenError(
        f"{len(faults)} faults; nothing was stored. First: {faults[0].detail}", code=form.code, faults=faults
    )
