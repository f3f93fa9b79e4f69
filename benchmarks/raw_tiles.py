"""Tiles as one writes them by hand: a statement for one layer, sent by psycopg2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class, whatever psycopg2 writes

from benchmarks.database import bare_connection
from tiles.address import TileAddress

# The fields and the buffer of the layer grids.  ST_AsMVT passes over what ST_AsMVTGeom makes NULL.
_TILE = """
SELECT ST_AsMVT(feature, 'grids', 4096, 'geom', 'id')
FROM (
    SELECT c.feature_id AS id, g.code, g.name, g.level, g.parent, g.kind, g.households,
        ST_AsMVTGeom(ST_Transform({shape}, 3857), ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64, true) AS geom
    FROM grid AS g
    JOIN grid_code AS c ON c.code = g.code
    {join}
    WHERE g.shape && ST_Transform(ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 64.0 / 4096), 4326)
        AND g.editions @> %(edition)s AND {drawn}
) AS feature
"""

_OF_THESE = "g.code = ANY (%(codes)s)"

OF_CODES = _TILE.format(shape="g.shape", join="", drawn=_OF_THESE)
"""The grids named beforehand, as they are."""

OF_CODES_IN_BAND = _TILE.format(
    shape="s.shape",
    join="JOIN generalised_shape AS s ON s.code = g.code AND s.band = %(band)s AND s.until IS NULL",
    drawn=_OF_THESE,
)
"""The grids named beforehand, with the shapes that were made for a band of zooms; of the newest edition."""

OF_LEVEL = _TILE.format(shape="g.shape", join="", drawn="g.level = %(level)s")
"""All grids of a level, as they are."""


@contextmanager
def raw_connection(url: str) -> Iterator[Cursor]:
    """Open a connection that is used for one statement after the other, without transactions."""
    connection = bare_connection(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        yield cursor
    connection.close()


def raw_tile(cursor: Cursor, statement: str, address: TileAddress, values: Mapping[str, object]) -> bytes:
    """Return the tile that a statement makes."""
    cursor.execute(statement, {"z": address.z, "x": address.x, "y": address.y, **values})
    [tile] = cursor.fetchone() or (b"",)
    return bytes(tile)
