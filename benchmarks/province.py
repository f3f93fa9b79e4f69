"""The province: 132,000 unit grids and their ancestors, made once and kept under ``.gis/bench``.

``GIS_BENCH_GRIDS`` makes a smaller one, to try a row out; what is published is measured on the whole.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from benchmarks.database import HOME
from grid_boundaries import partition, synthetic
from grid_boundaries.partition import Grid
from grid_boundaries.synthetic.province import LEVELS, make_province

WHOLE = 132_000
GRIDS = int(os.environ.get("GIS_BENCH_GRIDS", WHOLE))
SEED = 7

SIZE = "" if GRIDS == WHOLE else f"_{GRIDS}"
"""What names of files and databases have in them for a smaller province."""

_KEPT = f"province{SIZE}-{{}}.npz"


@cache
def province() -> tuple[Grid, ...]:
    """Return the grids of all levels, parents first; from the file when there is one of the same content."""
    path = HOME / _KEPT.format(content_hash())
    if not path.exists():
        for outdated in HOME.glob(_KEPT.format("*")):
            outdated.unlink()
        _keep(path, make_province(GRIDS, SEED))
    return tuple(_read(path))


def unit_shapes() -> NDArray[np.object_]:
    """Return the polygons of the unit grids, which tile the province."""
    shapes = np.empty(GRIDS, dtype=np.object_)
    shapes[:] = [grid.shape for grid in province() if grid.level == LEVELS[-1]]
    return shapes


def content_hash() -> str:
    """Return what the province depends on: how many grids, of what seed, by which code and library."""
    digest = hashlib.sha256(f"{GRIDS} {SEED} {np.__version__}".encode())
    for path in (Path(partition.__file__), *sorted(Path(synthetic.__file__).parent.glob("*.py"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _keep(path: Path, grids: list[Grid]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    shapes = np.empty(len(grids), dtype=np.object_)
    shapes[:] = [grid.shape for grid in grids]
    _, points, (rings, _) = shapely.to_ragged_array(shapes)
    unfinished = path.with_suffix(".part.npz")
    np.savez(
        unfinished,
        points=points,
        rings=rings,
        codes=[grid.code for grid in grids],
        levels=[grid.level or "" for grid in grids],
        parents=[grid.parent or "" for grid in grids],
        names=[grid.name for grid in grids],
        households=[-1 if grid.households is None else grid.households for grid in grids],
    )
    unfinished.rename(path)


def _read(path: Path) -> list[Grid]:
    with np.load(path) as kept:
        rings = kept["rings"]
        shapes = shapely.from_ragged_array(
            shapely.GeometryType.POLYGON, kept["points"], (rings, np.arange(len(rings)))
        )
        columns = [kept[name].tolist() for name in ("codes", "levels", "parents", "names", "households")]
    return [
        Grid(code, shape, level, parent or None, name, households=None if households < 0 else households)
        for shape, code, level, parent, name, households in zip(shapes, *columns, strict=True)
    ]
