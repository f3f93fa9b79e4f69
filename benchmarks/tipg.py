"""tipg beside the service: a server of tiles in Python too (FastAPI, asyncpg), on the same grids and database."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import mapbox_vector_tile
import sqlalchemy

from benchmarks.ground import EDITION, drawn_codes, levels
from benchmarks.raw_tiles import raw_connection
from benchmarks.served import served_app
from tiles.address import TileAddress
from tiles.layers import LAYERS, LevelBand, choose_level

SCHEMA = "beside"

_GZIP = b"\x1f\x8b"

# tipg draws a table whole, so each cut through the tree is one: the grids that tiles draw at some zooms.
_MAKE = """
CREATE SCHEMA IF NOT EXISTS beside;
CREATE TABLE beside.{table} AS
SELECT c.feature_id AS id, g.code, g.name, g.level, g.parent, g.kind, g.households, g.shape
FROM grid AS g
JOIN grid_code AS c ON c.code = g.code
WHERE g.editions @> %(edition)s AND g.code = ANY (%(codes)s);
ALTER TABLE beside.{table} ADD PRIMARY KEY (id);
CREATE INDEX ON beside.{table} USING gist (shape);
"""


@dataclass(frozen=True, slots=True)
class Tipg:
    """A running tipg: its address, and where a tile is there."""

    address: str

    def path(self, tile: TileAddress) -> str:
        """Return the path of a tile with the grids that the service draws there."""
        return f"/collections/{SCHEMA}.{_drawn_at(tile.z).code}/tiles/WebMercatorQuad/{tile}"


@contextmanager
def served_tipg(url: str, *, patience_s: float) -> Iterator[Tipg]:
    """Give tipg tables in the database at ``url``, which may be written to, and start it with one worker.

    Tables have a primary key, an index and statistics; the buffer is the service's, the rest is as tipg comes.
    """
    _make_tables(url)
    parts = sqlalchemy.make_url(url)
    socket = str(parts.query["host"]).replace("/", "%2F")
    environment = {
        "DATABASE_URL": f"postgresql://{parts.username}@{socket}:{parts.query['port']}/{parts.database}",
        "TIPG_DB_SCHEMAS": f'["{SCHEMA}"]',
        "TIPG_TILE_BUFFER": str(LAYERS["grids"].buffer),
    }
    with served_app("tipg.main:app", environment, ready="/healthz", patience_s=patience_s) as address:
        yield Tipg(address)


def check_alike(ours: bytes, theirs: bytes) -> None:
    """Compare two tiles, as they were sent.

    tipg clips by the buffer but looks in the tile alone, so a grid that lies in the buffer only is not in its tile.

    Raises:
        ValueError: tipg's has no grid, or one that is not in ours.
    """
    [mine, other] = [
        {
            feature["properties"]["code"]
            for layer in mapbox_vector_tile.decode(_plain(tile)).values()
            for feature in layer["features"]
        }
        for tile in (ours, theirs)
    ]
    if not other or not other <= mine:
        msg = f"tipg draws other grids: {sorted(other - mine)}"
        raise ValueError(msg)


def _plain(tile: bytes) -> bytes:
    """Return a tile not compressed; tipg leaves small ones as they are."""
    return gzip.decompress(tile) if tile.startswith(_GZIP) else tile


def _drawn_at(zoom: int) -> LevelBand:
    bands = [LevelBand(level.code, level.rank, level.min_zoom, level.max_zoom) for level in levels()]
    return choose_level(bands, zoom)


def _make_tables(url: str) -> None:
    with raw_connection(url) as cursor:
        for level in levels():
            values = {"edition": EDITION, "codes": drawn_codes(level.rank)}
            cursor.execute(_MAKE.format(table=level.code), values)
        cursor.execute("VACUUM ANALYZE")
