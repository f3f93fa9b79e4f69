from __future__ import annotations

from collections import defaultdict
from dataclasses import replace as with_changes

import numpy as np
import shapely
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grid_boundaries.partition import Grid, on_lattice
from grid_boundaries.redraw import Ground, replace
from grid_boundaries.redraw.doubtful import doubtful_edges
from grid_boundaries.redraw.edges import Edge, forward, refine_shape, shape_edges
from grid_boundaries.redraw.matching import match
from tests.support.redraws import errors_of, random_ground


def matched_with_all(ground: Ground, fresh: list[Grid]) -> dict[str, shapely.Geometry]:
    """Return the shapes that change or are new when every edge is held against every other."""
    codes = {grid.code for grid in fresh}
    users: defaultdict[Edge, set[str]] = defaultdict(set)
    for grid in [*fresh, *(ground[code] for code in ground if code not in codes)]:
        for edge in shape_edges(grid.shape):
            users[forward(edge)].add(grid.code)
    chains = match(
        [edge for edge, who in users.items() if who & codes], [edge for edge, who in users.items() if who - codes]
    )
    shapes = {grid.code: grid.shape for grid in fresh}
    for code in sorted({code for edge in chains for code in users[edge]}):
        shapes[code] = refine_shape(shapes.get(code, ground[code].shape if code in ground else None), chains)
    return shapes


def with_corners(grids: list[Grid], random: np.random.Generator, share: float, width_deg: float) -> list[Grid]:
    """Return grids of which some, of any level, have corners of their own along their edges."""
    return [
        with_changes(grid, shape=shapely.segmentize(grid.shape, width_deg / random.integers(3, 9)))
        if random.random() < share
        else grid
        for grid in grids
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(4, 14),
    width_deg=st.sampled_from([0.005, 0.05, 0.2]),
    share=st.sampled_from([0.1, 0.5, 1.0]),
    imported=st.sampled_from([0.1, 0.5, 1.0]),
)
@example(seed=1, count=8, width_deg=0.05, share=0.5, imported=1.0)
def test_few_edges_are_matched_with_the_same_outcome_as_all(seed, count, width_deg, share, imported):
    """Random trees, corners missing at any level; a part of the grids, or all, is taken over."""
    random = np.random.default_rng(seed)
    whole = random_ground(seed, count, width_deg)
    fresh = [grid for grid in whole.values() if random.random() < imported] or [next(iter(whole.values()))]
    fresh = with_corners(fresh, random, share, width_deg)
    codes = {grid.code for grid in fresh}
    ground = Ground(
        [grid for grid in whole.values() if grid.code not in codes or random.random() < 0.5], whole.levels
    )

    done = {grid.code: grid.shape for grid in replace(ground, fresh).grids}
    expected = matched_with_all(ground, [with_changes(grid, shape=on_lattice(grid.shape)) for grid in fresh])

    assert done.keys() == expected.keys()
    assert all(done[code].equals_exact(expected[code], 0.0) for code in done)


def test_of_a_whole_tree_only_its_border_is_in_doubt():
    """The inner edges of a sound tree cancel; the district's own do not, nor is anything else left to match."""
    ground = random_ground(3, 14, 0.05)
    assert errors_of(ground) == []
    border = {forward(edge) for grid in ground.values() if grid.parent is None for edge in shape_edges(grid.shape)}
    every = {forward(edge) for grid in ground.values() for edge in shape_edges(grid.shape)}

    doubtful = doubtful_edges(list(ground.values()), [])

    assert border <= doubtful.keys()
    assert len(doubtful) < len(every)
