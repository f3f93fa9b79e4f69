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
