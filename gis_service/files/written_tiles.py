"""Archives of tiles as files: PMTiles and MBTiles; the same tiles, the same bytes."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import orjson
from pmtiles.tile import Compression, Entry, TileType, tileid_to_zxy
from pmtiles.writer import finalize_header

from gis_service.files.tile_stage import TileStage
from tiles.address import Bounds

_E7 = 10_000_000

# No view of the ids: readers look for rows by zoom, column and row.
_MBTILES = """
CREATE TABLE metadata (name TEXT NOT NULL, value TEXT NOT NULL);
CREATE TABLE images (tile_id INTEGER PRIMARY KEY, tile_data BLOB NOT NULL);
CREATE TABLE map (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_id INTEGER,
    PRIMARY KEY (zoom_level, tile_column, tile_row)) WITHOUT ROWID;
CREATE VIEW tiles AS SELECT zoom_level, tile_column, tile_row, tile_data FROM map JOIN images USING (tile_id);
"""


@dataclass(frozen=True, slots=True)
class About:
    """What an archive tells of itself: its ground in degrees, where to look first, and all else by name.

    ``center`` is longitude, latitude and zoom.  ``metadata`` has ``vector_layers`` among others.
    """

    bounds: Bounds
    center: tuple[float, float, int]
    metadata: Mapping[str, Any]


def write_pmtiles(path: Path, stage: TileStage, about: About) -> None:
    """Write the tiles of a stage, of which there is at least one, as PMTiles.

    Source:
        PMTiles Version 3 Specification: clustered, directories and tiles compressed with gzip.
    """
    sizes: list[int] = []
    entries: list[Entry] = []
    count = 0
    for tile in stage.tiles():
        if tile.body > len(sizes):
            sizes.append(tile.size)
        count += 1
        _add_entry(entries, tile.id, tile.body, tile.size)
    ends = [0, *accumulate(sizes)]
    for entry in entries:
        entry.offset = ends[entry.offset - 1]
    west, south, east, north = (round(degrees * _E7) for degrees in about.bounds)
    header: dict[str, Any] = {
        "tile_compression": Compression.GZIP,
        "tile_type": TileType.MVT,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_lon_e7": round(about.center[0] * _E7),
        "center_lat_e7": round(about.center[1] * _E7),
        "center_zoom": about.center[2],
    }
    head = finalize_header(  # type: ignore[no-untyped-call]
        header, count, entries, len(sizes), dict(about.metadata), clustered=True, tile_data_length=ends[-1]
    )
    with path.open("wb") as file:
        file.writelines(head)
        file.writelines(stage.bodies())


def _add_entry(entries: list[Entry], tile: int, body: int, size: int) -> None:
    """Add a tile to a directory, to the run of the tile before if that has the same body; offset is the body yet."""
    last = entries[-1] if entries else None
    if last is not None and last.offset == body and last.tile_id + last.run_length == tile:
        last.run_length += 1
    else:
        entries.append(Entry(tile, body, size, 1))


def write_mbtiles(path: Path, stage: TileStage, about: About) -> None:
    """Write the tiles of a stage as MBTiles: an SQLite database, rows counted from the south.

    Source:
        MBTiles 1.3.
    """
    file = sqlite3.connect(path, isolation_level=None)
    try:
        file.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;" + _MBTILES)
        file.executemany("INSERT INTO images VALUES (?, ?)", enumerate(stage.bodies(), start=1))
        zooms = set()
        for tile in stage.tiles():
            zoom, column, row = tileid_to_zxy(tile.id)
            zooms.add(zoom)
            file.execute("INSERT INTO map VALUES (?, ?, ?, ?)", (zoom, column, (1 << zoom) - 1 - row, tile.body))
        file.executemany("INSERT INTO metadata VALUES (?, ?)", _mbtiles_metadata(about, sorted(zooms)))
        file.execute("COMMIT")
    finally:
        file.close()


def _mbtiles_metadata(about: About, zooms: Sequence[int]) -> list[tuple[str, str]]:
    told = {name: value for name, value in about.metadata.items() if name != "vector_layers"}
    rows = {name: value if isinstance(value, str) else orjson.dumps(value).decode() for name, value in told.items()}
    rows |= {
        "format": "pbf",
        "bounds": ",".join(map(str, about.bounds)),
        "center": ",".join(map(str, about.center)),
        "minzoom": str(zooms[0]),
        "maxzoom": str(zooms[-1]),
        "json": orjson.dumps({"vector_layers": about.metadata["vector_layers"]}).decode(),
    }
    return list(rows.items())
