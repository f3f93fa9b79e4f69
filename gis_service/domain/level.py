"""A level of the tree: data, not a constant."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Level:
    """A rank of grids and the zooms at which maps draw it; the root has the smallest rank."""

    code: str
    rank: int
    name: str
    name_en: str
    min_zoom: int
    max_zoom: int


USUAL_LEVELS = ("city", "district", "street", "community", "unit_grid", "micro_grid")
"""The levels of the five-level chain and the micro-grid below it, root first: what a file is taken to mean."""

STANDARD_LEVELS = (
    Level("city", 0, "市", "City", 0, 7),
    Level("district", 1, "区", "District", 0, 9),
    Level("street", 2, "街道", "Street", 10, 11),
    Level("community", 3, "社区", "Community", 12, 13),
    Level("unit_grid", 4, "网格", "Unit grid", 14, 22),
    Level("micro_grid", 5, "微网格", "Micro-grid", 16, 22),
)
"""The levels of the five-level chain and the micro-grid below it: what a database without any begins with."""
