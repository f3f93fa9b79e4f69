"""Features held in memory as a layer of a tile, and layers as one tile.

Layers that the database holds are encoded there; this is for what it does not hold: findings, proposals, demos.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import mapbox_vector_tile
import numpy as np
import shapely
from mapbox_vector_tile.encoder import on_invalid_geometry_make_valid
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from tiles.address import EXTENT, TileAddress

_EARTH_RADIUS_M = 6378137.0  # the sphere of EPSG:3857
_STEEPEST_LATITUDE = 89.9  # the projection has no pole; what lies there is outside every tile

Value = str | int | float | bool
"""What an attribute of a feature may be."""


@dataclass(frozen=True, slots=True)
class TileFeature:
    """A shape in degrees (EPSG:4326) with an id of at most 2**53; properties that are None are left out.

    ``mark``, a point inside, is drawn in place of a polygon that is too small or too narrow for a tile.
    """

    id: int
    shape: BaseGeometry
    properties: Mapping[str, Value | None] = field(default_factory=dict)
    mark: BaseGeometry | None = None


_HASH_BITS = 52


def hashed_id(*words: str) -> int:
    """Return an id for what has no number of its own: the same for the same words, in 2**52 .. 2**53 - 1.

    Numbers that the database gives out stay below, so that the two never meet.
    """
    digest = hashlib.blake2b("\n".join(words).encode(), digest_size=8).digest()
    return 1 << _HASH_BITS | int.from_bytes(digest) >> 64 - _HASH_BITS


def encode_layer(name: str, features: Iterable[TileFeature], address: TileAddress, buffer: int = 64) -> bytes:
    """Return the features that meet a tile as a tile of one layer, in the order given.

    Every vertex is rounded by itself to the nearest tile unit, and nothing is simplified, so neighbours keep
    their shared edges.  Shapes are cut ``buffer`` tile units outside the tile.  A polygon smaller than a tile unit is
    left out, or drawn as its mark.  Empty when no feature is left: an empty layer is not written.

    Source:
        Mapbox Vector Tile Specification 2.1, sections 4.3 and 4.4.
    """
    drawn = [
        {
            "id": feature.id,
            "geometry": shape,
            "properties": {key: value for key, value in feature.properties.items() if value is not None},
        }
        for feature in features
        if (shape := _draw(feature, address, buffer)) is not None
    ]
    if not drawn:
        return b""
    options = {
        "y_coord_down": True,
        "extents": EXTENT,
        "on_invalid_geometry": on_invalid_geometry_make_valid,
    }
    return bytes(mapbox_vector_tile.encode({"name": name, "features": drawn}, default_options=options))


def to_tile_units(shape: BaseGeometry, address: TileAddress) -> BaseGeometry:
    """Return a shape in degrees as tile units, y down, every vertex rounded to the nearest whole one."""
    west, south, east, north = address.frame

    def project(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = degrees.T if address.matrix.is_geographic else _metres(degrees)
        units: NDArray[np.float64] = np.column_stack(((x - west) / (east - west), (north - y) / (north - south)))
        return np.rint(units * EXTENT)

    return shapely.transform(shape, project)


def _metres(degrees: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return degrees, one place a row, as x and y of EPSG:3857."""
    lat = np.radians(np.clip(degrees[:, 1], -_STEEPEST_LATITUDE, _STEEPEST_LATITUDE))
    return _EARTH_RADIUS_M * np.radians(degrees[:, 0]), _EARTH_RADIUS_M * np.arcsinh(np.tan(lat))


def _draw(feature: TileFeature, address: TileAddress, buffer: int) -> BaseGeometry | None:
    drawn = _cut(to_tile_units(feature.shape, address), buffer)
    if drawn is None and feature.mark is not None:
        return _cut(to_tile_units(feature.mark, address), buffer)
    return drawn


def _cut(shape: BaseGeometry, buffer: int) -> BaseGeometry | None:
    """Return what lies in the tile and its buffer, of the same dimension and on whole units, or None.

    A shape that is valid keeps every vertex but those outside: cutting is done edge by edge, without noding.
    """
    dimension = int(shapely.get_dimensions(shape))
    valid = shape if shape.is_valid else shapely.make_valid(shape)
    cut = shapely.clip_by_rect(valid, -buffer, -buffer, EXTENT + buffer, EXTENT + buffer)
    parts = shapely.get_parts(shapely.get_parts(shapely.transform(cut, np.rint)))
    kept = [part for part in parts if not part.is_empty and shapely.get_dimensions(part) == dimension]
    if not kept:
        return None
    gather = (shapely.multipoints, shapely.multilinestrings, shapely.multipolygons)[dimension]
    gathered: BaseGeometry = kept[0] if len(kept) == 1 else gather(kept)
    return gathered


def join_layers(tiles: Iterable[bytes]) -> bytes:
    """Return one tile with the layers of several, in their order; their names must differ.

    A tile is a protobuf message whose only field is the repeated layer, so its bytes are simply put end to end.
    """
    return b"".join(tiles)
