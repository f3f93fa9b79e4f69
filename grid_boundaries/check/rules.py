"""What a check holds the grids to: the figures, and the words for how bad a finding is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from grid_boundaries.check.balance import Balance

Severity: TypeAlias = Literal["error", "warning", "info"]
WidthClass: TypeAlias = Literal["noise", "misaligned", "sliver", "real"]

NOISE_STEPS = 3.0
"""Two roundings of one point lie up to 1.42 lattice steps apart, a point and a line through such points up to 2."""

NOISE_M = 0.00035
"""``NOISE_STEPS`` in metres: a third of a millimetre, below any surveyed coordinate."""


@dataclass(frozen=True, slots=True)
class CheckRules:
    """The figures of a jurisdiction; lengths in metres of ground.

    Attributes:
        tolerance_m: up to this width a fault is ``misaligned``: edges meant to meet do not; 0.05 m suits a 1:500 map.
        sliver_m: up to this width a fault is a ``sliver``, above it is ``real`` ground.
        stored_precision_m: width of the step on which the input was rounded; up to it a fault is ``noise``.
        strip_width_m: without a parent, ground open to the outside is a gap only where it is narrower (``openings``).
        coverage_target: share of the parent that must be owned; 1.0 in town, at least 0.9 in the country.
        coverage_targets: the same for the subtree of a grid, by its code; the deepest that holds a family counts.
        households_min: fewest households of a grid at ``household_levels``.
        households_max: most households of a grid at ``household_levels``.
        household_levels: the levels whose grids are measured by households.
        single_part_levels: the levels whose grids must be one piece; above them an exclave is lawful.
        balance: how far the workload of a grid may be from the mean of its siblings.
        contiguity: whether to remark on enclaves and on children that do not hang together.

    Raises:
        ValueError: a length is negative or not finite, or the target is not between 0 and 1.
    """

    tolerance_m: float = 0.05
    sliver_m: float = 0.5
    stored_precision_m: float = 0.0
    strip_width_m: float = 100.0
    coverage_target: float = 1.0
    coverage_targets: Mapping[str, float] = field(default_factory=dict, hash=False)
    households_min: int = 300
    households_max: int = 500
    household_levels: tuple[str, ...] = ("unit_grid",)
    single_part_levels: tuple[str, ...] = ("unit_grid", "micro_grid")
    balance: Balance = field(default_factory=Balance)
    contiguity: bool = True

    def __post_init__(self) -> None:
        for name in ("tolerance_m", "sliver_m", "stored_precision_m", "strip_width_m"):
            width = getattr(self, name)
            if not (math.isfinite(width) and width >= 0):
                raise ValueError(f"{name} must be a length in metres, zero or more; got {width}")
        if not 0 <= self.coverage_target <= 1:
            raise ValueError(f"coverage_target is a share between 0 and 1; got {self.coverage_target}")
        for code, target in self.coverage_targets.items():
            if not 0 <= target <= 1:
                raise ValueError(f"coverage_targets has shares between 0 and 1; got {target} for {code}")

    def target_of(self, code: str | None, parent_of: Mapping[str, str | None]) -> float:
        """Return the share of a grid that its children must own: its own target, else that of the nearest above.

        ``coverage_target`` where none has one.  ``parent_of`` tells the parents of grids as far as they are known; a
        circle of parents ends the search.
        """
        if not self.coverage_targets:
            return self.coverage_target
        seen: set[str] = set()
        while code is not None and code not in seen:
            if code in self.coverage_targets:
                return self.coverage_targets[code]
            seen.add(code)
            code = parent_of.get(code)
        return self.coverage_target

    def class_of(self, width_m: float) -> WidthClass:
        """Return the class of a fault by its width; a width on the line belongs to the smaller class."""
        if width_m <= max(NOISE_M, self.stored_precision_m):
            return "noise"
        if width_m <= self.tolerance_m:
            return "misaligned"
        return "sliver" if width_m <= self.sliver_m else "real"


def severity_of(width_class: WidthClass) -> Severity:
    """Return how bad a fault of the coverage is: all but rounding noise is an error."""
    return "info" if width_class == "noise" else "error"
