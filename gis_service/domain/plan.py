"""A plan: a draft redraw on top of an edition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from grid_boundaries.partition import Grid


@dataclass(frozen=True, slots=True)
class Plan:
    """A draft, or what became of it.

    ``version`` moves with every change, undo and redo.  ``head`` is the position of the last change that counts;
    those after it are undone.  ``is_valid`` is the check's verdict at this version, None when nobody has asked.
    ``reverts`` is the edition whose changes the plan undoes.
    """

    id: int
    title: str
    state: str
    base_edition: int | None
    version: int
    head: int
    is_valid: bool | None
    created_by: str
    created_at: datetime
    changed_at: datetime
    published_edition: int | None
    reverts: int | None


@dataclass(frozen=True, slots=True)
class PlanChange:
    """One thing that a planner did to a plan: the intent, beside which ``plan_grid`` keeps the geometry."""

    position: int
    operation: str
    detail: Mapping[str, Any]
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """The footprint of a plan: grids as it wants them, and codes that it retires.

    ``refined`` are those of its grids that have only gained vertices on edges they had; ``restored`` those that a
    revert brings back under their old codes.
    """

    grids: tuple[Grid, ...] = ()
    retired: frozenset[str] = frozenset()
    refined: frozenset[str] = frozenset()
    restored: frozenset[str] = frozenset()

    @property
    def touched(self) -> frozenset[str]:
        """Every code that the plan adds, changes or retires."""
        return self.retired | {grid.code for grid in self.grids}

    def apply_to(self, grids: Sequence[Grid]) -> list[Grid]:
        """Return all grids of an edition as they would be with this draft, by code."""
        after = {grid.code: grid for grid in grids if grid.code not in self.retired}
        after.update({grid.code: grid for grid in self.grids})
        return [after[code] for code in sorted(after)]
