"""A record of incidents of the past in a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from gis_service.bulk.csv_points import encoding_of
from gis_service.domain.past_incident_rows import COLUMNS, NEEDED, PastIncidentRow, read_past_incident
from gis_service.errors import InputFault, RuleBrokenError

MOST_FAULTS = 100


class PastIncidentFile:
    """A CSV file in UTF-8 or GB 18030 with a line of column names, English or Chinese; looked at when made.

    Raises:
        RuleBrokenError: it cannot be read, or lacks a column that is needed.
    """

    def __init__(self, path: Path, zone: ZoneInfo) -> None:
        if not path.is_file():
            raise RuleBrokenError(f"{path} is not there, or is no file", code="unreadable-file")
        self._path = path
        self._zone = zone
        self._encoding = encoding_of(path)
        with path.open(encoding=self._encoding, newline="") as file:
            header = next(csv.reader(file), [])
        self._names = [_name_of(cell.strip()) for cell in header]
        if missing := [f"{name} ({COLUMNS[name][0]})" for name in NEEDED if name not in self._names]:
            raise RuleBrokenError(f"{path} lacks the columns {', '.join(missing)}", code="missing-columns")

    def check(self) -> int:
        """Return how many rows there are.

        Raises:
            RuleBrokenError: with the first hundred faults, each with its line.
        """
        count, faults = 0, list[InputFault]()
        for read in self._rows():
            count += 1
            if isinstance(read, list):
                faults += read
                if len(faults) >= MOST_FAULTS:
                    break
        if faults:
            told = "; ".join(f"line {fault.pointer[1:].replace('/', ', ')}: {fault.detail}" for fault in faults[:3])
            raise RuleBrokenError(
                f"{self._path} has faults in its rows, and nothing was stored. First: {told}",
                code="broken-rows",
                faults=faults[:MOST_FAULTS],
            )
        return count

    def rows(self) -> Iterator[PastIncidentRow]:
        """Yield the rows that can be read; all of them, once ``check`` has found no fault."""
        return (row for row in self._rows() if isinstance(row, PastIncidentRow))

    def _rows(self) -> Iterator[PastIncidentRow | list[InputFault]]:
        with self._path.open(encoding=self._encoding, newline="") as file:
            reader = csv.reader(file)
            next(reader, None)
            try:
                for cells in reader:
                    if len(cells) > len(self._names):
                        yield [InputFault(f"/{reader.line_num}/", "has more cells than there are columns")]
                    elif any(cells):
                        row = dict(zip(self._names, cells, strict=False))
                        yield read_past_incident(row, reader.line_num, self._zone)
            except csv.Error as error:
                yield [InputFault(f"/{reader.line_num}/", str(error))]


def _name_of(cell: str) -> str:
    return next((name for name, others in COLUMNS.items() if cell.lower() == name or cell in others), cell)
