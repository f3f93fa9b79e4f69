from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grid_boundaries.check import CheckRules, check_footprint, check_tree, combine_proofs, touched_families
from grid_boundaries.partition import Grid, on_lattice
from tests.support.partitions import polygon, random_partition, square

LEVELS = ("district", "street", "community", "unit_grid")
RULES = CheckRules()


@cache
def tree(seed):
    """Return by code a district of two streets of communities, each in two unit grids where that is easy."""
    partition = random_partition(seed, 14)
    middle = partition.parent.centroid.x
    cells = [
        Grid(cell.code, cell.shape, "community", "west" if cell.shape.centroid.x < middle else "east")
        for cell in partition.grids
    ]

    def street(code):
        shapes = [cell.shape for cell in cells if cell.parent == code]
        return Grid(code, shapely.coverage_union_all(shapes), "street", "d")

    units = [half for cell in cells[::3] for half in halves(cell)]
    grids = [Grid("d", partition.parent, "district"), street("west"), street("east"), *cells, *units]
    return {grid.code: grid for grid in grids}


def halves(cell):
    """Return two unit grids that tile a community, cut from its first corner to one across, or one if no cut fits."""
    ring = cell.shape.exterior.coords[:-1]
    for across in range(2, len(ring) - 1):
        if cell.shape.covers(shapely.LineString([ring[0], ring[across]])):
            two = shapely.Polygon(ring[: across + 1]), shapely.Polygon([ring[0], *ring[across:]])
            if all(one.is_valid and cell.shape.covers(one) for one in two):
                return [Grid(f"{cell.code}{i}", one, "unit_grid", cell.code) for i, one in enumerate(two)]
    return [Grid(f"{cell.code}0", cell.shape, "unit_grid", cell.code)]


def moved(shape, rng):
    """Return a shape up to ten metres away."""
    return shapely.transform(shape, lambda degrees: degrees + rng.uniform(-1e-4, 1e-4, 2))


def with_one_more_vertex(shape, rng):
    """Return the same ground with a vertex in the middle of the first edge."""
    ring = np.array(shape.exterior.coords)
    return shapely.Polygon([ring[0], (ring[0] + ring[1]) / 2, *ring[1:]])


SHAPES = {
    "moved": moved,
    "shrunk": lambda shape, rng: shape.buffer(-rng.uniform(1e-6, 1e-4), join_style="mitre"),
    "grown": lambda shape, rng: shape.buffer(rng.uniform(1e-6, 1e-4), join_style="mitre"),
    "a vertex more": with_one_more_vertex,
    "a bow-tie": lambda *_: shapely.Polygon([(102, 25), (103, 26), (103, 25), (102, 26)]),
}
MEMBERS = {
    "to the west": {"parent": "west"},
    "to the east": {"parent": "east"},
    "of no parent": {"parent": "nobody"},
    "of another level": {"level": "unit_grid"},
    "renamed": {"name": "!", "households": 7},
}
WAYS = [*SHAPES, *MEMBERS, "retired", "doubled", "swapped", "merged"]


def redraw(grids, code, way, rng):
    """Return the tree with one grid redrawn, and the codes that are touched; most ways plant a fault."""
    after, grid = dict(grids), grids[code]
    siblings = [one for one in grids.values() if one.parent == grid.parent and one.code != code]
    beside = [one for one in siblings if one.shape.relate_pattern(grid.shape, "****1****")]
    if way in SHAPES:
        after[code] = replace(grid, shape=on_lattice(SHAPES[way](grid.shape, rng)))
    elif way in MEMBERS:
        after[code] = replace(grid, **MEMBERS[way])
    elif way == "retired":
        del after[code]
    elif way == "doubled":
        after["new"] = replace(grid, code="new")
        return after, {"new"}
    elif way == "swapped" and siblings:
        other = siblings[int(rng.integers(len(siblings)))]
        after[code], after[other.code] = replace(grid, shape=other.shape), replace(other, shape=grid.shape)
        return after, {code, other.code}
    elif way == "merged" and beside:
        after[code] = replace(grid, shape=shapely.coverage_union_all([grid.shape, beside[0].shape]))
        del after[beside[0].code]
        return after, {code, beside[0].code}
    return after, {code}


def around(after, families, touched):
    """Return what ``check_footprint`` asks for, and nothing else."""
    return [g for g in after.values() if g.parent in families or g.code in families or g.code in touched]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 4), st.sampled_from(WAYS), st.integers(0, 40), st.integers(0, 2**32))
