"""What must hold of the check whatever the coverage: the metamorphic properties, by number.

 1  clean: no finding, equal areas                         here, and ``test_injected_faults``
 2  a grid dropped is one gap                              here
 3  a grid doubled is an overlap as large as it            here
 4  grown, shrunk, moved, one vertex moved                 ``test_injected_faults``
 5  an extra vertex is unmatched, never ground             ``test_injected_faults``
 6  affine pictures of a coverage                          here
 7  order, ring starts and turns                           here
 8  densified alike on both sides                          here
 9  a wider threshold hides nothing                        here
10  two faults are the sum of each                         here
11  conservation of area                                   here, in integers
12  local check = global check                             here, as the lemma; the editor's own in ``redraw``
13  a fault at one level appears at that level             here
14  round trips                                            here
15  noise in the last bit                                  ``test_injected_faults``
16  repair ends with no error, and is idempotent           redraw/repair/test_propose.py
17  repair by the status quo restores the partition        redraw/repair/test_propose.py
18  split then merge, an edge moved there and back         redraw/test_properties.py
19  undo(publish(x)) = identity                            tests/gis_service/use_cases/test_revert_edition.py
20  disjoint redraws commute                               here: certificates, and verdicts and proofs of footprints;
                                                           plans in tests/gis_service/use_cases/test_publish_plan.py
21  one owner at each point and date                       points in tests/agreement; dates in
                                                           tests/gis_service/database/test_owners.py
22  every building has one owner, on borders too           here; by date in tests/gis_service/database/test_owners.py
23  every step of the check matters                        ``python -m tests.mutation``
24  independent methods agree                              here, and test_second_opinions.py
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from shapely.geometry import mapping, shape

from grid_boundaries.check import (
    CheckRules,
    check_footprint,
    check_grids,
    check_tree,
    combine_proofs,
    touched_families,
)
from grid_boundaries.check.second_opinions import second_opinions
from grid_boundaries.locate.tree_locator import TreeLocator
from grid_boundaries.partition import Grid, on_lattice
from grid_boundaries.projection import LocalPlane
from tests.support.coverages import Build, coverage, from_gauss_kruger, to_gauss_kruger
from tests.support.effort import examples
from tests.support.exact import doubled_steps, undirected_edges
from tests.support.injury import GAPS, KINDS, OVERLAPS, injure
from tests.support.partitions import Partition

builds = st.builds(
    Build,
    seed=st.integers(0, 400),
    tiles=st.sampled_from(["cells", "hexagons"]),
    size_m=st.sampled_from([800.0, 4_000.0]),
    count=st.integers(4, 14),
    river_m=st.sampled_from([0.0, 15.0]),
    enclaves=st.integers(0, 2),
    island=st.booleans(),
    lake=st.booleans(),
)
numbers = st.integers(0, 99)
kinds = st.sampled_from(KINDS)
sizes_m = st.floats(0.05, 60.0)
angles = st.floats(0, 6.28)


def faults(report):
    """Return the findings but for remarks on enclaves, which are no faults."""
    return [finding for finding in report.findings if finding.rule != "enclave"]


def told(report):
    """Return what a report says, without what depends on where on the Earth it lies."""
    return sorted((one.rule, one.severity, tuple(sorted(one.grids))) for one in report.findings)


def redrawn(grids, draw):
    """Return grids whose shapes are drawn anew, on the lattice."""
    return [Grid(grid.code, on_lattice(draw(grid.shape)), grid.level, grid.parent) for grid in grids]


@examples(25)
@given(builds)
def test_01_a_clean_partition_has_no_finding_and_equal_areas(build):
    """The sum of the children's areas and the parent's are one integer."""
    partition = coverage(build)

    report = check_grids(partition.grids, partition.parent)

    assert faults(report) == []
    assert sum(doubled_steps(grid.shape) for grid in partition.grids) == doubled_steps(partition.parent)
    edges = undirected_edges([*(grid.shape for grid in partition.grids), partition.parent])
    assert report.certificate["edges"] == len(edges)
    assert set(edges.values()) == {2}


@examples(25)
@given(builds, numbers)
def test_02_a_grid_dropped_is_gaps_as_large_as_it_and_names_its_neighbours(build, number):
    """One gap for each part, in integers; its neighbours are those that share an edge with it."""
    partition = coverage(build)
    lost = partition.grids[number % len(partition.grids)]
    others = [grid for grid in partition.grids if grid is not lost]

    gaps = [one for one in check_grids(others, partition.parent).findings if one.rule in GAPS]

    assert len(gaps) == len(shapely.get_parts(lost.shape))
    assert sum(doubled_steps(shape(gap.geometry)) for gap in gaps) == doubled_steps(lost.shape)
    mine = undirected_edges([lost.shape])
    beside = {grid.code for grid in others if mine.keys() & undirected_edges([grid.shape]).keys()}
    assert {code for gap in gaps for code in gap.grids} == beside


@examples(25)
@given(builds, numbers)
def test_03_a_grid_doubled_is_a_duplicate_as_large_as_it(build, number):
    """One finding of the two, and no other."""
    partition = coverage(build)
    grid = partition.grids[number % len(partition.grids)]

    (finding,) = faults(check_grids([*partition.grids, Grid("twin", grid.shape)], partition.parent))

    assert finding.rule == "duplicate-geometry"
    assert finding.grids == tuple(sorted((grid.code, "twin")))
    assert doubled_steps(shape(finding.geometry)) == doubled_steps(grid.shape)


PICTURES = {
    "moved": lambda points: points + np.array([1.234567891, -0.987654321]),
    "mirrored": lambda points: points * np.array([-1.0, 1.0]),
    "south": lambda points: points * np.array([1.0, -1.0]),
    "turned": lambda points: points[:, ::-1] * np.array([-1.0, 1.0]) + np.array([60.0, -60.0]),
    "swapped": lambda points: points[:, ::-1] + np.array([0.0, -60.0]),
}


@examples(20)
@given(builds, kinds, numbers, sizes_m, angles, st.sampled_from(sorted(PICTURES)))
def test_06_an_affine_picture_has_the_same_findings(build, kind, number, size_m, angle, picture):
    """Moved by whole steps, mirrored, turned by 90 degrees, axes swapped: rules, grids, and areas in steps.

    Widths are metres, and a degree of longitude is shorter than one of latitude: classes may differ where the picture
    swaps them, so faults stay away from noise.
    """
    partition = coverage(build)
    injury = injure(partition, kind, number, size_m, angle)
    assume(injury is not None)

    def draw(one):
        return on_lattice(shapely.transform(one, PICTURES[picture]))

    before = check_grids([Grid(one.code, on_lattice(one.shape)) for one in injury.grids], partition.parent)
    after = check_grids(redrawn(injury.grids, draw), draw(partition.parent))

    ground = OVERLAPS | GAPS | {"outside-parent"}
    assert told(before) == told(after)
    for rules in (OVERLAPS, GAPS, {"outside-parent"}):
        areas = [
            sum(abs(shape(one.geometry).area) for one in report.findings if one.rule in rules & ground)
            for report in (before, after)
        ]
        assert areas[0] == pytest.approx(areas[1], rel=1e-3, abs=1e-11)


@examples(20)
@given(builds, kinds, numbers, sizes_m, angles, st.randoms(use_true_random=False))
def test_07_order_ring_starts_and_turns_make_no_difference(build, kind, number, size_m, angle, shuffler):
    """Grids shuffled, every ring begun elsewhere and some turned, parts exchanged: the same report, ids and all."""
    partition = coverage(build)
    injury = injure(partition, kind, number, size_m, angle)
    assume(injury is not None)

    def ring(points):
        points = list(points)[:-1]
        start = shuffler.randrange(len(points))
        points = points[start:] + points[:start]
        return points[::-1] if shuffler.random() < 0.5 else points

    def draw(one):
        parts = [
            shapely.Polygon(ring(part.exterior.coords), [ring(hole.coords) for hole in part.interiors])
            for part in shapely.get_parts(one)
        ]
        shuffler.shuffle(parts)
        return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)

    shuffled = shuffler.sample(redrawn(injury.grids, draw), len(injury.grids))

    one, other = check_grids(injury.grids, partition.parent), check_grids(shuffled, draw(partition.parent))

    assert [finding.id for finding in one.findings] == [finding.id for finding in other.findings]
    assert [finding.message for finding in one.findings] == [finding.message for finding in other.findings]
    assert one.certificate == other.certificate


@examples(20)
@given(builds)
def test_08_a_coverage_densified_on_both_sides_stays_clean(build):
    """Each edge gets its middle, rounded alike for all its users."""
    partition = coverage(build)

    def draw(one):
        rings = []
        parts = []
        for part in shapely.get_parts(one):
            rings = []
            for ring in shapely.get_rings(part):
                points = np.rint(np.asarray(ring.coords) * 1e9)
                dense = [points[0]]
                for start, end in pairwise(points):
                    # The middle of the same two numbers, whichever comes first, is the same number.
                    dense += [np.floor((start + end) / 2), end]
                rings.append(np.array(dense) / 1e9)
            parts.append(shapely.Polygon(rings[0], rings[1:]))
        return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)

    dense = redrawn(partition.grids, draw)
    parent = draw(partition.parent)
    assume(all(one.shape.is_valid for one in dense))

    report = check_grids(dense, parent)

    assert faults(report) == []
    assert report.certificate["edges"] > check_grids(partition.grids, partition.parent).certificate["edges"]


@examples(20)
@given(builds, kinds, numbers, sizes_m, angles, st.floats(0, 5), st.floats(0, 5))
def test_09_a_wider_threshold_hides_no_finding(build, kind, number, size_m, angle, one_m, other_m):
    """Tolerance, sliver and precision decide classes alone: the ground that is told of is the same, by its ids."""
    partition = coverage(build)
    injury = injure(partition, kind, number, size_m, angle)
    assume(injury is not None)
    narrow, wide = sorted((one_m, other_m))

    def found(**rules):
        return check_grids(injury.grids, partition.parent, CheckRules(**rules))

    for name in ("tolerance_m", "sliver_m", "stored_precision_m"):
        reports = [found(**{name: width}) for width in (narrow, wide)]
        ground = [[one.id for one in report.findings if one.area_m2 and one.rule != "narrow"] for report in reports]
        assert sorted(ground[0]) == sorted(ground[1])
        if name != "stored_precision_m":
            assert reports[0].valid == reports[1].valid


@examples(20)
@given(st.integers(0, 400), st.sampled_from(["cells", "hexagons"]), kinds, kinds, st.floats(1, 20), angles)
def test_10_faults_far_apart_are_the_sum_of_each(seed, tiles, kind, other_kind, size_m, angle):
    """Two grids that have no neighbour in common: rules and grids of both reports, and sums of areas."""
    partition = coverage(Build(seed, tiles, count=36))
    one = 0
    shapes = [grid.shape for grid in partition.grids]
    near = [number for number, other in enumerate(shapes) if shapes[one].distance(other) < 1e-4]
    far = [
        number for number, other in enumerate(shapes) if min(other.distance(shapes[beside]) for beside in near) > 1e-4
    ]
    assume(far)
    other = far[0]
    alike = {"twin", "contained", "drop"}
    assume(kind not in alike and other_kind not in alike)
    first, second = injure(partition, kind, one, size_m, angle), injure(partition, other_kind, other, size_m, angle)
    assume(first is not None and second is not None)
    both = list(first.grids)
    both[other] = second.grids[other]

    reports = [check_grids(grids, partition.parent) for grids in (first.grids, second.grids, both)]

    singles = sorted(item for report in reports[:2] for item in told(report) if item[0] != "low-coverage")
    assert singles == [item for item in told(reports[2]) if item[0] != "low-coverage"]
    for area in ("overlap_area_m2", "gap_area_m2"):
        assert reports[0].summary[area] + reports[1].summary[area] == pytest.approx(reports[2].summary[area])


@examples(25)
@given(builds, kinds, numbers, sizes_m, angles)
def test_11_ground_is_conserved_in_whole_square_steps(build, kind, number, size_m, angle):
    """Children = parent - gaps + ground owned too often + ground outside; off by rounding of new corners only."""
    partition = coverage(build)
    injury = injure(partition, kind, number, size_m, angle)
    assume(injury is not None)

    findings = check_grids(injury.grids, partition.parent).findings

    doubled = 0
    for one in findings:
        if one.rule in OVERLAPS | GAPS | {"outside-parent"}:
            ground = shapely.geometry.shape(one.geometry).area * 2e18
            doubled += ground * (len(one.grids) - 1 if one.rule in OVERLAPS else 1 if one.rule not in GAPS else -1)
    children = sum(doubled_steps(on_lattice(grid.shape)) for grid in injury.grids)
    seam_steps = (injury.seam_m + 1) * 10_000
    assert abs(children - doubled_steps(partition.parent) - doubled) <= 4 * seam_steps


@examples(25)
@given(builds, kinds, numbers, numbers, sizes_m, angles)
def test_12_a_redraw_checked_on_its_own_ground_has_the_verdict_of_the_whole(
    build, kind, number, partner, size_m, angle
):
    """S is the redrawn grid and some others: new S in the old outline of S is valid where the whole is, only then.

    And S as it was is proved.
    """
    partition = coverage(build)
    injury = injure(partition, kind, number, size_m, angle)
    assume(injury is not None)
    old = {grid.code: grid for grid in partition.grids}
    touched = {injury.who, partition.grids[partner % len(old)].code} & old.keys()
    if kind == "drop":
        touched |= old.keys() - {grid.code for grid in injury.grids}
    assume(touched)
    outline = shapely.coverage_union_all([old[code].shape for code in touched])
    new = [grid for grid in injury.grids if grid.code in touched or grid.code not in old]

    local, whole = check_grids(new, outline), check_grids(injury.grids, partition.parent)

    assert local.valid == whole.valid
    same = check_grids([old[code] for code in touched], outline)
    assert same.valid
    assert same.certificate is not None


@examples(20)
@given(st.integers(0, 400), st.integers(0, 1), st.sampled_from(["move", "bulge", "dent", "hole", "drop"]), numbers)
def test_13_a_fault_at_one_level_appears_at_that_level_alone(seed, level, kind, number):
    """A district of two streets, each of cells: a cell is redrawn, or a street; the other families stay clean."""
    partition = coverage(Build(seed, count=14))
    middle = partition.parent.centroid.x
    street_of = {grid.code: "W" if grid.shape.centroid.x < middle else "E" for grid in partition.grids}
    streets = [
        Grid(code, shapely.coverage_union_all([one.shape for one in partition.grids if street_of[one.code] == code]))
        for code in "EW"
    ]
    assume(len(set(street_of.values())) == 2)
    district = Grid("D", partition.parent)
    if level == 0:
        upper = Partition(tuple(streets), partition.parent, LocalPlane.around(partition.parent))
        injury = injure(upper, kind, number, 3.0, 1.0)
        assume(injury is not None)
        tree = [district, *(Grid(one.code, one.shape, parent="D") for one in injury.grids)]
        within = {"D", "E", "W"}
    else:
        street = streets[number % 2]
        cells = tuple(grid for grid in partition.grids if street_of[grid.code] == street.code)
        injury = injure(Partition(cells, street.shape, LocalPlane.around(street.shape)), kind, number, 3.0, 1.0)
        assume(injury is not None)
        rest = [one for one in partition.grids if street_of[one.code] != street.code]
        tree = [district, *(Grid(one.code, one.shape, parent="D") for one in streets)]
        tree += [Grid(one.code, one.shape, parent=street_of[one.code]) for one in [*rest, *injury.grids]]
        within = {street.code, *(one.code for one in cells)}

    report = check_tree(tree, CheckRules(), ())

    assert not report.valid
    assert {code for finding in report.findings for code in finding.grids} <= within


@examples(20)
@given(builds)
def test_14_round_trips_keep_every_edge(build):
    """GeoJSON, WKB, WKT, and a zone at the millimetre and back to nine decimals: the same edges, all of them."""
    partition = coverage(build)
    by_way_of_a_zone = redrawn(partition.grids, lambda one: from_gauss_kruger(to_gauss_kruger(one)))

    def edges(grids):
        return undirected_edges([grid.shape for grid in grids])

    for there_and_back in (
        lambda one: shape(json.loads(json.dumps(mapping(one)))),
        lambda one: shapely.from_wkb(shapely.to_wkb(one)),
        lambda one: shapely.from_wkt(shapely.to_wkt(one, rounding_precision=9)),
    ):
        assert edges(redrawn(partition.grids, there_and_back)) == edges(partition.grids)
    again = redrawn(by_way_of_a_zone, lambda one: from_gauss_kruger(to_gauss_kruger(one)))
    assert edges(again) == edges(by_way_of_a_zone)


@examples(20)
@given(st.integers(0, 400), kinds, kinds, st.floats(0.05, 40.0), angles)
def test_20_redraws_of_disjoint_ground_are_valid_together_where_each_is_alone(seed, kind, other_kind, size_m, angle):
    """Two redraws, each kept inside the outline of its own two grids by handing ground from one to the other."""
    partition = coverage(Build(seed, "hexagons", count=16))
    one, other = _handed_over(partition, 0, size_m), _handed_over(partition, len(partition.grids) - 2, size_m)
    assume(one and other and not one.keys() & other.keys())

    def published(*redraws):
        after = {grid.code: grid for grid in partition.grids}
        for redraw in redraws:
            after |= redraw
        return check_grids([after[code] for code in sorted(after)], partition.parent)

    assert published(one).certificate is not None
    assert published(other).certificate is not None
    assert published(one, other).certificate == published(other, one).certificate
    assert published(one, other).certificate is not None


@examples(20)
@given(
    st.integers(0, 400), st.tuples(numbers, numbers), st.tuples(st.booleans(), st.booleans()), st.floats(0.05, 40.0)
)
def test_20_footprints_of_disjoint_redraws_commute(seed, picks, spoilt, size_m):
    """One redraw after the other, each checked on its footprint: verdict and proofs are those of the other order.

    And those of the whole tree.  Two streets; a redraw may lie in one of them or in both; some leave a gap.
    """
    partition = coverage(Build(seed, "hexagons", count=16))
    before = _streets(partition)
    redraws = []
    for pick, spoil in zip(picks, spoilt, strict=True):
        pair = _handed_over(partition, pick % len(partition.grids), size_m)
        assume(pair)
        after = {code: replace(before[code], shape=grid.shape) for code, grid in pair.items()}
        if spoil:
            first = min(after)
            after[first] = replace(after[first], shape=on_lattice(after[first].shape.buffer(-1e-5)))
        redraws.append(after)
    assume(not redraws[0].keys() & redraws[1].keys())

    (valid, proofs, after), other_order = (_published(before, order) for order in (redraws, redraws[::-1]))

    assert (valid, proofs, after) == other_order
    whole = check_tree(list(after.values()), CheckRules(), ())
    assert valid == whole.valid
    assert set(proofs.values()) == set(whole.proofs)
    assert not valid or combine_proofs(list(proofs.values())) == whole.certificate


def _streets(partition):
    """Return by code a district of two streets of cells."""
    middle = partition.parent.centroid.x
    cells = [Grid(one.code, one.shape, parent="EW"[one.shape.centroid.x < middle]) for one in partition.grids]
    streets = [
        Grid(code, shapely.coverage_union_all([one.shape for one in cells if one.parent == code]), parent="D")
        for code in "EW"
    ]
    return {grid.code: grid for grid in [Grid("D", partition.parent), *streets, *cells]}


def _published(before, redraws):
    """Return whether every redraw had a valid footprint, the proofs by parent after the last, and the grids."""
    proofs = {proof.parent: proof for proof in check_tree(list(before.values()), CheckRules(), ()).proofs}
    valid = True
    for redraw in redraws:
        after = before | redraw
        families = touched_families(before, after, redraw)
        near = [one for one in after.values() if one.parent in families or one.code in families]
        report = check_footprint(near, set(redraw), CheckRules(), (), parents=families)
        valid &= report.valid
        proofs = {code: proof for code, proof in proofs.items() if code not in families}
        proofs |= {proof.parent: proof for proof in report.proofs}
        before = after
    return valid, proofs, before


def _handed_over(partition, number, size_m):
    """Return two neighbours after the first was given a triangle of the second's ground, at their common edge."""
    first = partition.grids[number]
    mine = undirected_edges([first.shape])
    for second in partition.grids:
        common = mine.keys() & undirected_edges([second.shape]).keys() if second is not first else set()
        for start, end in sorted(common):
            low, high = np.array(start) / 1e9, np.array(end) / 1e9
            aside = np.array([high[1] - low[1], low[0] - high[0]])
            bend = np.rint(((low + high) / 2 + aside * min(0.2, size_m / 1e3)) * 1e9) / 1e9

            def draw(one, low=low, high=high, bend=bend):
                ring = list(one.exterior.coords)
                for place, pair in enumerate(pairwise(ring)):
                    if {pair[0], pair[1]} == {tuple(low), tuple(high)}:
                        return shapely.Polygon([*ring[: place + 1], tuple(bend), *ring[place + 1 :]])
                return None

            pair = {grid.code: Grid(grid.code, draw(grid.shape)) for grid in (first, second)}
            if all(grid.shape is not None and grid.shape.is_valid for grid in pair.values()):
                return pair
    return None


