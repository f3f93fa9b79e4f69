"""What writing a vector file takes, whatever is in it: whole or not at all, through GDAL, as GeoParquet."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import orjson
import shapely
from numpy.typing import NDArray

from gis_service.errors import RuleBrokenError

PARQUET = ".parquet"
TEXT_BYTES = 254
"""What a field of text in a Shapefile holds."""

_Told = TypeVar("_Told")


def write_whole(path: Path, write: Callable[[Path], _Told]) -> _Told:
    """Let a file be written beside its place, and put it there with all its parts; what was there is replaced.

    Raises:
        RuleBrokenError: there is no such directory, or writing fails.
    """
    if not path.parent.is_dir():
        raise RuleBrokenError(f"There is no directory {path.parent}.")
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}-") as beside:
            told = write(Path(beside) / path.name)
            for part in sorted(Path(beside).iterdir()):
                os.replace(part, path.parent / part.name)  # noqa: PTH105  Path.replace would hide that this is atomic
    except OSError as error:
        raise RuleBrokenError(f"{path} cannot be written: {error.strerror or error}.") from None
    return told


def refuse_other_endings(path: Path, suffixes: Sequence[str]) -> str:
    """Return the ending of a path in lower case.

    Raises:
        RuleBrokenError: it is none of those that are written.
    """
    suffix = path.suffix.lower()
    if suffix not in suffixes:
        raise RuleBrokenError(f"{path} has an ending that is not known; write one of {', '.join(suffixes)}.")
    return suffix


def write_with_gdal(
    path: Path,
    shapes: NDArray[Any],
    columns: Mapping[str, NDArray[Any]],
    **options: Any,  # noqa: ANN401  as pyogrio has them
) -> None:
    """Write one layer; ``options`` are those of ``pyogrio.raw.write``, such as ``driver`` and ``crs``.

    Raises:
        RuleBrokenError: pyogrio is not installed, or the format cannot hold the features.
    """
    try:
        from pyogrio.errors import DataSourceError, FeatureError, FieldError, GeometryError
        from pyogrio.raw import write
    except ImportError:
        raise _needs("pyogrio", path) from None
    try:
        write(path, shapely.to_wkb(shapes), list(columns.values()), list(columns), encoding="UTF-8", **options)
    except (DataSourceError, FeatureError, FieldError, GeometryError) as error:
        raise RuleBrokenError(f"{path} cannot be written: {str(error).rstrip('.')}.") from None


def write_geoparquet(
    path: Path,
    shapes: NDArray[Any],
    columns: Mapping[str, Sequence[Any] | NDArray[Any]],
    *,
    types: Mapping[str, str] | None = None,
    crs: Mapping[str, Any] | None = None,
) -> None:
    """Write GeoParquet; ``types`` are names of Arrow types by column, guessed where there is none.

    Raises:
        RuleBrokenError: pyarrow is not installed.

    Source:
        GeoParquet 1.1.0: metadata under the key ``geo``; without a member ``crs``, degrees, longitude first.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise _needs("pyarrow", path) from None
    typed = {name: None if name not in (types or {}) else pa.type_for_alias((types or {})[name]) for name in columns}
    arrays = {name: pa.array(values, typed[name], from_pandas=True) for name, values in columns.items()}
    arrays["geometry"] = pa.array(shapely.to_wkb(shapes).tolist(), pa.binary())
    kinds = sorted({shape.geom_type for shape in shapes if shape is not None})
    told: dict[str, Any] = {"encoding": "WKB", "geometry_types": kinds, "bbox": shapely.total_bounds(shapes).tolist()}
    if crs is not None:
        told["crs"] = crs
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": told}}
    parquet.write_table(pa.table(arrays).replace_schema_metadata({"geo": orjson.dumps(geo)}), path)


def _needs(package: str, path: Path) -> RuleBrokenError:
    return RuleBrokenError(
        f"Writing {path.suffix} needs {package}: pip install 'gis-service[files]', or write GeoJSON.",
        code="format-not-installed",
    )