def test_the_check_of_a_redraw_says_what_the_check_of_the_tree_says(seed, way, number, chance):
    """Any grid of a valid tree redrawn in any way: the same findings, ids, verdict and proofs.

    Only remarks on single grids that nobody touched are not repeated.  Where the redraw is valid, its proofs and
    those of all other families make the new certificate.
    """
    before = tree(seed)
    after, touched = redraw(before, sorted(before)[number % len(before)], way, np.random.default_rng(chance))
    families = touched_families(before, after, touched)

    local = check_footprint(around(after, families, touched), touched, RULES, LEVELS, parents=families)

    whole = check_tree(list(after.values()), RULES, LEVELS)
    assert local.findings == tuple(
        one for one in whole.findings if one.rule not in {"narrow", "multipart"} or touched & {*one.grids}
    )
    assert local.valid == whole.valid
    assert {*local.proofs} == {proof for proof in whole.proofs if proof.parent in families}
    if whole.certificate is not None:
        untouched = [proof for proof in proofs_of(seed) if proof.parent not in families]
        assert combine_proofs([*untouched, *local.proofs]) == whole.certificate


@cache
def proofs_of(seed):
    """Return the proofs of a tree that is valid."""
    report = check_tree(list(tree(seed).values()), RULES, LEVELS)
    assert report.certificate is not None
    return report.proofs


def test_a_redraw_touches_the_families_it_leaves_enters_and_heads():
    """A grid that moves from one parent to another, one that is new among the roots, one that is retired."""
    a = square("a", 0, 0, 1, 1, parent="p")
    before = {"a": a, "c": square("c", 2, 0, 3, 1, parent="r")}
    after = {"a": replace(a, parent="q"), "b": square("b", 1, 0, 2, 1)}

    assert touched_families(before, after, {"a", "b", "c"}) == {"a", "b", "c", "p", "q", "r", None}


def test_roots_are_a_family_of_their_own():
    """Two roots that overlap; with the one alone that was touched nothing could be said."""
    roots = [square("a", 0, 0, 1, 1, level="district"), square("b", 0.5, 0, 2, 1, level="district")]

    def check(parents):
        return [one.rule for one in check_footprint(roots, {"a"}, RULES, LEVELS, parents=parents).findings]

    assert check({"a", None}) == ["overlap"]
    assert check({"a"}) == []


def test_what_others_have_wrong_is_not_told_again():
    """Three communities too small, one of them touched: one remark."""
    street = Grid("s", shapely.union_all([square("", i, 0, i + 1, 1).shape for i in range(3)]), "community")
    units = [
        square(code, i, 0, i + 1, 1, level="unit_grid", parent="s", households=5) for i, code in enumerate("abc")
    ]

    findings = check_footprint([street, *units], {"b"}, RULES, LEVELS, parents={"s", "b"}).findings

    assert [one.grids for one in findings if one.rule == "household-range"] == [("b",)]


RURAL = [
    Grid("v", square("", 0, 0, 10, 1).shape, "community", "s"),
    square("u", 0, 0, 9.5, 1, level="unit_grid", parent="v"),
]


@pytest.mark.parametrize(
    ("targets", "rules"),
    [
        ({}, ["low-coverage", "uncovered-parent"]),
        ({"v": 0.9}, ["uncovered-parent"]),
        ({"d": 0.9}, ["uncovered-parent"]),
        ({"d": 0.9, "s": 1.0}, ["low-coverage", "uncovered-parent"]),
    ],
)
def test_the_target_of_a_jurisdiction_reaches_down_to_what_is_touched(targets, rules):
    """Of the street and the district only the codes are known; the deepest target counts."""
    found = check_footprint(
        RURAL,
        {"u"},
        CheckRules(coverage_targets=targets),
        LEVELS,
        parents={"u", "v"},
        ancestors={"s": "d", "d": None},
    )

    assert sorted({one.rule for one in found.findings if one.rule != "unmatched-vertex"}) == rules


def test_a_gap_that_may_stay_takes_the_certificate_of_all_and_leaves_the_proofs_of_others():
    """The village is valid with half a square unowned; the street above it is tiled and keeps its proof."""
    ground = polygon("", (0, 0), (9.5, 0), (10, 0), (10, 1), (9.5, 1), (0, 1)).shape
    village, street = Grid("v", ground, "community", "s"), Grid("s", ground, "street")

    report = check_tree([street, village, RURAL[1]], CheckRules(coverage_targets={"v": 0.9}), LEVELS)

    assert report.valid
    assert "s" in {proof.parent for proof in report.proofs}
    assert report.certificate is None
