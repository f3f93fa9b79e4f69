"""P2: whose ground one point is, in process."""

from __future__ import annotations

from collections.abc import Iterator

from tzfpy import get_tz

from benchmarks.database import bare_connection, demo_url
from benchmarks.ground import EDITION, points_inside, snapshot
from benchmarks.province import province
from benchmarks.province_lookup import locator, points
from benchmarks.race import Row, Side, race
from benchmarks.reference_tree import ReferenceTree
from grid_boundaries.synthetic.province import LEVELS

POINTS = 10_000
POINTS_OF_SQL = 1_000
LEAST_OF_TZFPY = 1
LEAST_OF_TREE = 8

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
    """Race the locator against another in Rust, against the tree of boxes and against one prepared statement."""
    pairs = [(float(lon), float(lat)) for lon, lat in zip(*points("random", POINTS), strict=True)]
    locate = locator().locate
    locate_by_tree = ReferenceTree([grid for grid in province() if grid.level == LEVELS[-1]]).locate
    ours = Side("locate, province", lambda: [locate(*pair) for pair in pairs], POINTS)
    yield race(
        ours,
        Side("tzfpy, 444 time zones", lambda: [get_tz(*pair) for pair in pairs], POINTS),
        unit="lookups",
        least_ratio=LEAST_OF_TZFPY,
    )
    yield race(
        ours,
        Side("STRtree, one point", lambda: [locate_by_tree(*pair) for pair in pairs], POINTS),
        unit="lookups",
        least_ratio=LEAST_OF_TREE,
    )
    few = [(float(lon), float(lat)) for lon, lat in zip(*points_inside(POINTS_OF_SQL), strict=True)]
    locate = snapshot().locator.locate
    connection = bare_connection(demo_url())
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(OWNER_OF_POINT)

        def ask_database() -> None:
            for lon, lat in few:
                cursor.execute(ASK_OWNER, (lon, lat, EDITION))
                cursor.fetchone()

        yield race(
            Side("locate, Panlong", lambda: [locate(*pair) for pair in few], POINTS_OF_SQL),
            Side("prepared ST_Covers", ask_database, POINTS_OF_SQL),
            unit="lookups",
        )
    connection.close()
