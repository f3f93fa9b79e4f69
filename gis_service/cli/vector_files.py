"""Vector files of any format as features in degrees: GeoJSON by itself, all others through GDAL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyproj
import shapely
from numpy.typing import NDArray
from shapely.errors import ShapelyError
from shapely.geometry import shape as shape_of
from shapely.geometry.base import BaseGeometry

from gis_service.errors import RuleBrokenError

_GEOJSON = {".json", ".geojson"}
_DEGREES_AS_STORED = {4326, 4490}  # CGCS2000 is stored as it stands (decision 4)
_CODE_FIELDS = ("code", "grid_code", "gridcode", "adcode", "id", "网格编码", "编码")


@dataclass(frozen=True, slots=True)
class Feature:
    """One row of a file; ``shape`` is in degrees, longitude first, None where the file has none."""

    properties: Mapping[str, Any]
    shape: BaseGeometry | None


@dataclass(frozen=True, slots=True)
class VectorFile:
    """What a file holds; ``parent`` is the feature that the others must fill, which only GeoJSON can carry."""

    path: Path
    features: tuple[Feature, ...]
    parent: Feature | None = None

    def code_field(self, asked: str | None) -> str:
        """Return the field that holds the codes: the one asked for, or the first with a usual name.

        Raises:
            RuleBrokenError: no feature has the field asked for, or none a usual one.
        """
        fields = list(dict.fromkeys(name for feature in self.features for name in feature.properties))
        if asked is not None:
            if asked in fields:
                return asked
            raise RuleBrokenError(f"{self.path} has no field {asked}; its fields are: {', '.join(fields) or 'none'}.")
        lowered = {name.lower(): name for name in reversed(fields)}
        for name in _CODE_FIELDS:
            if name in lowered:
                return lowered[name]
        raise RuleBrokenError(
            f"{self.path} has none of the fields {', '.join(_CODE_FIELDS)}; name the one that holds the codes with "
            f"--code-field; its fields are: {', '.join(fields) or 'none'}."
        )


def read_vector_file(path: Path, layer: str | None = None) -> VectorFile:
    """Return the features of a file, converted to degrees.

    Text of a Shapefile without a ``.cpg`` is read as UTF-8 and, where it is not, as GB 18030 (which includes GBK).

    Args:
        path: GeoJSON (``.json``, ``.geojson``), or anything that GDAL reads where pyogrio is installed.
        layer: which layer of a file with several; the first when left out.

    Raises:
        RuleBrokenError: the file is not there or cannot be read, has no features, or does not say its coordinate
            system while its numbers are no degrees.  The sentence says what to do.
    """
    if not path.exists():
        raise RuleBrokenError(f"There is no file {path}.")
    file = _read_geojson(path) if path.suffix.lower() in _GEOJSON else _read_any(path, layer)
    if not file.features:
        raise RuleBrokenError(f"{path} holds no features.")
    return file


def _read_geojson(path: Path) -> VectorFile:
    try:
        document = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise RuleBrokenError(f"{path} is not readable as GeoJSON: {error}.") from None
    if not isinstance(document, dict):
        raise RuleBrokenError(f"{path} is JSON but not GeoJSON: its top level is no object.")
    kind = document.get("type")
    rows = document.get("features") if kind == "FeatureCollection" else [document] if kind == "Feature" else None
    if not isinstance(rows, list):
        raise RuleBrokenError(f"{path} is JSON but no GeoJSON FeatureCollection or Feature.")
    features = [_feature(row) for row in rows if isinstance(row, dict)]
    given = document.get("parent")
    parent = _feature(given) if isinstance(given, dict) else None
    crs = document.get("crs")
    named = crs.get("properties", {}).get("name") if isinstance(crs, dict) else None
    everything = [*features, parent] if parent else features
    shapes = _in_degrees(path, _array([feature.shape for feature in everything]), named)
    everything = [Feature(feature.properties, shape) for feature, shape in zip(everything, shapes, strict=True)]
    return VectorFile(path, tuple(everything[: len(features)]), everything[-1] if parent else None)


def _feature(row: Mapping[str, Any]) -> Feature:
    properties = row.get("properties")
    fields = dict(properties) if isinstance(properties, dict) else {}
    if "id" in row and "id" not in fields:
        fields["id"] = row["id"]
    geometry = row.get("geometry")
    if not isinstance(geometry, dict):
        return Feature(fields, None)
    try:
        return Feature(fields, shape_of(geometry))
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return Feature(fields, None)  # the check names it: a grid without geometry


def _read_any(path: Path, layer: str | None) -> VectorFile:
    try:
        import pyogrio
    except ImportError:
        raise RuleBrokenError(
            f"Reading {path.suffix or 'such a file'} needs pyogrio: pip install 'gis-service[files]', or convert the "
            "file to GeoJSON."
        ) from None
    try:
        chosen = layer if layer is not None else str(pyogrio.list_layers(path)[0][0])
        meta, geometries, columns = _read_layer(path, chosen)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, IndexError) as error:
        raise RuleBrokenError(
            f"{path} is not readable: {str(error) or 'it has no layer'}.".replace("\n", " ")
        ) from None
    names = [str(name) for name in meta["fields"]]
    shapes = _in_degrees(path, shapely.from_wkb(geometries, on_invalid="ignore"), meta["crs"])
    rows = zip(*(column.tolist() for column in columns), strict=True) if names else ((),) * len(shapes)
    return VectorFile(
        path,
        tuple(Feature(dict(zip(names, row, strict=True)), shape) for row, shape in zip(rows, shapes, strict=True)),
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
            raise RuleBrokenError(f"Layer {layer} of {path} has no geometry.")
        return meta, geometries, columns
    raise RuleBrokenError(
        f"The text of {path} is neither UTF-8 nor GB 18030; add a .cpg file that names its encoding."
    )


def _in_degrees(path: Path, shapes: NDArray[np.object_], crs: str | None) -> NDArray[np.object_]:
    if crs is None:
        points = shapely.get_coordinates(shapes)
        points = points[np.isfinite(points).all(axis=1)]
        if (np.abs(points) > (180, 90)).any() and path.suffix.lower() not in _GEOJSON:
            raise RuleBrokenError(
                f"{path} does not say its coordinate system and its numbers are no degrees; add a .prj file or "
                "convert it to EPSG:4326."
            )
        return shapes
    try:
        given = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError:
        raise RuleBrokenError(f"{path} has a coordinate system that is not known: {crs}.") from None
    if given.to_epsg() in _DEGREES_AS_STORED or given.to_authority() == ("OGC", "CRS84"):
        return shapes
    degrees = pyproj.Transformer.from_crs(given, "EPSG:4326", always_xy=True)
    present = shapely.force_2d(shapes)
    converted: NDArray[np.object_] = shapely.transform(
        present, lambda points: np.column_stack(degrees.transform(points[:, 0], points[:, 1]))
    )
    return converted


def _array(shapes: Sequence[BaseGeometry | None]) -> NDArray[np.object_]:
    array = np.empty(len(shapes), dtype=object)
    array[:] = list(shapes)
    return array
