"""P6: a tile that nobody remembers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.database import bare_connection, demo_url, open_work
from benchmarks.ground import EDITION, finest_grids, levels, panlong
from benchmarks.race import Row, Side, race
from benchmarks.town import tiles_of_town
from gis_service.domain.access import PUBLIC
from gis_service.use_cases.describe_tiles import read_tile_edition
from gis_service.use_cases.render_tile import render_tile
from tiles.address import TileAddress
from tiles.etag import TileKey
from tiles.filters import TileFilters
from tiles.layers import choose_level

ZOOMS = range(12, 17)
TILES = 8
LEAST_RATIO = 1 / 1.15

# What one would write by hand: the same fields and buffer, and the grids that the zoom draws named beforehand.
# ST_AsMVT passes over what ST_AsMVTGeom makes NULL.
RAW = """
SELECT ST_AsMVT(feature, 'grids', 4096, 'geom', 'id')
FROM (
    SELECT c.feature_id AS id, g.code, g.name, g.level, g.parent, g.kind, g.households,
        ST_AsMVTGeom(ST_Transform(g.shape, 3857), ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64, true) AS geom
    FROM grid AS g
    JOIN grid_code AS c ON c.code = g.code
    WHERE g.shape && ST_Transform(ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 64.0 / 4096), 4326)
        AND g.editions @> %(edition)s AND g.code = ANY (%(drawn)s)
) AS feature
"""


def races() -> Iterator[Row]:
    """Race the rendering of the fullest tiles of each zoom against their SQL by psycopg2."""
    work = open_work(demo_url())
    edition = read_tile_edition(EDITION, work)
    connection = bare_connection(demo_url())
    connection.autocommit = True
    with connection.cursor() as cursor:

        def render(address: TileAddress) -> bytes:
            key = TileKey(EDITION, ("grids",), address, (), "public", TileFilters())
            return render_tile(key, edition, PUBLIC, work)

        def query(address: TileAddress, drawn: list[str]) -> bytes:
            place = {"z": address.z, "x": address.x, "y": address.y}
            cursor.execute(RAW, place | {"edition": EDITION, "drawn": drawn})
            [tile] = cursor.fetchone() or (b"",)
            return bytes(tile)

        for zoom in ZOOMS:
            tiles, drawn = tiles_of_town(zoom, TILES), _drawn(choose_level(edition.present_levels(), zoom).rank)
            if [len(render(tile)) for tile in tiles] != [len(query(tile, drawn)) for tile in tiles]:
                msg = f"the two ways draw other tiles at zoom {zoom}"
                raise ValueError(msg)
            # partial, not a lambda: the variables are those of the loop.
            yield race(
                Side(f"render_tile, z{zoom}", partial(_each, render, tiles), len(tiles)),
                Side("raw ST_AsMVT", partial(_each, partial(query, drawn=drawn), tiles), len(tiles)),
                unit="tiles",
                least_ratio=LEAST_RATIO,
            )
    connection.close()


def _each(draw: Callable[[TileAddress], bytes], tiles: list[TileAddress]) -> None:
    for tile in tiles:
        draw(tile)


def _drawn(rank: int) -> list[str]:
    """Return the codes of the grids of a level and of those above it that end there."""
    ranks = {level.code: level.rank for level in levels()}
    ends = {grid.code for grid in finest_grids()}
    return [
        grid.code
        for grid in panlong()
        if ranks[grid.level or ""] == rank or (ranks[grid.level or ""] < rank and grid.code in ends)
    ]
