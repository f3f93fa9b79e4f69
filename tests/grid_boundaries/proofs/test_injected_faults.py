"""Faults of 5 cm to 500 m in exact coverages: all found, with the right grids, as large as overlay says.

``GIS_TEST_EFFORT`` multiplies the examples (CONTRIBUTING.md).
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
import shapely
from hypothesis import assume, event, given
from hypothesis import strategies as st

from gis_service.demo.division import divide
from grid_boundaries.check import CheckRules, check_grids, check_tree
from grid_boundaries.noding import node_long_edges
from grid_boundaries.partition import Grid, on_lattice
from grid_boundaries.projection import LocalPlane
from tests.support.coverages import (
    Build,
    coverage,
    coverage_by_way_of_a_plane,
    from_gauss_kruger,
    to_gauss_kruger,
    with_noise_in_the_last_bit,
)
from tests.support.effort import examples
from tests.support.exact import doubled_steps
from tests.support.injury import KINDS, OVERLAPS, assert_neighbours_told, assert_told, injure
from tests.support.partitions import Partition, kunming, overlay, rules_of

seeds = st.integers(0, 400)
builds = st.builds(
    Build,
    seed=seeds,
    tiles=st.sampled_from(["cells", "hexagons"]),
    size_m=st.sampled_from([600.0, 4_000.0, 40_000.0]),
    count=st.integers(4, 16),
    river_m=st.sampled_from([0.0, 4.0, 30.0]),
    enclaves=st.integers(0, 3),
    island=st.booleans(),
    lake=st.booleans(),
)
sizes_m = st.floats(math.log(0.05), math.log(500)).map(math.exp)
angles = st.floats(0, 2 * math.pi)


@pytest.fixture(scope="module")
def panlong():
    """The demo district: 325 grids at five levels, exact."""
    return divide(1, lambda _: None)


def faults(report):
    """Return the findings but for remarks on enclaves, which are no faults."""
    return [finding for finding in report.findings if finding.rule != "enclave"]


@examples(60)
@given(builds)
def test_a_clean_coverage_has_no_finding_whatever_it_is_made_of(build):
    """Rivers of 4 m, enclaves, islands, lakes in the parent, exclaves; the exact areas are one number."""
    partition = coverage(build)

    report = check_grids(partition.grids, partition.parent)

    assert faults(report) == []
    assert report.certificate is not None
    assert sum(doubled_steps(grid.shape) for grid in partition.grids) == doubled_steps(partition.parent)


@examples(40)
@given(builds)
def test_enclaves_are_those_that_plain_geometry_finds(build):
    """One remark for each hole of a grid that another grid fills exactly, and no others."""
    partition = coverage(build)

    found = {finding.grids for finding in check_grids(partition.grids, partition.parent).findings}

    expected = {
        (inner.code, outer.code)
        for outer in partition.grids
        for part in shapely.get_parts(outer.shape)
        for hole in part.interiors
        for inner in partition.grids
        if shapely.equals(inner.shape, shapely.Polygon(hole))
    }
    assert found == expected


@examples(40)
@given(builds, st.integers(0, 2**32 - 1))
def test_noise_in_the_last_bit_changes_nothing_at_all(build, noise):
    """Every vertex off by a unit in its last place, each grid for itself: the same certificate, no finding more."""
    partition = coverage(build)
    rng = np.random.default_rng(noise)
    noisy = [with_noise_in_the_last_bit(grid, rng) for grid in partition.grids]

    report = check_grids(noisy, partition.parent)

    assert report.as_dict() == check_grids(partition.grids, partition.parent).as_dict()


@examples(40)
@given(
    st.builds(Build, seed=seeds, size_m=st.sampled_from([4_000.0, 20_000.0]), river_m=st.sampled_from([0.0, 20.0]))
)
def test_a_coverage_drawn_in_millimetres_of_a_zone_stays_clean_in_degrees(build):
    """A parent of four corners and edges of 20 km: noded in the plane before they bow in degrees."""
    partition = coverage_by_way_of_a_plane(build)

    report = check_grids(partition.grids, partition.parent)

    assert faults(report) == []
    assert report.certificate is not None


@examples(25)
@given(builds)
def test_a_round_trip_by_way_of_a_zone_keeps_a_clean_coverage_clean(build):
    """Degrees to millimetres of a Gauss-Kruger zone and back: other vertices, and still no finding."""
    partition = coverage(build)
    trip = [on_lattice(from_gauss_kruger(to_gauss_kruger(grid.shape))) for grid in partition.grids]
    parent = on_lattice(from_gauss_kruger(to_gauss_kruger(partition.parent)))
    assume(all(shape.is_valid for shape in trip))

    report = check_grids([Grid(grid.code, shape) for grid, shape in zip(partition.grids, trip, strict=True)], parent)

    assert faults(report) == []
    assert report.certificate is not None


def test_without_noding_in_the_plane_ground_opens_on_long_edges():
    """Why noding matters: 20 km drawn with its corners only bow by 6 m, and the check says so."""
    build = Build(seed=3, size_m=20_000)
    partition = coverage_by_way_of_a_plane(build)
    corners = shapely.box(*to_gauss_kruger(partition.parent).bounds)

    report = check_grids(partition.grids, on_lattice(from_gauss_kruger(corners)))

    assert not report.valid
    assert rules_of(report.findings) & {"uncovered-parent", "outside-parent"}


@examples(80)
@given(builds, st.sampled_from(KINDS), st.integers(0, 99), sizes_m, angles)
def test_every_injected_fault_is_found_and_agrees_with_overlay(build, kind, number, size_m, angle):
    """Pair by pair, to 1 % or one lattice step along the redrawn border; the neighbours of every gap are named."""
    partition = coverage(build)
    injury = injure(partition, kind, number, size_m, angle)
    assume(injury is not None)
    event(kind)

    report = check_grids(injury.grids, partition.parent)

    assert not report.valid
    assert report.certificate is None
    assert injury.rules <= rules_of(report.findings)
    assert_told(report, injury.grids, partition.parent, injury.seam_m)
    assert_neighbours_told(report, injury.grids, partition)


@examples(30)
@given(builds, st.sampled_from(KINDS), st.integers(0, 99), sizes_m, angles, st.integers(0, 2**32 - 1))
def test_noise_in_the_last_bit_hides_no_fault_and_adds_none(build, kind, number, size_m, angle, noise):
    """The report is the same, sentence by sentence."""
    partition = coverage(build)
    injury = injure(partition, kind, number, size_m, angle)
    assume(injury is not None)
    rng = np.random.default_rng(noise)
    noisy = [with_noise_in_the_last_bit(grid, rng) for grid in injury.grids]

    report = check_grids(noisy, partition.parent)

    assert report.as_dict() == check_grids(injury.grids, partition.parent).as_dict()


@examples(30)
@given(builds, st.integers(0, 99))
def test_rings_that_turn_the_wrong_way_are_no_fault(build, number):
    """Shell clockwise, holes anticlockwise, as half of all files have them."""
    partition = coverage(build)
    grids = list(partition.grids)
    number %= len(grids)
    grids[number] = Grid(grids[number].code, shapely.reverse(grids[number].shape))

    report = check_grids(grids, shapely.reverse(partition.parent))

    assert report.as_dict() == check_grids(partition.grids, partition.parent).as_dict()


@examples(20)
@given(seeds, st.sampled_from(["cells", "hexagons"]))
def test_a_shell_swapped_with_its_hole_is_an_invalid_geometry(seed, tiles):
    """The grid around an enclave, its rings exchanged: told with its code; its ground is a gap."""
    partition = coverage(Build(seed, tiles, enclaves=1))
    grids = list(partition.grids)
    number = next(i for i, grid in enumerate(grids) if shapely.get_num_interior_rings(grid.shape) > 0)
    shape = grids[number].shape
    grids[number] = Grid(grids[number].code, shapely.Polygon(shape.interiors[0], [shape.exterior]))

    report = check_grids(grids, partition.parent)

    invalid = [finding for finding in report.findings if finding.rule == "invalid-geometry"]
    assert [finding.grids for finding in invalid] == [(grids[number].code,)]
    assert report.summary["gap_area_m2"] == pytest.approx(
        overlay([grid for i, grid in enumerate(grids) if i != number], partition.parent).gap, rel=0.01
    )


@examples(60)
@given(builds, st.integers(0, 99), st.integers(0, 10**6), st.floats(0.2, 0.8))
def test_a_vertex_on_one_side_only_is_unmatched_on_every_kind_of_border(build, number, pick, share):
    """River banks, holes of enclaves, shores of lakes, exclaves: one finding without ground, never a gap."""
    partition = coverage(build)
    number %= len(partition.grids)
    grid = partition.grids[number]
    rings = shapely.get_rings(shapely.get_parts(grid.shape))
    ring = shapely.get_coordinates(rings[pick % len(rings)])
    place = pick % (len(ring) - 1)
    middle = np.rint(((1 - share) * ring[place] + share * ring[place + 1]) * 1e9) / 1e9
    assume(math.dist(ring[place], ring[place + 1]) > 2e-8)
    torn = shapely.get_coordinates(grid.shape)
    after = next(
        i for i in range(len(torn) - 1) if (torn[i] == ring[place]).all() and (torn[i + 1] == ring[place + 1]).all()
    )
    grids = list(partition.grids)
    grids[number] = Grid(grid.code, _with_vertex(grid.shape, after, middle))

    report = check_grids(grids, partition.parent, parent_code="whole")

    (finding,) = faults(report)
    assert finding.rule == "unmatched-vertex"
    assert finding.grids[1:] == (grid.code,)
    assert finding.area_m2 == 0
    assert finding.severity == ("info" if finding.grids[0] == "whole" else "error")


def _with_vertex(shape, after, vertex):
    """Return a shape with one more vertex after the one of that number, counted through all rings."""
    polygons, seen = [], 0
    for part in shapely.get_parts(shape):
        rings = []
        for ring in shapely.get_rings(part):
            points = list(ring.coords)
            if seen <= after < seen + len(points):
                points.insert(after - seen + 1, tuple(vertex))
            seen += len(ring.coords)
            rings.append(points)
        polygons.append(shapely.Polygon(rings[0], rings[1:]))
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


# ------------------------------------------------------------------------------------------------ real boundaries
def test_the_demo_district_is_proved_at_every_level(panlong):
    """325 grids in families of streets, communities, unit grids and micro-grids; by way of a zone as well."""
    straight = check_tree(panlong, CheckRules(), ())
    shapes = np.array([to_gauss_kruger(grid.shape) for grid in panlong], dtype=object)
    noded, added = node_long_edges(shapes)
    trip = [
        Grid(grid.code, on_lattice(from_gauss_kruger(shape)), grid.level, grid.parent)
        for grid, shape in zip(panlong, noded, strict=True)
    ]
    by_way_of_a_zone = check_tree(trip, CheckRules(), ())

    assert straight.findings == by_way_of_a_zone.findings == ()
    assert straight.certificate["families"] == by_way_of_a_zone.certificate["families"]
    assert straight.certificate["families"] > 70
    assert added == 0


@examples(15)
@given(
    st.sampled_from(["street", "community", "unit_grid"]),
    st.sampled_from(["drop", "twin", "move", "vertex", "bulge", "dent", "hole", "strip-outside"]),
    st.integers(0, 9999),
    sizes_m,
    angles,
)
def test_a_fault_in_the_demo_district_appears_in_its_own_family_alone(panlong, level, kind, number, size_m, angle):
    """A unit grid, community or street without children is redrawn: no other family has a finding."""
    leaves = [grid for grid in panlong if grid.level == level]
    grid = leaves[number % len(leaves)]
    parent = next(one for one in panlong if one.code == grid.parent)
    siblings = tuple(one for one in panlong if one.parent == parent.code)
    injury = injure(
        Partition(siblings, parent.shape, LocalPlane.around(parent.shape)), kind, siblings.index(grid), size_m, angle
    )
    assume(injury is not None)
    event(kind)
    redrawn = [Grid(one.code, one.shape, level, parent.code) for one in injury.grids]
    others = [one for one in panlong if one.parent != parent.code and not _is_below(one, grid.code)]

    report = check_tree([*others, *redrawn], CheckRules(), ())

    assert not report.valid
    assert {code for finding in report.findings for code in finding.grids} <= {
        parent.code,
        *(one.code for one in redrawn),
    }
    assert_told(report, redrawn, parent.shape, injury.seam_m)


def _is_below(grid, code):
    """Return whether a grid of the demo district lies below another: its code continues the other's."""
    return grid.code != code and grid.code.startswith(code)


@examples(8)
@given(st.sampled_from(KINDS), st.integers(0, 13), sizes_m, angles)
def test_a_fault_in_the_districts_of_kunming_is_found(kind, number, size_m, angle):
    """Fourteen real districts with exclaves, 9,898 edges, their union as the parent."""
    partition = Partition(kunming(), _union_of_kunming(), LocalPlane.around(_union_of_kunming()))
    injury = injure(partition, kind, number, size_m, angle)
    assume(injury is not None)
    event(kind)

    report = check_grids(injury.grids, partition.parent)

    assert not report.valid
    assert injury.rules <= rules_of(report.findings)
    overlaps = Counter(code for one in report.findings if one.rule in OVERLAPS for code in one.grids)
    assert not overlaps or injury.who in overlaps
    assert_told(report, injury.grids, partition.parent, injury.seam_m)


def _union_of_kunming():
    return shapely.coverage_union_all([grid.shape for grid in kunming()])
