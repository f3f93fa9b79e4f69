"""The locator of the province, kept as a file as a worker keeps it, and points of four kinds to ask it about."""

from __future__ import annotations

import hashlib
import mmap
from functools import cache
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from benchmarks.database import HOME
from benchmarks.province import content_hash, province, unit_shapes
from grid_boundaries import locate
from grid_boundaries.locate.coordinates import quantise
from grid_boundaries.locate.format import pack, unpack
from grid_boundaries.locate.raster.reader import UNDECIDED, PlainReader
from grid_boundaries.locate.raster_locator import RasterLocator
from grid_boundaries.synthetic.province import LEVELS

STRATA = ("random", "interior", "mixed", "edge")
"""Anywhere in the province; in cells with one owner; in cells that edges cross; on vertices and middles of edges."""

SEED = 20_260_702


@cache
def locator() -> RasterLocator:
    """Return the province's locator, mapped from its file; made first when there is none of this code."""
    path = _path()
    if not path.exists():
        for outdated in HOME.glob("locator-*"):
            outdated.unlink()
        ranks = {level: rank for rank, level in enumerate(LEVELS)}
        made = RasterLocator.build(province(), ranks).arrays()
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb") as file:
            file.writelines(pack({}, made))
        unfinished.rename(path)
    with path.open("rb") as file:
        return RasterLocator.of_arrays(unpack(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))[1])


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


def _path() -> Path:
    digest = hashlib.sha256(content_hash().encode())
    for path in sorted(Path(locate.__file__).parent.rglob("*.py*")):
        if path.suffix in {".py", ".pyx"}:
            digest.update(path.read_bytes())
    return HOME / f"locator-{digest.hexdigest()[:16]}"
