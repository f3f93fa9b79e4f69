"""Check boundaries that somebody brings along; nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence

from shapely.geometry.base import BaseGeometry

from gis_service.domain.level import USUAL_LEVELS
from grid_boundaries.check import CheckRules, Report, check_grids, check_tree, is_tree, with_compactness
from grid_boundaries.partition import Grid


def check_boundaries(
    grids: Sequence[Grid], parent: BaseGeometry | None, parent_code: str | None, rules: CheckRules
) -> Report:
    """Return the report on some grids: side by side, inside a parent if one is given, or a tree by its own parents.

    The order of levels counts only where all levels are usual ones: those of a city of another kind are not known
    without its database.
    """
    if parent is None and is_tree(grids):
        levels = USUAL_LEVELS if all(grid.level in USUAL_LEVELS for grid in grids) else ()
        return with_compactness(check_tree(grids, rules, levels), grids)
    return with_compactness(check_grids(grids, parent, rules, parent_code), grids)
