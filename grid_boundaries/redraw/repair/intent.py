"""What is known of a planner's will: findings with the choices made on them, and the ground as it was published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry import shape as shape_of
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check.findings import GAPS, Finding
from grid_boundaries.check.validity import inspect_shapes
from grid_boundaries.partition import LATTICE_DEG, Grid

_OVERLAPS = frozenset({"overlap", "contained", "duplicate-geometry"})
_OUTSIDE = frozenset({"outside-parent"})
_GROUND = GAPS | _OVERLAPS | _OUTSIDE
_REACH_DEG = 3 * LATTICE_DEG


@dataclass(frozen=True)
class Intent:
    """Findings about ground, choices by finding id, and shapes before by code; sound and on the lattice."""

    findings: Sequence[Finding]
    choices: Mapping[str, str]
    before: Mapping[str, BaseGeometry]
    _ground: tuple[NDArray[np.intp], STRtree] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        about = [
            number for number, finding in enumerate(self.findings) if finding.rule in GAPS | _OVERLAPS | _OUTSIDE
        ]
        shapes = [shape_of(dict(self.findings[number].geometry or {})) for number in about]
        object.__setattr__(self, "_ground", (np.array(about, dtype=np.intp), STRtree(shapes)))

    def findings_at(
        self,
        points: NDArray[np.object_],
        owners: Sequence[tuple[str, ...]],
        held: NDArray[np.bool_],
        family: set[str],
    ) -> list[Finding | None]:
        """Return for each point in degrees the finding that tells of its fault, by who owns it and who may.

        ``owners`` are codes; ``family`` are all codes that may be named.  Findings of another level do not count.
        """
        about, tree = self._ground
        best: list[tuple[int, Finding] | None] = [None] * len(points)
        for point, number in zip(*tree.query(points, predicate="dwithin", distance=_REACH_DEG), strict=True):
            finding = self.findings[about[number]]
            fit = _fit(finding, set(owners[point]), family, held=bool(held[point]))
            found = best[point]
            if fit and (found is None or (-fit, finding.id) < (-found[0], found[1].id)):
                best[point] = fit, finding
        return [None if found is None else found[1] for found in best]


def _fit(finding: Finding, owners: set[str], family: set[str], *, held: bool) -> int:
    """Return how well a finding tells of ground with such owners; 0: not at all."""
    named = set(finding.grids)
    if not owners:
        return int(finding.rule in GAPS and named <= family)
    if not held:
        return 2 * len(named & owners) - len(named) + 1 if finding.rule in _OUTSIDE and named <= owners else 0
    if finding.rule not in _OVERLAPS or len(named & owners) < 2:  # noqa: PLR2004  two who share ground
        return 0
    return len(named & owners)


def shapes_before(grids: Sequence[Grid]) -> dict[str, BaseGeometry]:
    """Return the sound shapes of published grids by code, on the lattice; a code that occurs twice says nothing."""
    inspection = inspect_shapes([grid.code for grid in grids], [grid.shape for grid in grids])
    times: dict[str, int] = {}
    for grid in grids:
        times[grid.code] = times.get(grid.code, 0) + 1
    sound = (grids[number].code for number in inspection.sound)
    return {code: shape for code, shape in zip(sound, inspection.shapes, strict=True) if times[code] == 1}


def inner_points(faces: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return a point inside each face."""
    points: NDArray[np.object_] = shapely.point_on_surface(faces)
    return points
