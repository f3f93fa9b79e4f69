"""P8: the proof that a tree of grids tiles its ground."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from benchmarks.ground import finest_grids, levels, panlong
from benchmarks.race import Row, Side, race
from grid_boundaries.check import CheckRules, check_tree

LEAST_RATIO = 1


def races() -> Iterator[Row]:
    """Race the check of all levels against GEOS's check of one level, which says yes or no, and only of edges."""
    tree, rules, names = panlong(), CheckRules(), [level.code for level in levels()]
    shapes = np.array([grid.shape for grid in finest_grids()], dtype=np.object_)
    if check_tree(tree, rules, names).certificate is None or not shapely.coverage_is_valid(shapes):
        msg = "Panlong is not proved to be tiled"
        raise ValueError(msg)
    yield race(
        Side(f"check_tree, {len(tree)} grids, all levels", lambda: check_tree(tree, rules, names)),
        Side(f"coverage_is_valid, {len(shapes)} grids", lambda: shapely.coverage_is_valid(shapes)),
        unit="checks",
        least_ratio=LEAST_RATIO,
    )
