"""P6: a tile that nobody remembers."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.database import bare_connection, demo_url, open_work
from benchmarks.ground import EDITION
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

# What one would write by hand: the level that the zoom draws, the same fields, the same buffer.
RAW = """
SELECT ST_AsMVT(feature, 'grids', 4096, 'geom', 'id')
FROM (
    SELECT c.feature_id AS id, g.code, g.name, g.level, g.parent, g.kind, g.households,
        ST_AsMVTGeom(ST_Transform(g.shape, 3857), ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64, true) AS geom
    FROM grid AS g
    JOIN grid_code AS c ON c.code = g.code
    WHERE g.shape && ST_Transform(ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 64.0 / 4096), 4326)
        AND g.editions @> %(edition)s AND g.level = %(level)s
) AS feature
WHERE feature.geom IS NOT NULL
"""


def races() -> Iterator[Row]:
    """Race the rendering of the fullest tiles of each zoom against their SQL by psycopg2."""
    work = open_work(demo_url())
    edition = read_tile_edition(EDITION, work)
    connection = bare_connection(demo_url())
    connection.autocommit = True
    with connection.cursor() as cursor:

        def render(addresses: list[TileAddress]) -> None:
            for address in addresses:
                render_tile(TileKey(EDITION, ("grids",), address, (), "public", TileFilters()), edition, PUBLIC, work)

        def query(addresses: list[TileAddress], level: str) -> None:
            for address in addresses:
                place = {"z": address.z, "x": address.x, "y": address.y}
                cursor.execute(RAW, place | {"edition": EDITION, "level": level})
                cursor.fetchone()

        for zoom in ZOOMS:
            addresses = tiles_of_town(zoom, TILES)
            level = choose_level(edition.present_levels(), zoom).code
            yield race(
                Side(f"render_tile, z{zoom}", lambda: render(addresses), len(addresses)),  # noqa: B023 - raced at once
                Side("raw ST_AsMVT", lambda: query(addresses, level), len(addresses)),  # noqa: B023 - raced at once
                unit="tiles",
                least_ratio=LEAST_RATIO,
            )
    connection.close()
