"""The steps of the check, each with what it becomes when it is switched off or turned round.

A mutant is a list of replacements of source text; each old text stands exactly once in its file, which a test
asserts in every run (``test_mutants.py``), so that the list follows the code.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """Text of one file under ``grid_boundaries/``, and what stands there instead."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """One step of the check that no longer works."""

    name: str
    edits: tuple[Edit, ...]


def _mutant(name: str, *edits: tuple[str, str, str]) -> Mutant:
    return Mutant(name, tuple(Edit(*edit) for edit in edits))


_EDGES = "check/edges.py"
_CANCELLATION = "check/cancellation.py"
_COVERAGE = "check/coverage.py"
_FAMILIES = "check/families.py"
_ARRANGEMENT = "check/arrangement.py"
_RULES = "check/rules.py"
_REMARKS = "check/remarks.py"
_TREE = "check/tree.py"
_OPENINGS = "check/openings.py"
_VALIDITY = "check/validity.py"
_UNMATCHED = "check/unmatched.py"
_FINDINGS = "check/findings.py"
_PROOFS = "check/proofs.py"
_CONTIGUITY = "check/contiguity.py"

MUTANTS: tuple[Mutant, ...] = (
    # --------------------------------------------- edges and lattice
    _mutant(
        "points are cut off, not rounded, to the lattice", ("partition.py", "np.rint(degrees", "np.floor(degrees")
    ),
    _mutant(
        "the lattice is ten times as coarse",
        ("partition.py", "LATTICE_PER_DEG = 1_000_000_000", "LATTICE_PER_DEG = 100_000_000"),
    ),
    _mutant("holes are not reversed", (_EDGES, "(is_hole ^ is_parent)", "is_parent")),
    _mutant("the parent's edges are not reversed", (_EDGES, "(is_hole ^ is_parent)", "is_hole")),
    _mutant(
        "edges of no length stay",
        (
            _EDGES,
            "is_edge = (points[:-1, 0] != points[1:, 0]) | (points[:-1, 1] != points[1:, 1])",
            "is_edge = points[:-1, 0] < 1e18",
        ),
    ),
    _mutant("rings are taken to turn left", (_EDGES, "np.add.reduceat(cross, first) > 0", "first >= 0")),
    _mutant(
        "large rings are summed with what overflows", (_EDGES, "for ring in set((np", "for ring in () and set((np")
    ),
    # --------------------------------------------- cancellation
    _mutant(
        "the family is in no key and not compared",
        ("check/keys.py", "bits = int(family.max(initial=0)).bit_length()", "return keys\n    bits = 0"),
        (_CANCELLATION, "edges.family.take(one) == edges.family.take(other)", "edges.family.take(one) >= -9"),
        (_CANCELLATION, "np.column_stack([edges.family[which], low, high])", "np.column_stack([low, high])"),
    ),
    _mutant(
        "edges that run the same way cancel",
        (_CANCELLATION, "edges.start.take(one, axis=0), edges.end.take(other, axis=0)", "edges.start, edges.start"),
        (_CANCELLATION, "edges.end.take(one, axis=0), edges.start.take(other, axis=0)", "edges.end, edges.end"),
        (
            _CANCELLATION,
            "    same: NDArray[np.bool_] = (these[:, 0] == those[:, 0]) & (these[:, 1] == those[:, 1])\n",
            "    if len(these) == len(those):\n        return np.bool_(True)\n    same = np.bool_(True)\n",
        ),
    ),
    _mutant(
        "of three copies two cancel",
        (_CANCELLATION, "== _PAIR]\n    one, other = which[", ">= _PAIR]\n    one, other = which["),
    ),
    # --------------------------------------------- polygons by themselves
    _mutant("rings may cross themselves", (_VALIDITY, "shapely.is_valid(flat)", "shapely.is_valid(flat) | True")),
    _mutant("any number is a degree", (_VALIDITY, "np.array([180.0, 90.0])", "np.array([1e9, 1e9])")),
    _mutant("heights stay", (_VALIDITY, "shapely.force_2d(shapes) if", "shapes.copy() if")),
    _mutant("a code may stand for two grids", ("check/duplicates.py", "if count > 1]", "if count > 2]")),
    _mutant(
        "the same polygon is looked for in other families too",
        ("check/duplicates.py", "family.astype(np.uint64)]", "np.zeros(len(shapes), np.uint64)]"),
        (
            "check/duplicates.py",
            "zip(keys.tolist(), family.tolist(), strict=True)",
            "zip(keys.tolist(), [0] * len(keys), strict=True)",
        ),
    ),
    _mutant(
        "twins are not looked for", ("check/duplicates.py", "if (in_order[1:] != in_order[:-1]).all():", "if True:")
    ),
    # --------------------------------------------- unmatched vertices
    _mutant("unmatched vertices are not looked for", (_UNMATCHED, "if not nodes.inserted.any():", "if True:")),
    _mutant(
        "a touching corner is an unmatched vertex",
        (_UNMATCHED, "rows = rows[cancelled[rows - 1] | cancelled[rows]]", "rows = rows[rows >= 0]"),
    ),
    _mutant("a vertex has to lie on the edge to half a step", (_RULES, "NOISE_STEPS = 3.0", "NOISE_STEPS = 0.5")),
    _mutant(
        "corners of overlaps are unmatched vertices as well",
        (_COVERAGE, "if not unmatched or not overlaps:", "if True:"),
    ),
    _mutant(
        "a vertex that a sibling lacks is harmless too",
        (_COVERAGE, "vertex.lacking == PARENT and vertex.point not in siblings", "vertex.lacking == PARENT"),
    ),
    _mutant(
        "a parent of the tree may lack vertices", (_COVERAGE, "harmless=family.outline and", "harmless=True and")
    ),
    _mutant(
        "an outline is not cut for its proof",
        (_FAMILIES, "if families.outlines and len(left)", "if False and len(left)"),
    ),
    # --------------------------------------------- faces and owners
    _mutant("gaps outside the parent count", (_ARRANGEMENT, "(counts == 0) & held", "(counts == 0)")),
    _mutant("ground outside the parent is not told", (_ARRANGEMENT, "if who and not inside:", "if False:")),
    _mutant(
        "overlaps outside the parent are not told", (_ARRANGEMENT, "if len(who) > 1:", "if len(who) > 1 and inside:")
    ),
    _mutant(
        "faces are not cut by borders that have cancelled",
        (
            _ARRANGEMENT,
            "    lines = frame.lines(\n        edges.pick(",
            "    lines = frame.lines(\n        edges.pick(np.zeros(0, np.intp)) if len(edges) else edges.pick(",
        ),
    ),
    _mutant(
        "a face whose inner point lies on a border is not asked again",
        (_ARRANGEMENT, "for face in np.flatnonzero(on_border).tolist():", "for face in ():"),
    ),
    _mutant(
        "pieces of one kind stay apart",
        (
            _ARRANGEMENT,
            "shapely.get_parts(shapely.coverage_union_all(shapes) if len(shapes) > 1 else shapes[0])",
            "shapely.get_parts(np.array(shapes))",
        ),
    ),
    _mutant("a corner makes a neighbour", (_ARRANGEMENT, "if steps > 2 * self._REACH}", "if steps >= 0}")),
    _mutant("gaps on the parent's edge are plain gaps", (_COVERAGE, "if PARENT in borders:", "if False:")),
    _mutant(
        "neighbours come in the order of codes",
        (_COVERAGE, "key=lambda code: (-round(steps[code]), code)", "key=lambda code: code"),
    ),
    _mutant("a contained grid is a plain overlap", (_COVERAGE, "    if inner:\n", "    if False:\n")),
    _mutant(
        "containment allows no noise",
        (_COVERAGE, "area >= shape.area - NOISE_STEPS * shape.length", "area >= shape.area"),
    ),
    # --------------------------------------------- gaps without a parent
    _mutant("openings are not looked for", (_OPENINGS, "if reach_m <= 0:", "if True:")),
    _mutant(
        "grids that part without a common vertex leave no gap",
        (_OPENINGS, "if between and not sides.joined:", "if False:"),
    ),
    _mutant(
        "a strip open at both ends is no gap",
        (_OPENINGS, "if between and sides.runs > 1 and length_m >= _STRIP_RATIO * width_m:", "if False:"),
    ),
    _mutant("every notch between two grids is a gap", (_OPENINGS, "_EVENNESS = 0.75", "_EVENNESS = 0.0")),
    _mutant(
        "small grids get strips of 100 m",
        (_COVERAGE, "return min(rules.strip_width_m, usual_m / 4)", "return rules.strip_width_m"),
    ),
    # --------------------------------------------- classes, rules
    _mutant(
        "a width on the line of noise is more", (_RULES, "if width_m <= max(NOISE_M", "if width_m < max(NOISE_M")
    ),
    _mutant(
        "a width on the line of tolerance is a sliver",
        (_RULES, "if width_m <= self.tolerance_m:", "if width_m < self.tolerance_m:"),
    ),
    _mutant(
        "a width on the line of slivers is real",
        (_RULES, 'if width_m <= self.sliver_m else "real"', 'if width_m < self.sliver_m else "real"'),
    ),
    _mutant("the precision of the input is not asked", (_RULES, "max(NOISE_M, self.stored_precision_m)", "NOISE_M")),
    _mutant(
        "noise is an error",
        (_RULES, 'return "info" if width_class == "noise"', 'return "error" if width_class == "noise"'),
    ),
    _mutant(
        "slivers are warnings",
        (
            _RULES,
            'width_class == "noise" else "error"',
            'width_class == "noise" else "warning" if width_class == "sliver" else "error"',
        ),
    ),
    _mutant(
        "the width of a compact piece is that of a strip",
        ("check/widths.py", "if 4 * math.pi * shape_m.area / shape_m.length**2 < _SLIVER_ROUNDNESS:", "if True:"),
    ),
    _mutant(
        "the target of coverage is not asked",
        (_FAMILIES, "if share < target - _SHARE_GRAIN:", "if False:"),
    ),
    _mutant(
        "narrow gaps are warnings where the target is met",
        (_FAMILIES, 'in GAPS and finding.width_class == "real" else', "in GAPS else"),
    ),
    _mutant(
        "grids in pieces are not told",
        (_REMARKS, "shapely.get_num_geometries(shapes) > 1", "shapely.get_num_geometries(shapes) > 99"),
    ),
    _mutant(
        "an exclave among others is told",
        (_REMARKS, "if len(np.unique(part[np.array(kin, dtype=np.bool_)])) == len(parts):", "if False:"),
    ),
    _mutant("narrow grids are not told", (_REMARKS, "if wide <= rules.sliver_m:", "if False:")),
    _mutant(
        "the fewest households are too few",
        (_REMARKS, "if rules.households_min <= grid.households", "if rules.households_min < grid.households"),
    ),
    _mutant("enclaves are not told", (_CONTIGUITY, "shapely.equals(Polygon(ring), shapes[inner])", "False")),
    _mutant("separate groups are not told", (_CONTIGUITY, "if len(islands) < 2:", "if True:")),
    # --------------------------------------------- trees
    _mutant("any code will do", (_TREE, "[0-9A-Za-z]{1,32}", ".*")),
    _mutant(
        "a code may end with a line feed",
        (_TREE, "_CODE.fullmatch(grid.code)", "re.match(_CODE.pattern + '$', grid.code)"),
    ),
    _mutant("a level need not be known", (_TREE, "if levels and grid.level not in rank:", "if False:")),
    _mutant(
        "a parent need not be there",
        (_TREE, 'return messages.unknown_parent(grid.code, grid.parent or "")', "return None"),
    ),
    _mutant(
        "a parent may have its child's level",
        (_TREE, "upper < lower:", "upper <= lower:"),
    ),
    _mutant("a grid may be its own ancestor", (_TREE, "if _leads_back(grid, parent_of):", "if False:")),
    _mutant(
        "roots are not compared",
        (_TREE, "sum(grid.parent is None for grid in grids) > 1", "sum(grid.parent is None for grid in grids) > 999"),
    ),
    # --------------------------------------------- report and certificate
    _mutant(
        "a certificate survives errors",
        (_FINDINGS, "if proved and report.valid else report", "if proved else report"),
    ),
    _mutant(
        "a certificate is given for some families",
        (_FAMILIES, "proved = 0 < len(proofs) == len(families.parents)", "proved = 0 < len(proofs)"),
    ),
    _mutant(
        "ids depend on the order of grids",
        (_FINDINGS, "*sorted(finding.grids), place", "*finding.grids, place"),
        (_FINDINGS, "for finding in sorted(findings, key=_position):", "for finding in findings:"),
    ),
    _mutant("the place is not in the id", (_FINDINGS, "*sorted(finding.grids), place]", "*sorted(finding.grids)]")),
    _mutant(
        "the hash does not say who owns the sides",
        (_PROOFS, "records[:, 4] = ranks.take(edges.owner.take(along))", "records[:, 4] = 0"),
    ),
    _mutant("large areas are reckoned as floats", (_PROOFS, "_LIMB_BITS = 13 ", "_LIMB_BITS = 40 ")),
)
