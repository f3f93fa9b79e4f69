"""P1: whose ground many points are, in process."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.database import demo_url, open_work
from benchmarks.ground import EDITION, points_inside, snapshot
from benchmarks.race import Row, Side, race
from benchmarks.reference_tree import ReferenceTree

POINTS = 1_000_000
POINTS_OF_SQL = 100_000
LEAST_RATIO = 50


def races() -> Iterator[Row]:
    """Race the locator against the tree of boxes, and against the SQL that says the same."""
    lons, lats = points_inside(POINTS)
    locator, reference = snapshot().locator, ReferenceTree()
    ours = Side("Locator.locate_many", lambda: locator.locate_many(lons, lats), POINTS)
    few = lons[:POINTS_OF_SQL], lats[:POINTS_OF_SQL]
    owners = [locator.codes[index] for index in locator.locate_many(*few)]
    if owners != [reference.codes[index] for index in reference.locate_many(*few)]:
        msg = "the locator and its reference disagree"
        raise ValueError(msg)
    yield race(
        ours,
        Side("STRtree, prepared polygons", lambda: reference.locate_many(lons, lats), POINTS),
        unit="points",
        least_ratio=LEAST_RATIO,
        rounds=3,
    )
    work = open_work(demo_url())

    def ask_database() -> None:
        with work:
            work.owners.of_points(EDITION, *few)

    yield race(
        Side(ours.name, lambda: locator.locate_many(*few), POINTS_OF_SQL),
        Side("owner_of_points.sql", ask_database, POINTS_OF_SQL),
        unit="points",
        rounds=2,
    )
