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

    @property
    def tag(self) -> str:
        """What stands for this version of the plan in ``ETag`` and ``If-Match``."""
        return f"plan-{self.id}-{self.version}"

    @property
    def standing(self) -> str:
        """``draft``, ``checked`` (a draft without errors at the last check of this version), or what became."""
        return "checked" if self.state == "draft" and self.is_valid else self.state


STANDINGS = ("draft", "checked", "published", "withdrawn")


@dataclass(frozen=True, slots=True)
class PlanChange:
    """One thing that a planner did to a plan: the intent, beside which ``plan_grid`` keeps the geometry."""

    position: int
    operation: str
    detail: Mapping[str, Any]
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Footprint:
    """The codes that a plan touches: drawn anew or changed, retired, and those that only follow."""

    redrawn: tuple[str, ...]
    retired: tuple[str, ...]
    refined: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """The footprint of a plan: grids as it wants them, and codes that it retires.

    ``refined`` are those of its grids that only follow: they have gained vertices on edges they had, or their
    households are summed anew; ``restored`` those that a revert brings back under their old codes.
    """

    grids: tuple[Grid, ...] = ()
    retired: frozenset[str] = frozenset()
    refined: frozenset[str] = frozenset()
    restored: frozenset[str] = frozenset()

    @property
    def redrawn(self) -> frozenset[str]:
        """The codes that this plan alone may change until it is published: all but the refined."""
        return self.touched - self.refined

    @property
    def touched(self) -> frozenset[str]:
        """Every code that the plan adds, changes or retires."""
        return self.retired | {grid.code for grid in self.grids}

    def overlaid(self, made: Draft) -> Draft:
        """Return this draft after a change; what was redrawn stays redrawn, whatever the change calls it."""
        grids = {grid.code: grid for grid in self.grids if grid.code not in made.touched}
        grids.update((grid.code, grid) for grid in made.grids)
        retired = (self.retired - grids.keys()) | made.retired
        return Draft(
            grids=tuple(grids[code] for code in sorted(grids)),
            retired=retired,
            refined=frozenset((self.refined - made.touched) | (made.refined - self.redrawn)),
            restored=frozenset((self.restored | made.restored) & grids.keys()),
        )

    def apply_to(self, grids: Sequence[Grid]) -> list[Grid]:
        """Return all grids of an edition as they would be with this draft, by code."""
        after = {grid.code: grid for grid in grids if grid.code not in self.retired}
        after.update({grid.code: grid for grid in self.grids})
        return [after[code] for code in sorted(after)]
