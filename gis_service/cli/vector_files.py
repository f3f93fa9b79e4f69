"""Vector files of any format as features: GeoJSON by itself, all others through GDAL; and their way to degrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
from grid_boundaries.noding import node_long_edges

_GEOJSON = {".json", ".geojson"}
_DEGREES_AS_STORED = {4326, 4490}  # CGCS2000 is stored as it stands (decision 4)
_CODE_FIELDS = ("code", "grid_code", "gridcode", "adcode", "id", "网格编码", "编码")


_POLYGONS = {"Polygon", "MultiPolygon"}
_MOST_ARRAYS = 4  # polygons, rings, positions, numbers


@dataclass(frozen=True, slots=True)
class Feature:
    """One row of a file; ``shape`` is in the coordinates of the file, None where it has none."""

    properties: Mapping[str, Any]
    shape: BaseGeometry | None


@dataclass(frozen=True, slots=True)
class VectorFile:
    """What a file holds; ``parent`` is the feature that the others must fill, which only GeoJSON can carry.

    ``crs`` is None where coordinates are degrees that are stored as they stand, longitude first.
    """

    path: Path
    features: tuple[Feature, ...]
    parent: Feature | None = None
    crs: pyproj.CRS | None = None

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
    """Return the features of a file, in its own coordinates.

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
    is_geojson = path.suffix.lower() in _GEOJSON
    if is_geojson and layer is not None:
        raise RuleBrokenError(f"{path} is GeoJSON, which has no layers; leave --layer {layer} out.")
    file = _read_geojson(path) if is_geojson else _read_any(path, layer)
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
    given = document.get("parent")
    for row in (*rows, given):
        _refuse_too_deep(path, row)
    features = [_feature(row) for row in rows]
    parent = _feature(given) if isinstance(given, dict) else None
    crs = document.get("crs")
    if crs is None:
        return VectorFile(path, tuple(features), parent)
    properties = crs.get("properties") if isinstance(crs, dict) else None
    named = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(named, str):
        raise RuleBrokenError(f"The member crs of {path} does not name a coordinate system.")
    return VectorFile(path, tuple(features), parent, _crs(path, named))


def _refuse_too_deep(path: Path, row: object) -> None:
    """Refuse coordinates within more arrays than those of a MultiPolygon."""
    geometry = row.get("geometry") if isinstance(row, dict) else None
    inner = [geometry.get("coordinates")] if isinstance(geometry, dict) else []
    for _ in range(_MOST_ARRAYS):
        inner = [item for array in inner if isinstance(array, list) for item in array]
    if any(isinstance(item, list) for item in inner):
        raise RuleBrokenError(f"{path} is not readable as GeoJSON: it has coordinates that are nested too deeply.")


