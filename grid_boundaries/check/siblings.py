"""The check of one set of grids, with or without the parent that they must fill."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check.duplicates import find_duplicate_codes
from grid_boundaries.check.families import Families, check_families
from grid_boundaries.check.findings import Report, make_report
from grid_boundaries.check.remarks import remark_on_grids
from grid_boundaries.check.rules import CheckRules
from grid_boundaries.check.validity import inspect_shapes
from grid_boundaries.partition import Grid

_DEFAULTS = CheckRules()


def check_grids(
    grids: Sequence[Grid],
    parent: BaseGeometry | None = None,
    rules: CheckRules = _DEFAULTS,
    parent_code: str | None = None,
) -> Report:
    """Return everything that is wrong with grids that should tile their parent; bad grids never make it raise.

    Args:
        grids: the set, in degrees; order, ring starts and ring turns make no difference to the report.
        parent: the polygon that they must fill exactly.  It is an outline and no grid: where nobody but it lacks a
            vertex of the grids on its edge, the vertex is set into it for the proof, and remarked on.  None:
            they must keep apart and leave no gaps, where a gap is a hole of their union, a strip between neighbours
            or a narrow inlet (``openings``).
        rules: the figures of the jurisdiction.
        parent_code: names the parent in findings.

    Returns:
        The report.  It has a certificate where the grids tile the parent exactly: every edge has cancelled.
    """
    codes = [grid.code for grid in grids]
    inspection = inspect_shapes(codes, [grid.shape for grid in grids])
    outer = inspect_shapes([parent_code or ""], [] if parent is None else [parent])
    sound = [grids[number] for number in inspection.sound]
    families = Families(
        codes=[grid.code for grid in sound],
        shapes=inspection.shapes,
        family=np.zeros(len(sound), np.int32),
        parents=[outer.shapes[0] if len(outer.shapes) else None],
        parent_codes=[parent_code],
        targets=[rules.target_of(parent_code, {})],
        doubted=frozenset() if len(sound) == len(grids) == len(set(codes)) else frozenset({0}),
        outlines=True,
    )
    ground = check_families(families, rules)
    findings = [
        *inspection.findings,
        *outer.findings,
        *find_duplicate_codes(codes, inspection.sound.tolist(), inspection.shapes),
        *remark_on_grids(sound, inspection.shapes, rules),
        *ground.findings,
    ]
    return make_report(findings, len(grids), ground.coverage_ratio, ground.proofs, proved=ground.proved)
