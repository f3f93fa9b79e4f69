"""What ArcGIS and QGIS read of tiles: an Esri vector tile service and its style."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from tiles.address import Bounds
from tiles.layers import TileEdition, TileLayer
from tiles.matrix_sets import CGCS2000_QUAD, CGCS2000_SQUARE, WEB_MERCATOR, TileMatrixSet

ESRI_SETS: Mapping[str, TileMatrixSet] = MappingProxyType(
    {WEB_MERCATOR.id: WEB_MERCATOR, CGCS2000_QUAD.id: CGCS2000_SQUARE}
)
"""Sets by the name in the address.

QGIS takes level 0 for one tile that holds the world, whatever the service tells: of the two tiles of CGCS2000Quad it
would never ask for the eastern one, where China is.  So the levels of CGCS2000 are those of a square, which happen to
be Tianditu's own numbers.
"""

_PIXELS = 512  # how wide clients of this kind draw a tile
_PIXELS_IN_METRE = 96 * 39.37  # Esri's inches, as its published scales have them
_METRES = MappingProxyType({3857: 1.0, 4490: 111194.87222222})  # in a unit of the system; its degrees too
_VERSION = 10.81  # of the REST interface that is answered
_RADIUS_M = 6378137.0
_WKIDS = MappingProxyType({3857: {"wkid": 102100, "latestWkid": 3857}, 4490: {"wkid": 4490, "latestWkid": 4490}})


def describe_service(
    edition: TileEdition, layers: Sequence[TileLayer], matrix_set: TileMatrixSet, attribution: str
) -> dict[str, Any]:
    """Return the description of a vector tile service of some layers; addresses in it are relative to its own.

    Tiles are addressed by level, row, column, in this order.  Level 0 is always told, since QGIS needs it.

    Source:
        ArcGIS REST API, Vector Tile Service, and QGIS's reading of it (QgsVectorTileMatrixSet::fromEsriJson).
    """
    reference = dict(_WKIDS[matrix_set.srid])
    extent = _extent(edition.bounds, matrix_set) | {"spatialReference": reference}
    resolutions = [matrix_set.side / (1 << level) / _PIXELS for level in range(matrix_set.max_zoom + 1)]
    lods = [
        {
            "level": level,
            "resolution": resolution,
            "scale": resolution * _METRES[matrix_set.srid] * _PIXELS_IN_METRE,
        }
        for level, resolution in enumerate(resolutions)
    ]
    return {
        "currentVersion": _VERSION,
        "name": ",".join(layer.name for layer in layers),
        "copyrightText": attribution,
        "capabilities": "TilesOnly",
        "type": "indexedVector",
        "defaultStyles": "resources/styles",
        "tiles": ["tile/{z}/{y}/{x}.pbf"],
        "exportTilesAllowed": False,
        "initialExtent": extent,
        "fullExtent": extent,
        "minScale": lods[0]["scale"],
        "maxScale": lods[-1]["scale"],
        "tileInfo": {
            "rows": _PIXELS,
            "cols": _PIXELS,
            "dpi": 96,
            "format": "pbf",
            "origin": {"x": matrix_set.west, "y": matrix_set.north},
            "spatialReference": reference,
            "lods": lods,
        },
        "maxzoom": matrix_set.max_zoom,
        "resourceInfo": {"styleVersion": 8, "tileCompression": "gzip"},
    }


def service_style(style: Mapping[str, Any], layers: Collection[str], service_url: str) -> dict[str, Any]:
    """Return what of a style one service can show: the layers that it has, all from the source ``esri``.

    Outlines of upper levels are left out: each needs tiles of its own.

    Args:
        style: one made by ``build_style``.
        layers: names of the layers of the service.
        service_url: its address.
    """
    # Outlines are told by their source: they draw the layer grids of other tiles.
    shown = [
        layer | ({"source": "esri"} if "source" in layer else {})
        for layer in style["layers"]
        if "source" not in layer or (layer["source-layer"] in layers and not layer["source"].startswith("outline-"))
    ]
    return {
        "version": style["version"],
        "name": style["name"],
        "metadata": style["metadata"],
        "sources": {"esri": {"type": "vector", "url": service_url}},
        "layers": shown,
    }


def _extent(bounds: Bounds, matrix_set: TileMatrixSet) -> dict[str, float]:
    west, south, east, north = bounds if matrix_set.is_geographic else _metres(bounds)
    return {"xmin": west, "ymin": south, "xmax": east, "ymax": north}


def _metres(bounds: Bounds) -> Bounds:
    west, south, east, north = (math.radians(one) for one in bounds)
    return (
        _RADIUS_M * west,
        _RADIUS_M * math.asinh(math.tan(south)),
        _RADIUS_M * east,
        _RADIUS_M * math.asinh(math.tan(north)),
    )
