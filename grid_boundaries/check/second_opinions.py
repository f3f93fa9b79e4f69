"""Independent methods that should agree with the check; where one does not, a library is suspected, not the data.

The check's verdict rests on edges in integers.  Each method here rests on something else: the coverage validator of
GEOS, exact sums of areas, the overlay of GEOS at fixed precision.  None of them finds every fault, so each is asked
only what it can answer.  A disagreement is an alarm for an engineer, never a finding for a planner.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal, TypeAlias, get_args

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape as shape_of
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check.families import Families, check_families
from grid_boundaries.check.findings import GAPS, OVERLAPS, Finding
from grid_boundaries.check.rules import NOISE_STEPS, CheckRules
from grid_boundaries.check.validity import inspect_shapes
from grid_boundaries.partition import LATTICE_PER_DEG, Grid, to_lattice
from grid_boundaries.projection import metres_per_degree

Method: TypeAlias = Literal["coverage-is-valid", "sum-of-areas", "union-area"]
METHODS: Final[tuple[Method, ...]] = get_args(Method)

_DEFAULTS = CheckRules()


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One method against the check about one family, which is named by its parent; None: the roots.

    ``figures`` are areas in square metres where the method reckons areas, or the error with which it failed.
    """

    method: Method
    family: str | None
    check_says: str
    method_says: str
    figures: Mapping[str, float | str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the disagreement as JSON."""
        return {
            "method": self.method,
            "family": self.family,
            "check_says": self.check_says,
            "method_says": self.method_says,
            "figures": dict(self.figures),
        }


def second_opinions(
    grids: Sequence[Grid], rules: CheckRules = _DEFAULTS, progress: Callable[[float], None] = lambda _: None
) -> list[Disagreement]:
    """Ask three independent methods about every family of a tree, and return where one contradicts the check.

    * ``coverage-is-valid``: GEOS must call the children a coverage where the check finds neither overlaps nor
      unmatched vertices, and must not where it finds an overlap.  About gaps GEOS is not asked: it does not see them.
    * ``sum-of-areas``: the children's areas less the parent's, in exact integers, must be what was found: overlaps
      as often as they are owned too many times, plus ground outside, less gaps; nothing found, nothing left.
    * ``union-area``: the union of the children at fixed precision must be as large as the parent less gaps plus
      ground outside; of several roots, as large as their sum less overlaps.

    Args:
        grids: all nodes of the tree, in any order, in degrees.
        rules: as for the check.
        progress: is told the share of families that are done, above 0 up to 1.

    Returns:
        Disagreements by code of the parent, roots last, each family's in the order above; empty: all agree.  Families
        with a member that is no valid polygon are left out: there is nothing to compare.
    """
    families = _families(grids, rules)
    found = []
    for number, family in enumerate(families, start=1):
        for method in (_coverage_is_valid, _sum_of_areas, _union_area):
            disagreement = method(family)
            if disagreement is not None:
                found.append(disagreement)
        progress(number / len(families))
    return found


@dataclass(frozen=True)
class _Family:
    """Children and their parent, sound and on the lattice, and what the check finds in their ground."""

    code: str | None
    children: NDArray[np.object_]
    parent: BaseGeometry | None
    findings: Sequence[Finding]

    def local(self, shapes: NDArray[np.object_]) -> NDArray[np.object_]:
        """Return shapes in lattice steps from a corner of the family: whole numbers that doubles hold exactly."""
        return np.asarray(
            shapely.transform(shapes, lambda degrees: np.rint(degrees * LATTICE_PER_DEG) - self._corner), dtype=object
        )

    @cached_property
    def _corner(self) -> NDArray[np.float64]:
        bounds = shapely.total_bounds(self.children)
        return np.rint(bounds[:2] * LATTICE_PER_DEG)

    @cached_property
    def m2(self) -> float:
        """Square metres of a square lattice step in the middle of the family."""
        east, north = metres_per_degree(float(shapely.total_bounds(self.children)[[1, 3]].mean()))
        return east * north / LATTICE_PER_DEG**2

    def has(self, rules: frozenset[str], *, beyond_noise: bool = False) -> bool:
        """Return whether the check has a finding of one of the rules, and, if asked, one that is more than noise."""
        return any(one.rule in rules and not (beyond_noise and one.severity == "info") for one in self.findings)

    def steps2(self, rules: frozenset[str], *, times_owned_less_one: bool = False) -> float:
        """Return how much ground findings of some rules tell of, in square lattice steps."""
        return (
            sum(
                float(shapely.area(shape_of(dict(one.geometry))))
                * (len(one.grids) - 1 if times_owned_less_one else 1)
                for one in self.findings
                if one.rule in rules and one.geometry is not None
            )
            * float(LATTICE_PER_DEG) ** 2
        )

    @cached_property
    def rounding_steps2(self) -> float:
        """How far areas of the findings may be off: noding moves borders by up to a step; none found, none moved."""
        lengths = [
            float(shapely.length(shape_of(dict(one.geometry))))
            for one in self.findings
            if one.rule in GAPS | OVERLAPS | _OUTSIDE and one.geometry is not None
        ]
        if self.has(_UNMATCHED):  # such a vertex lies up to three steps beside the edge of its neighbour
            lengths += [NOISE_STEPS * float(shapely.length(self.children).sum())]
        return 1.5 * sum(lengths) * LATTICE_PER_DEG

    def disagreement(self, method: Method, check: str, says: str, **figures: float | str) -> Disagreement:
        """Return a disagreement about this family."""
        return Disagreement(method, self.code, check, says, figures)


_OUTSIDE = frozenset({"outside-parent"})
_UNMATCHED = frozenset({"unmatched-vertex"})


def _families(grids: Sequence[Grid], rules: CheckRules) -> list[_Family]:
    """Return the families whose members are all sound, each checked by itself."""
    inspection = inspect_shapes([grid.code for grid in grids], [grid.shape for grid in grids])
    sound = dict(zip(inspection.sound.tolist(), inspection.shapes, strict=True))
    number_of = {grid.code: number for number, grid in enumerate(grids)}
    members: defaultdict[str | None, list[int]] = defaultdict(list)
    for number, grid in enumerate(grids):
        members[grid.parent if grid.parent in number_of else None].append(number)
    families = []
    for code in sorted(members, key=lambda name: (name is None, name or "")):
        needed = [*members[code], *([] if code is None else [number_of[code]])]
        if len(needed) > 1 and all(number in sound for number in needed):
            children: NDArray[np.object_] = np.array([sound[number] for number in members[code]], dtype=object)
            parent = None if code is None else sound[number_of[code]]
            codes = [grids[number].code for number in members[code]]
            one = Families(codes, children, np.zeros(len(codes), np.int32), [parent], [code], [rules.coverage_target])
            families.append(_Family(code, children, parent, check_families(one, rules).findings))
    return families


def _coverage_is_valid(family: _Family) -> Disagreement | None:
    try:
        valid = bool(shapely.coverage_is_valid(family.local(family.children)))
    except shapely.GEOSException as error:
        return family.disagreement("coverage-is-valid", "an answer is there", "failed", error=str(error))
    if valid and family.has(OVERLAPS, beyond_noise=True):
        return family.disagreement(
            "coverage-is-valid", "overlap", "a coverage", overlap_m2=family.steps2(OVERLAPS) * family.m2
        )
    if not valid and not family.has(OVERLAPS | _UNMATCHED):
        return family.disagreement("coverage-is-valid", "no overlap, no unmatched vertex", "no coverage")
    return None


def _sum_of_areas(family: _Family) -> Disagreement | None:
    """Compare exact areas; of a family without a parent there is no sum to compare with."""
    if family.parent is None:
        return None
    children, parent = (_doubled(shapes) for shapes in (family.children, [family.parent]))
    found = (
        family.steps2(OVERLAPS, times_owned_less_one=True) + family.steps2(_OUTSIDE) - family.steps2(frozenset(GAPS))
    )
    excess = (children - parent) / 2
    if children == parent and not found:
        return None
    return _unequal("sum-of-areas", family, expected=found, reckoned=excess, allowed=family.rounding_steps2)


def _doubled(shapes: NDArray[np.object_] | Sequence[BaseGeometry]) -> int:
    """Return twice the area of polygons in square lattice steps, exact: shells less holes, in integers of Python.

    Neither the edges of the check nor its arithmetic take part.
    """
    total = 0
    for polygon in shapely.get_parts(np.asarray(shapes, dtype=object)):
        shell, *holes = (_doubled_ring(ring) for ring in shapely.get_rings(polygon))
        total += shell - sum(holes)
    return total


def _doubled_ring(ring: BaseGeometry) -> int:
    lon, lat = to_lattice(shapely.get_coordinates(ring)).astype(object).T
    return abs(int((lon[:-1] * lat[1:] - lon[1:] * lat[:-1]).sum()))


def _union_area(family: _Family) -> Disagreement | None:
    local = family.local(family.children)
    try:
        union = shapely.union_all(local, grid_size=1.0)
    except shapely.GEOSException as error:
        return family.disagreement("union-area", "an answer is there", "failed", error=str(error))
    if family.parent is None:
        expected = _doubled(family.children) / 2 - family.steps2(OVERLAPS, times_owned_less_one=True)
    else:
        expected = _doubled([family.parent]) / 2 - family.steps2(frozenset(GAPS)) + family.steps2(_OUTSIDE)
    allowed = family.rounding_steps2 + 1.5 * float(shapely.length(union))
    return _unequal("union-area", family, expected=expected, reckoned=float(shapely.area(union)), allowed=allowed)


def _unequal(
    method: Method, family: _Family, *, expected: float, reckoned: float, allowed: float
) -> Disagreement | None:
    """Return a disagreement where two areas in square steps differ by more than is allowed."""
    if abs(expected - reckoned) <= allowed:
        return None
    return family.disagreement(
        method,
        "other ground than the method reckons",
        "other ground than the check finds",
        check_m2=expected * family.m2,
        method_m2=reckoned * family.m2,
        difference_m2=(reckoned - expected) * family.m2,
        allowed_m2=allowed * family.m2,
    )
