"""The repair of a whole set of grids or a tree, as a proposal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import shapely
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check import CheckRules, Finding, Report, check_grids, check_tree, is_tree
from grid_boundaries.check.coverage import Family
from grid_boundaries.check.findings import GAPS
from grid_boundaries.check.validity import inspect_shapes
from grid_boundaries.partition import Grid
from grid_boundaries.projection import straight_area_m2
from grid_boundaries.redraw.repair import words
from grid_boundaries.redraw.repair.changes import ground_changes
from grid_boundaries.redraw.repair.family import repair_family
from grid_boundaries.redraw.repair.ground import NO_FAMILY, Ground, flat_ground, tree_ground
from grid_boundaries.redraw.repair.intent import Intent, shapes_before
from grid_boundaries.redraw.repair.mend import mend
from grid_boundaries.redraw.repair.proposal import (
    Announcement,
    AnnouncementKind,
    Assignment,
    NotRepaired,
    Proposal,
    Replacement,
)
from grid_boundaries.redraw.repair.rebuild import canonical, same_edges
from grid_boundaries.redraw.repair.status_quo import restore
from grid_boundaries.redraw.repair.vertices import settle_vertices

_ROUNDS = 10
"""The last finds nothing to do.  Two are the rule, a gap that is open to the outside may need three: its far end may
come to light only when the near one is closed."""

_NONE: Mapping[str, str] = MappingProxyType({})
_GROUND = GAPS | {
    "overlap",
    "contained",
    "duplicate-geometry",
    "outside-parent",
    "unmatched-vertex",
    "invalid-geometry",
}


def propose_repair(
    grids: Sequence[Grid],
    rules: CheckRules,
    levels: Sequence[str],
    *,
    before: Sequence[Grid] = (),
    choices: Mapping[str, str] = _NONE,
    parent: BaseGeometry | None = None,
    parent_code: str | None = None,
) -> Proposal:
    """Return what would give every point of the ground one owner; nothing is changed, and grids never make it raise.

    Faces of ground that nobody or several own go, by the first rule that applies: outside the parent to nobody; to
    the planner's choice; to who owned them before; to the neighbour or claimant with the longest shared edge; to
    the smallest code.  A parent's outline decides for its children, families come from the root down.  Where only
    vertices are missing, nothing moves.  No grid vanishes, unless a planner chose so or it doubles one of before.

    Args:
        grids: one set, or a tree by its own parents where ``parent`` is None; in degrees, in any order.
        rules: the figures of the jurisdiction; gaps that they allow stay.
        levels: the codes of the levels, the highest first; empty where levels do not matter.
        before: the grids as they were published.
        choices: the code that is to have the ground, by the id of the finding that the check gives.
        parent: the outline that one set must fill; it is not changed.
        parent_code: names that parent in findings.

    Returns:
        The proposal; its ``report_after`` has no error where it is ``complete``.  The same grids in another order
        give the same proposal, and the repaired grids an empty one: the repair goes on until it has nothing to do, or
        is given up and proposes nothing.

        With ``before``, grids that a finding names or the repair changes get their published vertices back, to the
        last one, where they are within a millimetre of those all around and the neighbours fit: so, within a parent,
        the fault of a grid is undone.  Ground that has one owner now is no fault and stays that owner's, whoever had
        it before: where one grid lost what another gained, nobody can tell it from a decision.  A grid that was also
        redrawn elsewhere, or a sharp corner of which noding took farther, keeps vertices that the repair has set.
    """
    grids = sorted(grids, key=lambda grid: (grid.code, b"" if grid.shape is None else grid.shape.wkb))
    work = _Work(grids, rules, levels, before, choices, parent, parent_code)
    work.repair()
    return work.proposal()


@dataclass
class _Work:
    """A repair on its way."""

    grids: Sequence[Grid]
    rules: CheckRules
    levels: Sequence[str]
    before: Sequence[Grid]
    choices: Mapping[str, str]
    parent: BaseGeometry | None
    parent_code: str | None
    assignments: list[Assignment] = field(default_factory=list)
    removed: set[int] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)
    """Grids that a finding names or that have changed: those that may be given their published vertices back."""
    at_rest: bool = True
    aside: dict[int, int | None] = field(default_factory=dict)
    """Grids that would have vanished, and the grid with the same polygon that each goes along with, if any."""

    def __post_init__(self) -> None:
        self.report = self.report_before = self._check(self.grids)
        self.intent = Intent(self.report.findings, self.choices, shapes_before(self.before))
        self.mended = mend([grid.shape for grid in self.grids])
        self.ground = self._ground(self.mended.shapes)
        self.as_given = self.ground.shapes.copy()

    def _check(self, grids: Sequence[Grid]) -> Report:
        if self.parent is None and is_tree(grids):
            return check_tree(grids, self.rules, self.levels)
        return check_grids(grids, self.parent, self.rules, self.parent_code)

    def _ground(self, shapes: Sequence[BaseGeometry | None]) -> Ground:
        if self.parent is None and is_tree(self.grids):
            return tree_ground(self.grids, shapes)
        outer = inspect_shapes([""], [] if self.parent is None else [self.parent]).shapes
        return flat_ground(
            [grid.code for grid in self.grids], shapes, outer[0] if len(outer) else None, self.parent_code
        )

    def repair(self) -> None:
        """Repair what the last repair has left, until there is nothing to do for one that knows only the outcome.

        So the outcome is at rest by trial.  Where it never is, the grids stay as they are, which is at rest too.
        """
        made = bool(self.mended.made_valid)
        for _ in range(_ROUNDS):
            told = len(self.assignments)
            if not (self._round() or made):
                del self.assignments[told:]
                return
            made = False
            draft = Proposal(tuple(self._replacements().values()), (), (), (), self.report)
            self.report = self._check(draft.applied_to(self.grids))
            self.intent = Intent(self.report.findings, _NONE, self.intent.before)
        self.at_rest = False

    def _round(self) -> bool:
        """Repair all families from the root down; return whether anything has changed."""
        given, gone = self.ground.shapes, len(self.removed)
        self.ground = self._ground(
            [None if number in self.removed else shape for number, shape in enumerate(given[: len(self.grids)])]
        )
        self.aside = {}
        changed = settle_vertices(self.ground)
        for family in range(len(self.ground.parents)):
            changed |= self._repair_family(family)
        changed |= settle_vertices(self.ground)
        for number, twin in self.aside.items():
            if twin is not None:
                self.ground.shapes[number] = self.ground.shapes[twin]
        self.touched |= changed | self._named()
        chosen = {code for one in self.assignments if one.why == "choice" for code in (*one.from_codes, one.to_code)}
        free = {number for number in self.touched if self.grids[number].code not in chosen}
        restore(self.ground, sorted(free - self.removed - self.aside.keys()), self.intent.before)
        return len(self.removed) > gone or any(
            new is not old and new is not None and not same_edges(new, old)
            for new, old in zip(self.ground.shapes, given, strict=True)
        )

    def _named(self) -> set[int]:
        """Return the grids that findings about ground name."""
        codes = {code for finding in self.report.findings if finding.rule in _GROUND for code in finding.grids}
        return {
            number
            for number, grid in enumerate(self.grids)
            if grid.code in codes and self.ground.shapes[number] is not None
        }

    def _repair_family(self, number: int) -> set[int]:
        """Repair one family; grids that would vanish are set aside one after the other."""
        ground = self.ground
        while members := ground.members(number):
            parent = ground.parents[number]
            family = Family(
                [ground.codes[member] for member in members],
                ground.shapes[members],
                None if parent is None else ground.shapes[parent],
                ground.parent_codes[number],
                parent is not None and parent == ground.outline,
            )
            outcome = repair_family(family, self.intent, self.rules)
            for refused in outcome.vanishing.refused:
                self._set_aside(members[refused], members)
            if outcome.vanishing.refused:
                continue
            for gone in outcome.vanishing.removed:
                self.removed.add(members[gone])
                ground.family[members[gone]] = NO_FAMILY
            self.assignments += outcome.assignments
            for own, shape in outcome.shapes.items():
                ground.shapes[members[own]] = shape
            return {members[own] for own in outcome.shapes}
        return set()

    def _set_aside(self, number: int, members: Iterable[int]) -> None:
        """Take a grid out of the repair; the others go on as if it were not there."""
        self.ground.family[number] = NO_FAMILY
        own = self.ground.shapes[number]
        twins = [m for m in members if m != number and same_edges(self.ground.shapes[m], own)]
        self.aside[number] = min(twins, default=None)

    def proposal(self) -> Proposal:
        """Return the outcome; nothing but reasons where no rest was found."""
        if not self.at_rest:
            left = tuple(NotRepaired(finding, *words.NO_REST) for finding in _errors(self.report_before))
            return Proposal((), (), (), left, self.report_before)
        replacements = self._replacements()
        return Proposal(
            tuple(replacements.values()),
            tuple(sorted(map(self._as_planners_know, self.assignments), key=_order)),
            tuple(self._announcements()),
            tuple(NotRepaired(finding, *words.why_not(finding)) for finding in _errors(self.report)),
            self.report,
            ground_changes(
                (r.old.code, self.as_given[number], None if r.new is None else self.ground.shapes[number])
                for number, r in replacements.items()
            ),
        )

    def _as_planners_know(self, assignment: Assignment) -> Assignment:
        """Return an assignment without the finding that only a check on the way has told."""
        known = {finding.id for finding in self.report_before.findings}
        return assignment if assignment.finding_id in known else replace(assignment, finding_id=None)

    def _replacements(self) -> dict[int, Replacement]:
        """Return the grids that change, as they would be, by number."""
        replacements = {}
        for number, grid in enumerate(self.grids):
            shape = self.ground.shapes[number]
            if number in self.removed:
                replacements[number] = Replacement(grid, None)
            elif shape is not None and (
                number in self.mended.made_valid or not same_edges(shape, self.as_given[number])
            ):
                replacements[number] = Replacement(grid, replace(grid, shape=canonical(shape)))
        return replacements

    def _announcements(self) -> Iterable[Announcement]:
        for number in self.mended.made_valid:
            shape = self.as_given[number]
            yield self._say("made-valid", number, words.made_valid(self.grids[number].code, _parts(shape)))
        for number, grid in enumerate(self.grids):
            shape, given = self.ground.shapes[number], self.as_given[number]
            if shape is not None and number not in self.removed and _parts(shape) > _parts(given):
                yield self._say("multipart", number, words.multipart(grid.code, _parts(shape)))
        for number in sorted(self.removed):
            said = words.removed(self.grids[number].code, straight_area_m2(self.as_given[number]))
            yield self._say("removed", number, said)
        for number, twin in sorted(self.aside.items()):
            said = words.refused(self.grids[number].code, None if twin is None else self.grids[twin].code)
            yield self._say("refused", number, said)
        followed = {(a.finding_id, a.to_code) for a in self.assignments if a.why == "choice"}
        for finding_id, code in sorted(self.choices.items()):
            if (finding_id, code) not in followed:
                yield Announcement("choice-ignored", (code,), *words.choice_ignored(finding_id, code))

    def _say(self, kind: AnnouncementKind, number: int, said: tuple[str, str]) -> Announcement:
        return Announcement(kind, (self.grids[number].code,), *said)


def _errors(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.severity == "error"]


def _parts(shape: BaseGeometry) -> int:
    return int(shapely.get_num_geometries(shape))


def _order(assignment: Assignment) -> tuple[float, str, tuple[str, ...], str, bytes]:
    return (
        -round(assignment.area_m2, 6),
        assignment.finding_id or "",
        assignment.from_codes,
        assignment.to_code or "",
        assignment.geometry.wkb,
    )
