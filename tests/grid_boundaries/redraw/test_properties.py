"""What must hold whatever is drawn wherever: grounds, places and operations are random."""

from __future__ import annotations

import json

import numpy as np
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from grid_boundaries.partition import to_lattice
from grid_boundaries.redraw import Ground, Redraw, RedrawRefusedError, apply_redraw, merge, move_edge, split
from tests.support.redraws import (
    OPERATIONS,
    bent,
    doubled_area,
    draw_at_random,
    draw_many,
    errors_of,
    leaves,
    line_across,
    neighbours,
    old_edge,
    random_ground,
)

seeds = st.integers(0, 300)
cells = st.integers(5, 22)
widths = st.sampled_from([0.005, 0.05, 0.2])
checked = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def area_of(ground: Ground) -> int:
    """Return twice the area of all unit grids, exactly."""
    return sum(doubled_area(ground[code].shape) for code in leaves(ground))


def points(shape: shapely.Geometry) -> list[tuple[int, int]]:
    """Return the vertices in order."""
    return [(lon, lat) for lon, lat in to_lattice(shapely.get_coordinates(shape)).tolist()]


def hold_to_the_rules(before: Ground, done: Redraw, after: Ground) -> None:
    """Assert what every operation keeps."""
    assert errors_of(after) == []
    assert area_of(after) == area_of(before)
    told = {grid.code for grid in done.grids}
    assert set(after) == (set(before) | told) - done.retired
    for code in set(after) - told:
        assert after[code] is before[code]
    for code in done.refined:
        old, new = before[code], after[code]
        assert (old.parent, old.name, old.kind, old.households) == (new.parent, new.name, new.kind, new.households)
        assert len(points(new.shape)) > len(points(old.shape))
        inserted = iter(points(new.shape))
        assert all(point in inserted for point in points(old.shape)), "old vertices are there, in their old order"
        # A node lies at most 0.71 steps from the edge that it was set into: 0.08 mm.
        assert shapely.hausdorff_distance(old.shape.boundary, new.shape.boundary) < 0.8e-9
    assert json.loads(json.dumps(done.detail)) == done.detail
    assert list(done.grids) == sorted(done.grids, key=lambda grid: grid.code)


@checked
@given(seeds, cells, widths)
def test_the_random_grounds_are_sound_themselves(seed, count, width_deg):
    """Three levels, up to four communities: every edge cancels before anything is drawn."""
    assert errors_of(random_ground(seed, count, width_deg)) == []


@checked
@given(seeds, cells, widths, st.sampled_from(OPERATIONS), seeds)
def test_an_operation_keeps_the_coverage_exact_or_is_refused(seed, count, width_deg, kind, chance):
    """No finding at any level, the same exact area, grids that it does not name left as they are, to the byte."""
    ground = random_ground(seed, count, width_deg)
    try:
        done = draw_at_random(ground, kind, np.random.default_rng(chance))
    except RedrawRefusedError as refused:
        assume(refused.code != "not-exact")
        return

    hold_to_the_rules(ground, done, apply_redraw(ground, done))


@settings(parent=checked, max_examples=12)
@given(seeds, cells, widths, st.lists(st.sampled_from(OPERATIONS), min_size=20, max_size=40), seeds)
def test_a_long_sequence_of_operations_keeps_the_coverage_exact(seed, count, width_deg, kinds, chance):
    """Twenty to forty operations one upon the other, whatever they are."""
    before = random_ground(seed, count, width_deg)
    for after, done in draw_many(before, kinds, chance):
        if isinstance(done, Redraw):
            hold_to_the_rules(before, done, after)
        else:
            assert after is before
        before = after


@settings(parent=checked, max_examples=25)
@given(
    seeds, cells, st.sampled_from([3e-7, 1e-6, 1e-5]), st.lists(st.sampled_from(OPERATIONS[:5]), max_size=12), seeds
)
def test_grids_of_centimetres_stay_exact_too(seed, count, width_deg, kinds, chance):
    """At 300 to 10,000 steps for the whole district, rounding moves lines by as much as a hundredth of a grid."""
    ground, rng = random_ground(seed, count, width_deg), np.random.default_rng(chance)
    for kind in kinds:
        try:
            done = draw_at_random(ground, kind, rng, snap_m=1e-9)
        except RedrawRefusedError:
            continue
        before, ground = ground, apply_redraw(ground, done)
        assert errors_of(ground) == []
        assert area_of(ground) == area_of(before)


@checked
@given(seeds, cells, widths, seeds)
def test_split_then_merge_gives_the_grid_back(seed, count, width_deg, chance):
    """What is left of it are the nodes that the line set into the border; the grid's neighbours have them too."""
    ground, rng = random_ground(seed, count, width_deg), np.random.default_rng(chance)
    code = str(rng.choice(leaves(ground)))
    parts = split(ground, code, line_across(ground[code].shape, rng))
    apart = apply_redraw(ground, parts)
    back = apply_redraw(apart, merge(apart, parts.detail["pieces"], "9"))

    assert errors_of(back) == []
    assert len(back) == len(ground)
    assert set(points(back["9"].shape)) >= set(points(ground[code].shape))
    assert shapely.hausdorff_distance(back["9"].shape.boundary, ground[code].shape.boundary) < 0.8e-9


@checked
@given(seeds, cells, widths, seeds)
def test_an_edge_moved_and_moved_back_is_where_it_was(seed, count, width_deg, chance):
    """The second move takes the old course; then both grids have their old ground, all others never changed it."""
    ground, rng = random_ground(seed, count, width_deg), np.random.default_rng(chance)
    one = str(rng.choice(leaves(ground)))
    other = str(rng.choice(neighbours(ground, one)))
    course = old_edge(ground, one, other)
    try:
        moved = apply_redraw(ground, move_edge(ground, [one, other], bent(course, rng)))
        back = apply_redraw(moved, move_edge(moved, [one, other], course))
    except RedrawRefusedError as refused:
        assume(refused.code == "")  # the bent edge left the two grids: another example, please

    assert errors_of(back) == []
    for code in ground:
        assert shapely.hausdorff_distance(back[code].shape.boundary, ground[code].shape.boundary) < 0.8e-9


@checked
@given(seeds, cells, widths, seeds)
def test_merging_is_associative(seed, count, width_deg, chance):
    """(a + b) + c, a + (b + c) and a + b + c have the same ground, vertex for vertex."""
    ground, rng = random_ground(seed, count, width_deg), np.random.default_rng(chance)
    families = [
        (a, b, c)
        for b in leaves(ground)
        for a in neighbours(ground, b)
        for c in neighbours(ground, b)
        if a < c and ground[a].parent == ground[b].parent == ground[c].parent
    ]
    assume(families)
    a, b, c = families[int(rng.integers(len(families)))]

    def merged(first: list[str], last: str) -> Ground:
        half = apply_redraw(ground, merge(ground, first, b))
        return apply_redraw(half, merge(half, [b, last], "9"))

    left, right = merged([a, b], c), merged([b, c], a)
    at_once = apply_redraw(ground, merge(ground, [a, b, c], "9"))

    assert left["9"].shape.wkb == right["9"].shape.wkb == at_once["9"].shape.wkb
    assert left["9"].households == right["9"].households == at_once["9"].households
