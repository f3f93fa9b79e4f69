"""P8: the proof that a tree of grids tiles its ground."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from benchmarks.ground import finest_grids, levels, panlong
from benchmarks.province import province, unit_shapes
from benchmarks.race import ROUNDS, Row, Side, race
from grid_boundaries.check import CheckRules, check_tree
from grid_boundaries.partition import Grid
from grid_boundaries.synthetic.province import LEVELS

LEAST_RATIO = 1
ROUNDS_OF_PROVINCE = 5


def races() -> Iterator[Row]:
    """Race the check of all levels against GEOS's check of one level, which says yes or no, and only of edges."""
    finest = np.array([grid.shape for grid in finest_grids()], dtype=np.object_)
    yield _race(panlong(), [level.code for level in levels()], finest)
    yield _race(province(), LEVELS, unit_shapes(), rounds=ROUNDS_OF_PROVINCE)


def _race(tree: Sequence[Grid], names: Sequence[str], shapes: NDArray[np.object_], rounds: int = ROUNDS) -> Row:
    rules = CheckRules()
    if check_tree(tree, rules, names).certificate is None or not shapely.coverage_is_valid(shapes):
        msg = f"the {len(tree)} grids are not proved to tile their ground"
        raise ValueError(msg)
    return race(
        Side(f"check_tree, {len(tree):,} grids, all levels", lambda: check_tree(tree, rules, names)),
        Side(f"coverage_is_valid, {len(shapes):,} grids", lambda: shapely.coverage_is_valid(shapes)),
        unit="checks",
        least_ratio=LEAST_RATIO,
        rounds=rounds,
    )
