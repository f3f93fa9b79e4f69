"""GeoPackage, Shapefile and whatever else GDAL reads, as features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gis_service.errors import RuleBrokenError
from gis_service.files.features import Feature, VectorFile
from gis_service.files.systems import expect_degrees, system_of

# GDAL believes what a file begins with, not its name: a "GeoPackage" of XML could have it read other files or hosts.
_BEGINNINGS = {".gpkg": b"SQLite format 3\x00", ".shp": b"\x00\x00\x27\x0a"}


def read_with_gdal(path: Path, layer: str | None, crs: str | None = None) -> VectorFile:
    """Return the features of one layer.

    Text of a Shapefile without a ``.cpg`` is read as UTF-8 and, where it is not, as GB 18030 (which includes GBK).

    Args:
        path: a file of any format that GDAL reads.
        layer: which layer of a file with several; the first when left out.
        crs: the system of a file that does not say it.

    Raises:
        RuleBrokenError: it cannot be read, has no such layer, or does not say its coordinate system.
    """
    try:
        import pyogrio
    except ImportError:
        raise RuleBrokenError(
            f"Reading {path.suffix or 'such a file'} needs pyogrio: pip install 'gis-service[files]', or convert the "
            "file to GeoJSON.",
            code="format-not-installed",
        ) from None
    refuse_other_beginning(path)
    try:
        chosen = layer if layer is not None else str(pyogrio.list_layers(path)[0][0])
        meta, geometries, columns = _read_layer(path, chosen)
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FeatureError,
        pyogrio.errors.GeometryError,
        pyogrio.errors.FieldError,
        IndexError,
    ) as error:
        reason = str(error).split(";")[0].replace(str(path), path.name).rstrip(".") or "it has no layer"
        raise RuleBrokenError(f"{path} is not readable: {reason}.", code="unreadable-file") from None
    names = [str(name) for name in meta["fields"]]
    shapes = shapely.from_wkb(geometries, on_invalid="ignore")
    declared = meta["crs"] if meta["crs"] is not None else crs
    if declared is None:
        expect_degrees(path, shapes)
    rows = zip(*(column.tolist() for column in columns), strict=True) if names else ((),) * len(shapes)
    return VectorFile(
        path,
        tuple(Feature(dict(zip(names, row, strict=True)), shape) for row, shape in zip(rows, shapes, strict=True)),
        crs=None if declared is None else system_of(path, declared),
    )


def refuse_other_beginning(path: Path) -> None:
    """Refuse a file that does not begin as its ending says.

    Raises:
        RuleBrokenError: its first bytes are other than those of the format.
    """
    wanted = _BEGINNINGS.get(path.suffix.lower())
    if wanted is None:
        return
    with path.open("rb") as file:
        if file.read(len(wanted)) != wanted:
            raise RuleBrokenError(
                f"{path} is not readable: it does not begin as a {path.suffix.lower()} file does.",
                code="unreadable-file",
            )


def _read_layer(path: Path, layer: str) -> tuple[Mapping[str, Any], NDArray[np.object_], Sequence[NDArray[Any]]]:
    from pyogrio.raw import read

    undeclared = path.suffix.lower() == ".shp" and not any(path.with_suffix(end).exists() for end in (".cpg", ".CPG"))
    for encoding in ("UTF-8", "GB18030") if undeclared else (None,):
        try:
            meta, _, geometries, columns = read(path, layer=layer, encoding=encoding)
        except UnicodeDecodeError:
            continue
        if geometries is None:
            raise RuleBrokenError(f"Layer {layer} of {path} has no geometry.", code="unreadable-file")
        return meta, geometries, columns
    raise RuleBrokenError(
        f"The text of {path} is neither UTF-8 nor GB 18030; add a .cpg file that names its encoding.",
        code="unknown-encoding",
    )
