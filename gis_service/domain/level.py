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
