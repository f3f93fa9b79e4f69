"""How the world is cut into tiles: the tile matrix sets that are served, as data and as OGC writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

DEEPEST_DETAIL = 22
"""Finest detail served: a tile unit is 2 mm there, finer than any boundary is surveyed."""

HALF_WORLD_M = 20037508.342789244
"""Pi times the radius of EPSG:3857, 6378137 m."""

PIXELS = 256
"""Edge of a tile, in pixels of 0.28 mm, by which OGC tells scales; vector tiles themselves have no pixels."""

_PIXEL_M = 0.00028
_DEGREE_M = HALF_WORLD_M / 180  # along the equator; WGS 84 and CGCS2000 have the same semi-major axis
_URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"


@dataclass(frozen=True, slots=True, order=True)
class TileMatrixSet:
    """One pyramid of square tiles, columns counted from the west, rows from the north.

    ``srid`` is the EPSG code of its system, ``side`` the edge of a tile at zoom 0, and ``west``, ``north`` are the
    corner of its origin, in metres (3857) or degrees (4490).  ``columns`` and ``rows`` are those of zoom 0.
    ``finer_by`` is how many zooms its tiles are ahead of Web Mercator tiles as wide in degrees: levels, bands and
    zooms of layers are told for those.  ``is_shifted`` says that what is drawn is first shifted as GCJ-02 is.

    Source:
        OGC 17-083r4 (Two Dimensional Tile Matrix Set), clause 6.
    """

    id: str
    title: str
    srid: int
    west: float
    north: float
    side: float
    columns: int = 1
    rows: int = 1
    finer_by: int = 0
    is_shifted: bool = False

    def __hash__(self) -> int:
        """Return a hash in no time: there are no two sets of one id."""
        return hash(self.id)

    @property
    def is_geographic(self) -> bool:
        """Tell whether tiles are cut in degrees."""
        return self.srid != WEB_MERCATOR.srid

    @property
    def max_zoom(self) -> int:
        """Return the deepest zoom served."""
        return DEEPEST_DETAIL - self.finer_by


WEB_MERCATOR = TileMatrixSet(
    "WebMercatorQuad", "Web Mercator", 3857, west=-HALF_WORLD_M, north=HALF_WORLD_M, side=2 * HALF_WORLD_M
)

CGCS2000_QUAD = TileMatrixSet(
    "CGCS2000Quad",
    "CGCS2000 longitude and latitude; zoom z is level z + 1 of Tianditu's matrix set c",
    4490,
    west=-180.0,
    north=90.0,
    side=180.0,
    columns=2,
    finer_by=1,
)

CGCS2000_SQUARE = TileMatrixSet(
    "CGCS2000Square",
    "CGCS2000 longitude and latitude in a square whose southern half is empty; zoom z is level z of Tianditu",
    4490,
    west=-180.0,
    north=90.0,
    side=360.0,
)
"""For clients that know only pyramids with one tile on top: the tile z of this is the tile z - 1 of CGCS2000_QUAD."""

GCJ02_WEB_MERCATOR = TileMatrixSet(
    "GCJ02WebMercatorQuad",
    "Web Mercator of GCJ-02 coordinates, as AMap draws them: up to a kilometre beside EPSG:3857",
    3857,
    west=-HALF_WORLD_M,
    north=HALF_WORLD_M,
    side=2 * HALF_WORLD_M,
    is_shifted=True,
)

MATRIX_SETS: Mapping[str, TileMatrixSet] = MappingProxyType(
    {one.id: one for one in (WEB_MERCATOR, CGCS2000_QUAD, GCJ02_WEB_MERCATOR)}
)
"""Those that a tile can be asked for in, by id."""

OGC_MATRIX_SETS: Mapping[str, TileMatrixSet] = MappingProxyType(
    {one.id: one for one in (WEB_MERCATOR, CGCS2000_QUAD)}
)
"""Those whose system OGC can name, by id: GCJ-02 is none."""


def describe_matrix_set(matrix_set: TileMatrixSet) -> dict[str, Any]:
    """Return a set as OGC writes it in JSON, with all zooms that are served.

    Of CGCS2000 latitude comes first, as EPSG:4490 has it.  GCJ-02 is no registered system: its set is told in
    EPSG:3857, and its title tells what that leaves out.

    Source:
        OGC 17-083r4, annex A.2 (the JSON encoding), annex D.1 (WebMercatorQuad).
    """
    corner = [matrix_set.west, matrix_set.north]
    told = {
        "id": matrix_set.id,
        "title": matrix_set.title,
        "crs": crs_uri(matrix_set),
        "orderedAxes": ["Lat", "Lon"] if matrix_set.is_geographic else ["X", "Y"],
        "tileMatrices": [
            {
                "id": str(zoom),
                "scaleDenominator": scale_denominator(matrix_set, zoom),
                "cellSize": matrix_set.side / PIXELS / (1 << zoom),
                "cornerOfOrigin": "topLeft",
                "pointOfOrigin": corner[::-1] if matrix_set.is_geographic else corner,
                "tileWidth": PIXELS,
                "tileHeight": PIXELS,
                "matrixWidth": matrix_set.columns << zoom,
                "matrixHeight": matrix_set.rows << zoom,
            }
            for zoom in range(matrix_set.max_zoom + 1)
        ],
    }
    return told | ({"uri": _URI} if matrix_set is WEB_MERCATOR else {})


def crs_uri(matrix_set: TileMatrixSet) -> str:
    """Return the name by which OGC knows the system of a set."""
    return f"http://www.opengis.net/def/crs/EPSG/0/{matrix_set.srid}"


def scale_denominator(matrix_set: TileMatrixSet, zoom: int) -> float:
    """Return by what a map is smaller than the ground, along the equator, where a pixel is 0.28 mm wide."""
    side_m = matrix_set.side * (_DEGREE_M if matrix_set.is_geographic else 1.0)
    return side_m / (1 << zoom) / PIXELS / _PIXEL_M
