"""Tables of buildings: CSV in UTF-8 or GB 18030, and workbooks of Excel."""

from __future__ import annotations

import codecs
import csv
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from gis_service.errors import RuleBrokenError, TooLargeError
from gis_service.files.building_parts import ROWS_OF_A_PART, OpenedFile, RowPart
from gis_service.files.formula_cells import rearm

_BLOCK = 8 * 1024**2
_DELIMITERS = ",;\t|"
_LONGEST_HEADER = 1024**2
_MOST_CELL = 10_000_000
_MOST_COLUMNS = 1_000


def open_csv(path: Path) -> OpenedFile:
    """Return a CSV file; its first line names the columns, and is row 1 of the sheet.

    Raises:
        RuleBrokenError: it is neither UTF-8 nor GB 18030, or has no headings.
    """
    encoding, lines = _look_through(path)
    with path.open(encoding=encoding, newline="") as file:
        head = file.readline(_LONGEST_HEADER)
    delimiter = max(_DELIMITERS, key=head.count)
    with _telling_of(path), path.open(encoding=encoding, newline="") as file:
        headings = _headings(path, next(csv.reader(file, delimiter=delimiter), []))

    def parts() -> Iterator[RowPart]:
        csv.field_size_limit(_MOST_CELL)
        with _telling_of(path), path.open(encoding=encoding, newline="") as file:
            yield from _parts(path, csv.reader(file, delimiter=delimiter), len(headings))

    return OpenedFile(headings, parts, encoding=encoding, rows=max(lines - 1, 0))


def open_workbook(path: Path, sheet: str | None, *, most_bytes: int) -> OpenedFile:
    """Return one sheet of a workbook, the first by default; its first row names the columns.

    Cells hold what was last computed, not formulas.

    Raises:
        RuleBrokenError: it is no workbook, is encrypted, or has no such sheet or no headings.
        TooLargeError: it unpacks to more than ``most_bytes``.
    """
    _refuse_large(path, most_bytes)
    with _telling_of(path), _rows_of_sheet(path, sheet) as rows:
        headings = _headings(path, next(iter(rows), ()))

    def parts() -> Iterator[RowPart]:
        with _telling_of(path), _rows_of_sheet(path, sheet) as rows:
            yield from _parts(path, rows, len(headings))

    return OpenedFile(headings, parts)


@contextmanager
def _rows_of_sheet(path: Path, sheet: str | None) -> Iterator[Iterable[Sequence[Any]]]:
    try:
        import openpyxl
    except ImportError:
        raise RuleBrokenError(
            f"Reading {path.suffix} needs openpyxl: pip install 'gis-service[files]', or save it as CSV UTF-8.",
            code="format-not-installed",
        ) from None
    book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    try:
        names = book.sheetnames
        if sheet is not None and sheet not in names:
            raise RuleBrokenError(
                f"{path} has no sheet {sheet!r}; its sheets are: {', '.join(names)}. 没有该工作表。",
                code="no-such-layer",
            )
        page = book[sheet if sheet is not None else names[0]]
        page.reset_dimensions()  # programs write wrong ones, which would cut rows off
        yield page.iter_rows(values_only=True)
    finally:
        book.close()


def _refuse_large(path: Path, most_bytes: int) -> None:
    with _telling_of(path), zipfile.ZipFile(path) as packed:
        size = sum(member.file_size for member in packed.infolist())
    if size > most_bytes:
        raise TooLargeError(f"{path} unpacks to {size} bytes; at most {most_bytes} are taken at once. 文件过大。")


def _parts(path: Path, rows: Iterable[Sequence[Any]], columns: int) -> Iterator[RowPart]:
    numbered = enumerate(rows, start=1)
    next(numbered, None)
    filled = ((number, cells) for number, cells in numbered if any(cell not in {None, ""} for cell in cells))
    while some := list(islice(filled, ROWS_OF_A_PART)):
        for number, cells in some:
            if any(cell not in {None, ""} for cell in cells[columns:]):
                raise RuleBrokenError(
                    f"{path}: row {number} has {len(cells)} cells where there are {columns} headings; "
                    "quote cells that hold the delimiter. 该行单元格多于表头。",
                    code="unreadable-file",
                )
        yield RowPart(
            [number for number, _ in some],
            [[rearm(cell) for cell in cells[:columns]] + [None] * (columns - len(cells)) for _, cells in some],
        )


def _headings(path: Path, cells: Sequence[Any]) -> list[str]:
    names = ["" if cell is None else str(cell).strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not names or len(names) > _MOST_COLUMNS:
        raise RuleBrokenError(f"{path} has no headings in its first row. 第一行应为表头。", code="no-header")
    return names


def _look_through(path: Path) -> tuple[str, int]:
    """Return the encoding in which all of a file makes sense, and how many lines it has."""
    with path.open("rb") as file:
        has_mark = file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
    for encoding in ("utf-8-sig",) if has_mark else ("utf-8", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        lines, last = 0, b"\n"
        try:
            with path.open("rb") as file:
                while block := file.read(_BLOCK):
                    decoder.decode(block)
                    lines, last = lines + block.count(b"\n"), block[-1:]
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding, lines + (last != b"\n")
    raise RuleBrokenError(
        f"The text of {path} is neither UTF-8 nor GB 18030; save it as 'CSV UTF-8'. 文件编码不是 UTF-8 或 GB18030。",
        code="unknown-encoding",
    )


@contextmanager
def _telling_of(path: Path) -> Iterator[None]:
    """Turn what the readers of tables raise into a refusal."""
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        yield
    except (
        csv.Error,
        zipfile.BadZipFile,
        zlib.error,
        InvalidFileException,
        ParseError,
        NotImplementedError,
        RuntimeError,
        OSError,
        EOFError,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
    ) as error:
        reason = " ".join(str(error).split()).strip("'\"").rstrip(".")[:200] or type(error).__name__
        raise RuleBrokenError(f"{path} is not readable: {reason}. 文件无法读取。", code="unreadable-file") from None
