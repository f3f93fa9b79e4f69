"""The snapshot of the province, in a file as workers have it, and points of four kinds to ask it about."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from benchmarks.database import HOME
from benchmarks.province import content_hash, province, unit_shapes
from gis_service.domain.edition import Edition
from gis_service.domain.level import Level
from gis_service.snapshots.folder import SnapshotFolder
from gis_service.snapshots.snapshot import Snapshot, build_snapshot, ranks_of
from grid_boundaries import locate
from grid_boundaries.locate.coordinates import quantise
from grid_boundaries.locate.raster.reader import UNDECIDED, PlainReader
from grid_boundaries.locate.raster_locator import RasterLocator
from grid_boundaries.synthetic.province import LEVELS

STRATA = ("random", "interior", "mixed", "edge")
"""Anywhere in the province; in cells with one owner; in cells that edges cross; on vertices and middles of edges."""

SEED = 20_260_702

FOLDER = SnapshotFolder(HOME / "snapshots")
_LEVELS = tuple(Level(code, rank, code, code, 0, 22) for rank, code in enumerate(LEVELS))
RANKS = ranks_of(_LEVELS)


@cache
def snapshot() -> Snapshot:
    """Return what a worker holds of the province, mapped from its file, which is made where there is none."""
    return FOLDER.obtain(_edition(), RANKS, lambda: build_snapshot(_edition(), province(), _LEVELS))


def snapshot_file() -> Path:
    """Return the file of ``snapshot()``."""
    return FOLDER.file_of(_edition(), RANKS)


def locator() -> RasterLocator:
    """Return the province's locator."""
    return snapshot().locator


def points(stratum: str, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points of a stratum on the lattice, longitudes and latitudes, in no order, the same in each run."""
    random = np.random.default_rng(SEED)
    if stratum == "edge":
        rings, ring_of = shapely.get_coordinates(shapely.get_exterior_ring(unit_shapes()), return_index=True)
        middles = ((rings[1:] + rings[:-1]) / 2)[ring_of[1:] == ring_of[:-1]]
        places = np.vstack([rings, middles])
        lons, lats = places[random.integers(0, len(places), count)].T
        return quantise(np.ascontiguousarray(lons), np.ascontiguousarray(lats))
    west, south, east, north = shapely.total_bounds(unit_shapes())
    plain = PlainReader(locator()._raster)  # noqa: SLF001 - a stratum is what the raster makes of a place
    found: list[NDArray[np.float64]] = []
    while sum(map(len, found)) < count:
        lons, lats = quantise(random.uniform(west, east, count), random.uniform(south, north, count))
        owners = np.empty(count, dtype=np.int32)
        plain.owners(lons, lats, owners)
        if stratum == "random":
            wanted = locator().locate_many(lons, lats) >= 0
        else:
            wanted = owners == UNDECIDED if stratum == "mixed" else owners >= 0
        found.append(np.column_stack([lons, lats])[wanted])
    lons, lats = np.vstack(found)[:count].T
    return np.ascontiguousarray(lons), np.ascontiguousarray(lats)


@cache
def _edition() -> Edition:
    """Return an edition of the province that is another one whenever the locator's code changes."""
    digest = hashlib.sha256(content_hash().encode())
    for path in sorted(Path(locate.__file__).parent.rglob("*.py*")):
        if path.suffix in {".py", ".pyx"}:
            digest.update(path.read_bytes())
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    return Edition(1, long_ago, long_ago, "benchmark", "", 0, digest.hexdigest(), {}, (0.0, 0.0, 0.0, 0.0))