def _feature(row: object) -> Feature:
    """Return a feature; what has no readable geometry has none, and the check says so."""
    if not isinstance(row, dict):
        return Feature({}, None)
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
        return Feature(fields, None)


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
        reason = str(error).split(";")[0].rstrip(".") or "it has no layer"
        raise RuleBrokenError(f"{path} is not readable: {reason}.") from None
    names = [str(name) for name in meta["fields"]]
    shapes = shapely.from_wkb(geometries, on_invalid="ignore")
    if meta["crs"] is None:
        _expect_degrees(path, shapes)
    rows = zip(*(column.tolist() for column in columns), strict=True) if names else ((),) * len(shapes)
    return VectorFile(
        path,
        tuple(Feature(dict(zip(names, row, strict=True)), shape) for row, shape in zip(rows, shapes, strict=True)),
        crs=None if meta["crs"] is None else _crs(path, meta["crs"]),
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


def _expect_degrees(path: Path, shapes: NDArray[np.object_]) -> None:
    """Refuse a file without a coordinate system whose numbers are no degrees."""
    points = shapely.get_coordinates(shapes)
    if (np.abs(points[np.isfinite(points).all(axis=1)]) > (180, 90)).any():
        raise RuleBrokenError(
            f"{path} does not say its coordinate system and its numbers are no degrees; add a .prj file or convert "
            "it to EPSG:4326."
        )


def _crs(path: Path, name: str) -> pyproj.CRS | None:
    try:
        crs = pyproj.CRS.from_user_input(name)
    except pyproj.exceptions.CRSError:
        raise RuleBrokenError(f"{path} has a coordinate system that is not known: {name}.") from None
    as_stored = crs.to_epsg() in _DEGREES_AS_STORED or crs.to_authority() == ("OGC", "CRS84")
    return None if as_stored else crs


def convert_to_degrees(files: Sequence[VectorFile]) -> tuple[list[VectorFile], int]:
    """Return files in degrees, and how many vertices had to be set on long edges before (``node_long_edges``).

    Files of one projected system are noded together, so that a parent's long edge gets its children's corners.

    Raises:
        RuleBrokenError: a file has no polygon among its geometries, its parent is none, or degrees are out of range.
    """
    for file in files:
        _refuse_degrees_as_metres(file)
    noded, count = list(files), 0
    for crs in {file.crs for file in files if file.crs is not None and file.crs.is_projected}:
        together = [number for number, file in enumerate(files) if file.crs == crs]
        shapes, added = node_long_edges(_array([shape for number in together for shape in _shapes(files[number])]))
        count += added
        for number in together:
            own, shapes = shapes[: len(_shapes(files[number]))], shapes[len(_shapes(files[number])) :]
            noded[number] = _with_shapes(files[number], own)
    converted = [_degrees(file) for file in noded]
    for file in converted:
        _refuse_other_shapes(file)
    return converted, count


def _refuse_degrees_as_metres(file: VectorFile) -> None:
    """Refuse a projected system whose numbers are all degrees: a tag that somebody set instead of converting."""
    if file.crs is None or not file.crs.is_projected:
        return
    points = shapely.get_coordinates(_array(_shapes(file)))
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) and (np.abs(points) <= (180, 90)).all():
        raise RuleBrokenError(
            f"{file.path} says that its coordinate system is {file.crs.name}, but its coordinates are degrees; set "
            "the system in which they are, or convert them."
        )


def _refuse_other_shapes(file: VectorFile) -> None:
    """Refuse a file of points or lines, and numbers that are no degrees; single odd geometries are findings."""
    kinds = {feature.shape.geom_type for feature in file.features if feature.shape is not None}
    parent = file.parent.shape if file.parent else None
    if (kinds and not kinds & _POLYGONS) or (parent is not None and parent.geom_type not in _POLYGONS):
        found = ", ".join(sorted(kinds | ({parent.geom_type} if parent is not None else set())))
        raise RuleBrokenError(f"{file.path} holds {found} where Polygon or MultiPolygon is needed.")
    points = shapely.get_coordinates(_array(_shapes(file)))
    wrong = points[(np.abs(points) > (180, 90)).any(axis=1) & np.isfinite(points).all(axis=1)]
    if len(wrong):
        lon, lat = wrong[0].tolist()
        raise RuleBrokenError(
            f"{file.path}: longitude {lon}, latitude {lat} is out of range; degrees are expected, longitude first."
        )


def _degrees(file: VectorFile) -> VectorFile:
    if file.crs is None:
        return file
    degrees = pyproj.Transformer.from_crs(file.crs, "EPSG:4326", always_xy=True)
    shapes = shapely.transform(
        shapely.force_2d(_array(_shapes(file))),
        lambda points: np.column_stack(degrees.transform(points[:, 0], points[:, 1])),
    )
    return replace(_with_shapes(file, shapes), crs=None)


def _shapes(file: VectorFile) -> list[BaseGeometry | None]:
    return [feature.shape for feature in (*file.features, *([file.parent] if file.parent else []))]


def _with_shapes(file: VectorFile, shapes: NDArray[np.object_]) -> VectorFile:
    features = tuple(replace(row, shape=shape) for row, shape in zip(file.features, shapes, strict=False))
    return replace(file, features=features, parent=replace(file.parent, shape=shapes[-1]) if file.parent else None)


def _array(shapes: Sequence[BaseGeometry | None]) -> NDArray[np.object_]:
    array = np.empty(len(shapes), dtype=object)
    array[:] = list(shapes)
    return array
