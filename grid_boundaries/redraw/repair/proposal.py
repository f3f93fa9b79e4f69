"""What a repair would do, as values to look at: nothing is changed until somebody takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check import Finding, Report
from grid_boundaries.partition import Grid

Why: TypeAlias = Literal["choice", "before", "longest-edge", "smallest-code", "clip", "snap", "keep"]
"""The rule that decided: the planner's choice; who owned the ground before; the longest shared edge; the smallest
code where edges are equally long; ground outside the parent; a piece too narrow to decide about (by the longest edge
too); and ground that a grid keeps because it has no other, although it lies inside another grid."""

AnnouncementKind: TypeAlias = Literal["made-valid", "multipart", "removed", "refused", "choice-ignored"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """A piece of ground that gets one owner: of several, of none, or none at all outside the parent.

    ``from_codes`` are all who claimed it, ``to_code`` may be one of them; None for nobody.  ``geometry`` is in
    degrees.  ``finding_id`` names the finding that it settles; None for noise that came up on the way.
    """

    finding_id: str | None
    from_codes: tuple[str, ...]
    to_code: str | None
    area_m2: float
    why: Why
    geometry: BaseGeometry
    needs_decision: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the assignment as JSON."""
        return {
            "finding_id": self.finding_id,
            "from": list(self.from_codes),
            "to": self.to_code,
            "area_m2": self.area_m2,
            "why": self.why,
            "needs_decision": self.needs_decision,
            "geometry": mapping(self.geometry),
        }


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something that a planner must know before taking the proposal."""

    kind: AnnouncementKind
    grids: tuple[str, ...]
    message: str
    message_zh: str

    def as_dict(self) -> dict[str, Any]:
        """Return the announcement as JSON."""
        return {
            "kind": self.kind,
            "grids": list(self.grids),
            "message": self.message,
            "message_zh": self.message_zh,
        }


@dataclass(frozen=True, slots=True)
class NotRepaired:
    """An error that stays, and why."""

    finding: Finding
    reason: str
    reason_zh: str

    def as_dict(self) -> dict[str, Any]:
        """Return the error that stays as JSON."""
        return {"finding": self.finding.as_dict(), "reason": self.reason, "reason_zh": self.reason_zh}


@dataclass(frozen=True, slots=True)
class GroundChange:
    """How much ground a grid would gain and lose, in square metres."""

    gained_m2: float = 0.0
    lost_m2: float = 0.0


@dataclass(frozen=True, slots=True)
class Replacement:
    """A grid as it is, and as it would be; None for one that would go."""

    old: Grid
    new: Grid | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A repair to look at: what changes, for which reasons, and what the check says of the outcome.

    ``report_after`` is the check of the whole set as it would be.  ``diff`` has the grids whose ground changes, by
    code, measured between their polygons of now and then; a grid that only gains or loses vertices on its edges is in
    ``grids`` and not there.  The areas of ``assignments`` are those of faces, noded on the lattice: along an edge of
    a kilometre they may differ by 0.1 m².
    """

    replacements: tuple[Replacement, ...]
    assignments: tuple[Assignment, ...]
    announcements: tuple[Announcement, ...]
    not_repaired: tuple[NotRepaired, ...]
    report_after: Report
    diff: Mapping[str, GroundChange] = field(default_factory=dict)

    @property
    def grids(self) -> tuple[Grid, ...]:
        """The grids that change, as they would be, by code."""
        return tuple(replacement.new for replacement in self.replacements if replacement.new is not None)

    @property
    def removed(self) -> tuple[str, ...]:
        """The codes of grids that would go, by code."""
        return tuple(replacement.old.code for replacement in self.replacements if replacement.new is None)

    @property
    def moved(self) -> tuple[tuple[str | None, str | None, BaseGeometry], ...]:
        """Whose ground becomes whose: (from, to, geometry in degrees), None for nobody.

        A piece that three grids claim moves from each of the two who lose it.
        """
        return tuple(
            (code, assignment.to_code, assignment.geometry)
            for assignment in self.assignments
            for code in (assignment.from_codes or (None,))
            if code != assignment.to_code
        )

    @property
    def complete(self) -> bool:
        """Whether no error would be left."""
        return self.report_after.valid

    def applied_to(self, grids: Sequence[Grid]) -> list[Grid]:
        """Return grids as they would be, in their order; those that would go are left out."""
        new = {_identity(replacement.old): replacement.new for replacement in self.replacements}
        after = [new.get(_identity(grid), grid) for grid in grids]
        return [grid for grid in after if grid is not None]

    def as_dict(self) -> dict[str, Any]:
        """Return the proposal as JSON, the changed grids as GeoJSON features."""
        return {
            "grids": [
                {"type": "Feature", "properties": {"code": grid.code}, "geometry": mapping(grid.shape)}
                for grid in self.grids
            ],
            "removed": list(self.removed),
            "diff": {
                code: {"gained_m2": change.gained_m2, "lost_m2": change.lost_m2} for code, change in self.diff.items()
            },
            "assignments": [assignment.as_dict() for assignment in self.assignments],
            "announcements": [announcement.as_dict() for announcement in self.announcements],
            "not_repaired": [left.as_dict() for left in self.not_repaired],
            "report_after": self.report_after.as_dict(),
        }


def _identity(grid: Grid) -> tuple[str, bytes | None]:
    """Return what tells a grid from another of the same code."""
    return grid.code, None if grid.shape is None else grid.shape.wkb
