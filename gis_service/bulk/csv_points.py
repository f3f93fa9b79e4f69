"""Points in CSV: every column is text and stays as it is."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow import csv as arrow_csv

from gis_service.bulk.asked import Asked, telling_of
from gis_service.bulk.pointing import Pointing, point_by_columns
from gis_service.errors import RuleBrokenError

SUFFIXES = (".csv", ".tsv", ".txt")

_BLOCK = 8 * 1024**2
_DELIMITERS = ",;\t|"
_LONGEST_HEADER = 1024**2


@dataclass(frozen=True, slots=True)
class CsvSource:
    """A CSV file; ``encoding`` is utf-8, utf-8-sig or gb18030."""

    path: Path
    schema: pa.Schema
    pointing: Pointing
    encoding: str
    delimiter: str
    line_end: str
    rows: None = None

    @classmethod
    def open(cls, path: Path, asked: Asked) -> CsvSource:
        """Return a file after a first look; the encoding is that of all its bytes.

        Raises:
            RuleBrokenError: it has no header, is neither UTF-8 nor GB 18030, or holds no coordinates.
        """
        with telling_of(path):
            encoding = encoding_of(path)
            with path.open(encoding=encoding, newline="") as file:
                head = file.readline(_LONGEST_HEADER)
                delimiter = max(_DELIMITERS, key=lambda sign: _fields(head, sign))
                file.seek(0)
                try:
                    names = next(csv.reader(file, delimiter=delimiter), [])
                except csv.Error as error:
                    raise RuleBrokenError(f"{path} is not readable: {error}.", code="unreadable-file") from None
        if not any(names):
            raise RuleBrokenError(f"{path} is empty: its first line names the columns.", code="no-header")
        schema = pa.schema([(name, pa.string()) for name in names])
        line_end = "\r\n" if head.endswith("\r\n") else "\n"
        return cls(path, schema, point_by_columns(path, schema, asked), encoding, delimiter, line_end)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield its rows in order, all columns as text.

        Raises:
            RuleBrokenError: a line has more or fewer fields than the first.
        """
        # Columns go by number: two may have one name.
        names = [str(place) for place in range(len(self.schema))]
        with telling_of(self.path):
            reader = arrow_csv.open_csv(
                self.path,
                arrow_csv.ReadOptions(
                    block_size=_BLOCK, encoding=self.encoding.removesuffix("-sig"), column_names=names, skip_rows=0
                ),
                arrow_csv.ParseOptions(delimiter=self.delimiter, newlines_in_values=True),
                arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=True
                ),
            )
            with reader:
                header = 1
                for batch in reader:
                    rows = batch.slice(header)
                    header = max(0, header - len(batch))
                    yield pa.RecordBatch.from_arrays(rows.columns, schema=self.schema)

    def write(self, path: Path, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
        """Write CSV with the encoding, the delimiter and the line ends of this file.

        Fields are quoted where a batch has one that needs it.
        """
        with path.open("wb") as file:
            head = io.StringIO()
            csv.writer(head, delimiter=self.delimiter, lineterminator=self.line_end).writerow(schema.names)
            file.write(head.getvalue().encode(self.encoding))
            for batch in batches:
                file.write(self._encoded(batch))

    def _encoded(self, batch: pa.RecordBatch) -> bytes:
        for style in ("none", "needed"):
            written = io.BytesIO()
            options = arrow_csv.WriteOptions(
                include_header=False, delimiter=self.delimiter, quoting_style=style, eol=self.line_end
            )
            try:
                arrow_csv.write_csv(batch, written, options)
            except pa.ArrowInvalid:
                continue  # "none" tells of a field that needs quotes
            break
        told = written.getvalue()
        return told.decode().encode(self.encoding) if self.encoding == "gb18030" else told


def _fields(line: str, delimiter: str) -> int:
    return len(next(csv.reader([line], delimiter=delimiter), []))


def encoding_of(path: Path) -> str:
    """Return the encoding in which all bytes of a file make sense; a look at its start would not do.

    Raises:
        RuleBrokenError: it is neither UTF-8 nor GB 18030.
    """
    with path.open("rb") as file:
        if file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8:
            return "utf-8-sig"
    for encoding in ("utf-8", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file:
                while block := file.read(_BLOCK):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise RuleBrokenError(
        f"The text of {path} is neither UTF-8 nor GB 18030; convert it to UTF-8. 文件编码不是 UTF-8 或 GB18030。",
        code="unknown-encoding",
    )
