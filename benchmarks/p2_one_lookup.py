"""P2: whose ground one point is, in process."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.database import bare_connection, demo_url
from benchmarks.ground import EDITION, points_inside, snapshot
from benchmarks.race import Row, Side, race
from benchmarks.reference_tree import ReferenceTree

POINTS = 10_000
POINTS_OF_SQL = 1_000
LEAST_RATIO = 8

OWNER_OF_POINT = """
PREPARE owner_of_point (float8, float8, int) AS
SELECT grid.code
FROM grid
JOIN level ON level.code = grid.level
WHERE ST_Covers(grid.shape, ST_SetSRID(ST_MakePoint($1, $2), 4326)) AND grid.editions @> $3
ORDER BY level.rank DESC, grid.code COLLATE "C"
LIMIT 1
"""
ASK_OWNER = "EXECUTE owner_of_point (%s, %s, %s)"


def races() -> Iterator[Row]:
    """Race the locator against the tree of boxes, and against one prepared statement."""
    points = [(float(lon), float(lat)) for lon, lat in zip(*points_inside(POINTS), strict=True)]
    few = points[:POINTS_OF_SQL]
    locate, locate_by_tree = snapshot().locator.locate, ReferenceTree().locate
    yield race(
        Side("Locator.locate", lambda: [locate(*point) for point in points], POINTS),
        Side("STRtree, one point", lambda: [locate_by_tree(*point) for point in points], POINTS),
        unit="lookups",
        least_ratio=LEAST_RATIO,
    )
    connection = bare_connection(demo_url())
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(OWNER_OF_POINT)

        def ask_database() -> None:
            for lon, lat in few:
                cursor.execute(ASK_OWNER, (lon, lat, EDITION))
                cursor.fetchone()

        yield race(
            Side("Locator.locate", lambda: [locate(*point) for point in few], POINTS_OF_SQL),
            Side("prepared ST_Covers", ask_database, POINTS_OF_SQL),
            unit="lookups",
        )
    connection.close()
