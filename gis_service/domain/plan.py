"""A plan: a draft redraw on top of an edition."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from grid_boundaries.partition import Grid


@dataclass(frozen=True, slots=True)
class Plan:
    """A draft, or what became of it; ``version`` moves with every change."""

    id: int
    title: str
    state: str
    base_edition: int | None
    version: int
    created_by: str
    created_at: datetime
    changed_at: datetime
    published_edition: int | None


@dataclass(frozen=True, slots=True)
class Draft:
    """The footprint of a plan: grids as it wants them, and codes that it retires."""

    grids: tuple[Grid, ...]
    retired: frozenset[str]

    def apply_to(self, grids: list[Grid]) -> list[Grid]:
        """Return all grids of an edition as they would be with this draft, by code."""
        after = {grid.code: grid for grid in grids if grid.code not in self.retired}
        after.update({grid.code: grid for grid in self.grids})
        return [after[code] for code in sorted(after)]
