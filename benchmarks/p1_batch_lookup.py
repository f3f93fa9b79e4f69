"""P1: whose ground many points are, in process."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import sedonadb
import shapely
from numpy.typing import NDArray

from benchmarks.database import demo_url, open_work
from benchmarks.ground import EDITION, points_inside, snapshot
from benchmarks.province import province, unit_shapes
from benchmarks.province_lookup import STRATA, locator, points
from benchmarks.race import Row, Side, race
from benchmarks.reference_tree import ReferenceTree
from grid_boundaries.synthetic.province import LEVELS

POINTS = 1_000_000
POINTS_OF_SQL = 100_000
LEAST_OF_TREE = 50
LEAST_OF_SEDONA = 20

JOIN = (
    "SELECT count(*) AS owned, sum(grid.number) AS numbers FROM point JOIN grid ON ST_Covers(grid.shape, point.place)"
)


def races() -> Iterator[Row]:
    """Race the locator against the tree of boxes and a spatial join in Rust, and against the SQL of the service."""
    reference = ReferenceTree([grid for grid in province() if grid.level == LEVELS[-1]])
    for stratum in STRATA:
        yield _against_tree(stratum, reference)
    yield _against_sedona()
    yield _against_sql()


def _against_tree(stratum: str, reference: ReferenceTree) -> Row:
    lons, lats = points(stratum, POINTS)
    ours, theirs = locator().locate_many(lons, lats), reference.locate_many(lons, lats)
    names = np.array([*locator().codes, ""])[ours], np.array([*reference.codes, ""])[theirs]
    if (names[0] != names[1]).any():
        msg = f"the locator and its reference disagree about {np.count_nonzero(names[0] != names[1])} points"
        raise ValueError(msg)
    return race(
        Side(f"locate_many, province, {stratum} points", lambda: locator().locate_many(lons, lats), POINTS),
        Side("STRtree, prepared polygons", lambda: reference.locate_many(lons, lats), POINTS),
        unit="points",
        least_ratio=LEAST_OF_TREE if stratum == "random" else None,
        rounds=3,
    )


def _against_sedona() -> Row:
    """The join counts pairs and sums the grids' numbers: every pair has to be found, none has to be sent."""
    lons, lats = points("interior", POINTS)
    engine = sedonadb.connect()
    shapes = unit_shapes()
    _view(engine, "grid", "shape", shapes, {"number": np.arange(len(shapes))})
    _view(engine, "point", "place", np.asarray(shapely.points(lons, lats), dtype=np.object_), {})

    def join() -> tuple[int, int]:
        [found] = engine.sql(JOIN).to_arrow_table().to_pylist()
        return found["owned"], found["numbers"]

    owners = locator().locate_many(lons, lats)
    numbers = {grid.code: place for place, grid in enumerate(g for g in province() if g.level == LEVELS[-1])}
    if join() != (POINTS, sum(numbers[locator().codes[owner]] for owner in owners.tolist())):
        msg = "the locator and the join disagree"
        raise ValueError(msg)
    return race(
        Side("locate_many, province, interior points", lambda: locator().locate_many(lons, lats), POINTS),
        Side(f"SedonaDB {sedonadb.__version__}, join, all cores", join, POINTS),
        unit="points",
        least_ratio=LEAST_OF_SEDONA,
        rounds=3,
    )


def _view(
    engine: sedonadb.context.SedonaContext,
    name: str,
    column: str,
    shapes: NDArray[np.object_],
    others: dict[str, NDArray[np.int64]],
) -> None:
    wkb = pa.array(shapely.to_wkb(shapes), pa.binary())
    engine.create_data_frame(pa.table({"wkb": wkb, **others})).to_view(f"{name}_bytes", overwrite=True)
    columns = "".join(f", {other}" for other in others)
    decoded = engine.sql(f"SELECT ST_GeomFromWKB(wkb) AS {column}{columns} FROM {name}_bytes")  # noqa: S608 - our names
    decoded.to_memtable().to_view(name, overwrite=True)


def _against_sql() -> Row:
    lons, lats = points_inside(POINTS_OF_SQL)
    held, work = snapshot().locator, open_work(demo_url())

    def ask_database() -> None:
        with work:
            work.owners.of_points(EDITION, lons, lats)

    return race(
        Side("locate_many, Panlong", lambda: held.locate_many(lons, lats), POINTS_OF_SQL),
        Side("owner_of_points.sql", ask_database, POINTS_OF_SQL),
        unit="points",
        rounds=2,
    )