@examples(15)
@given(builds, st.integers(0, 2**32 - 1))
def test_22_every_building_has_one_owner_on_borders_and_vertices_too(build, noise):
    """Points on every vertex, on the middle of every edge, and anywhere: the covering grid with the least code."""
    partition = coverage(build)
    grids = [Grid(grid.code, grid.shape, "unit_grid") for grid in partition.grids]
    locator = TreeLocator.build(grids, {"unit_grid": 1})
    rng = np.random.default_rng(noise)
    vertices = shapely.get_coordinates([grid.shape for grid in grids])
    west, south, east, north = partition.parent.bounds
    anywhere = rng.uniform((west, south), (east, north), (50, 2))
    points = np.concatenate([vertices, (vertices[:-1] + vertices[1:]) / 2, anywhere])

    for lon, lat in rng.permutation(np.rint(points * 1e9) / 1e9)[:100].tolist():
        covering = sorted(grid.code for grid in grids if shapely.intersects_xy(grid.shape, lon, lat))
        owner = locator.locate(lon, lat)
        assert owner.owner_index == (locator.codes.index(covering[0]) if covering else None)


@examples(30)
@given(builds, kinds, numbers, sizes_m, angles)
def test_24_independent_methods_agree_with_the_check(build, kind, number, size_m, angle):
    """The validator of GEOS, exact sums, fixed-precision union: no alarm on the clean coverage or the torn one."""
    partition = coverage(build)
    injury = injure(partition, kind, number, size_m, angle)
    assume(injury is not None)

    for grids in (partition.grids, injury.grids):
        tree = [Grid("P", partition.parent), *(Grid(grid.code, grid.shape, parent="P") for grid in grids)]
        assert second_opinions(tree) == []
        assert second_opinions(grids) == []
