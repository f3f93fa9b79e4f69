"""What the counts of cells cost who writes buildings: ``python -m benchmarks.building_triggers``.

100,000 buildings over 0.3 by 0.3 degrees (some 1,500 cells), stored and committed with the triggers of
migration 0006 and without them, in turn: a thousand a statement as the service does it, from west to east or in any
order, and all in one statement.
"""

from __future__ import annotations

from functools import partial

from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, whatever psycopg2 writes

from benchmarks.database import bare_connection, empty_database, stop
from benchmarks.race import Side, race

BUILDINGS = 100_000

_INSERT = """
    INSERT INTO building (code, name, address, use, households, point)
    SELECT 'T' || n, '楼', '路', 'residential', 3,
           ST_SetSRID(ST_MakePoint(
               102.6 + 0.3 * (CASE WHEN %s THEN n / 1e5 ELSE random() END), 24.9 + 0.3 * random()
           ), 4326)
    FROM generate_series(%s, %s) AS n
"""


def store(connection: Connection, at_once: int, *, ordered: bool, counted: bool) -> None:
    """Store all buildings in the place of those that are there, so many a statement."""
    with connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE building CASCADE")
        if not counted:
            cursor.execute("ALTER TABLE building DISABLE TRIGGER USER")
        for first in range(1, BUILDINGS + 1, at_once):
            cursor.execute(_INSERT, (ordered, first, first + at_once - 1))
        cursor.execute("SELECT coalesce(sum(buildings), 0) FROM building_cell")
        (found,) = cursor.fetchone() or (None,)
        if found != (BUILDINGS if counted else 0):
            message = f"{found} buildings are counted"
            raise RuntimeError(message)
        cursor.execute("ALTER TABLE building ENABLE TRIGGER USER")


def main() -> None:
    """Print how many buildings a second are stored with the triggers and without."""
    connection = bare_connection(empty_database("gis_bench_triggers"))
    try:
        for at_once, ordered in ((1_000, True), (1_000, False), (BUILDINGS, False)):
            row = race(
                Side("with", partial(store, connection, at_once, ordered=ordered, counted=True), BUILDINGS),
                Side("without", partial(store, connection, at_once, ordered=ordered, counted=False), BUILDINGS),
                unit="buildings",
                rounds=3,
            )
            cost_us = 1e6 / row.ours_per_s - 1e6 / row.reference_per_s
            order = "from west to east" if ordered else "in any order"
            print(
                f"{at_once:,} a statement, {order}: {BUILDINGS / row.ours_per_s:.2f} s with the triggers, "
                f"{BUILDINGS / row.reference_per_s:.2f} s without; {cost_us:.1f} µs a building, "
                f"ratio {row.ratio:.2f} ({row.ratio_low:.2f}-{row.ratio_high:.2f})"
            )
    finally:
        connection.close()
        stop()


if __name__ == "__main__":
    main()
