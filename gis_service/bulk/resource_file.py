"""Stocks and places that help in a file: CSV, or any vector file of points."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import shapely

from gis_service.bulk.csv_points import encoding_of
from gis_service.domain.coordinates import DEFAULT_CRS
from gis_service.domain.resource import ResourceKind
from gis_service.domain.resource_rows import COLUMNS, NEEDED, ResourceRow, column_of, read_resource
from gis_service.errors import InputFault, RuleBrokenError
from gis_service.files.degrees import points_in_degrees
from gis_service.files.vector_files import read_vector_file

CSV = (".csv", ".txt")


def read_resource_file(
    path: Path, *, layer: str | None = None, crs: str | None = None
) -> Iterator[ResourceRow | list[InputFault]]:
    """Yield the rows of a file, each read or what is wrong with it; pointers begin with the line or the feature.

    Args:
        path: CSV in UTF-8 or GB 18030 with a line of column names, English or Chinese; or any vector file, whose
            features are points or say ``lon`` and ``lat``.
        layer: which layer of a vector file with several.
        crs: the system of coordinates that do not say their own; ``gcj02`` and ``bd09`` for CSV alone.

    Raises:
        RuleBrokenError: the file cannot be read, or lacks a column that is needed.
    """
    if path.suffix.lower() in CSV:
        return _rows_of_csv(path, crs or DEFAULT_CRS)
    return _rows_of_features(path, layer, crs)


def read_kind_file(path: Path) -> list[ResourceKind]:
    """Return the kinds of a CSV file with the columns ``code``, ``name`` and ``name_en``.

    Raises:
        RuleBrokenError: the file cannot be read, lacks a column, or has a row that leaves one empty.
    """
    names, lines = _table(path)
    _refuse_missing(path, names, ("code", "name", "name_en"))
    kinds = []
    for number, cells in lines:
        row = dict(zip(names, cells, strict=False))
        kind = ResourceKind(*(row.get(name, "").strip() for name in ("code", "name", "name_en")))
        if not (kind.code and kind.name and kind.name_en):
            raise RuleBrokenError(f"{path}: line {number} leaves code, name or name_en empty", code="broken-rows")
        kinds.append(kind)
    return kinds


def _rows_of_csv(path: Path, crs: str) -> Iterator[ResourceRow | list[InputFault]]:
    header, lines = _table(path)
    names = [column_of(cell) for cell in header]
    _refuse_missing(path, names, (*NEEDED, "lon", "lat"))

    def rows() -> Iterator[ResourceRow | list[InputFault]]:
        for number, cells in lines:
            pointer = f"/{number}"
            if len(cells) > len(names):
                yield [InputFault(pointer, "has more cells than there are columns")]
            else:
                row = {name: cell for name, cell in zip(names, cells, strict=False) if cell.strip()}
                yield read_resource({"crs": crs, **row}, pointer)

    return rows()


def _table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the names of the columns of a CSV file, and its lines that say something, each with its number."""
    if not path.is_file():
        raise RuleBrokenError(f"{path} is not there, or is no file", code="unreadable-file")
    with path.open(encoding=encoding_of(path), newline="") as file:
        reader = csv.reader(file)
        try:
            header = [cell.strip() for cell in next(reader, [])]
            return header, [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
        except csv.Error as error:
            raise RuleBrokenError(f"{path}: line {reader.line_num}: {error}", code="unreadable-file") from None


def _rows_of_features(path: Path, layer: str | None, crs: str | None) -> Iterator[ResourceRow | list[InputFault]]:
    file = points_in_degrees(read_vector_file(path, layer, crs=crs))
    names = {field: column_of(field) for field in file.fields}
    _refuse_missing(path, list(names.values()), NEEDED)
    for number, feature in enumerate(file.features, 1):
        row: dict[str, Any] = {
            names[field]: cell for field, cell in feature.properties.items() if names[field] in COLUMNS
        }
        if isinstance(feature.shape, shapely.Point) and not feature.shape.is_empty:
            row |= {"lon": feature.shape.x, "lat": feature.shape.y, "crs": DEFAULT_CRS}
        yield read_resource(row, f"/{number}")


def _refuse_missing(path: Path, names: Sequence[str], needed: Sequence[str]) -> None:
    other: Mapping[str, tuple[str, ...]] = COLUMNS
    if missing := [f"{name} ({other[name][0]})" if name in other else name for name in needed if name not in names]:
        raise RuleBrokenError(f"{path} lacks the columns {', '.join(missing)}", code="missing-columns")
