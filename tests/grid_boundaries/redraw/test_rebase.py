import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from grid_boundaries.redraw import Ground, Redraw, RedrawRefusedError, apply_redraw, rebase_refinement, replace, split
from tests.support.redraws import (
    A1,
    A2,
    B1,
    A,
    draw_at_random,
    errors_of,
    line,
    random_ground,
    tiny_ground,
)

GROUND = tiny_ground()


def test_vertices_are_carried_over_to_a_shape_that_lost_another_edge():
    """One plan splits A1 and so gives B1 a corner in the west; another one has moved B1's eastern edge meanwhile."""
    refined = apply_redraw(GROUND, split(GROUND, A1, line((-0.1, 1.5), (1.1, 1.5))))[B1].shape
    current = shapely.Polygon([line((1, 1), (1.5, 1), (1.5, 2), (1, 2)).coords[i] for i in (0, 1, 2, 3)])

    # The southern and northern edges are shorter now; the plan has no vertices on them.
    rebased = rebase_refinement(GROUND[B1].shape, refined, current)

    assert rebased is not None
    assert rebased.equals(current)
    assert len(rebased.exterior.coords) == len(current.exterior.coords) + 1


def test_vertices_of_both_plans_on_one_edge_are_put_in_order():
    """Two plans cut A1 and B1 by lines that meet their common edge 200 m apart; either way round it is the same."""
    one = apply_redraw(GROUND, split(GROUND, A1, line((-0.1, 1.5), (1.01, 1.51))))[A].shape
    other = apply_redraw(GROUND, split(GROUND, B1, line((0.99, 1.3), (2.1, 1.3))))[A].shape

    both = rebase_refinement(GROUND[A].shape, one, other)

    assert both is not None
    assert both.equals_exact(rebase_refinement(GROUND[A].shape, other, one), normalize=True)
    assert len(both.exterior.coords) == len(GROUND[A].shape.exterior.coords) + 3


def test_what_is_there_already_stays():
    refined = apply_redraw(GROUND, split(GROUND, A1, line((-0.1, 1.5), (1.1, 1.5))))[A].shape

    assert rebase_refinement(GROUND[A].shape, refined, refined) is refined


@pytest.mark.parametrize("swapped", [False, True])
def test_an_edge_that_is_not_there_any_more_gives_none(swapped):
    """A2's northern edge has been moved south; or it is the plan that has done so, which is no refinement."""
    refined = apply_redraw(GROUND, split(GROUND, A1, line((0.4, 0.9), (0.5, 2.1))))[A2].shape
    current = shapely.box(*GROUND[A2].shape.bounds[:3], 25.005)
    plans = (current, refined) if swapped else (refined, current)

    assert rebase_refinement(GROUND[A2].shape, *plans) is None


def two_plans(seed: int, count: int, width_deg: float, chance: int) -> tuple[Ground, Redraw, Redraw]:
    """Return a ground and two redraws of it that change different grids, but may refine the same."""
    ground, rng = random_ground(seed, count, width_deg), np.random.default_rng(chance)
    kinds = ["split", "move_edge", "carve", "merge", "move_parent"]
    try:
        one, other = (draw_at_random(ground, str(rng.choice(kinds)), rng) for _ in range(2))
    except RedrawRefusedError:
        reject()
    assume(not changed_by(one) & changed_by(other))
    return ground, one, other


def changed_by(done: Redraw) -> set[str]:
    """Return the footprint: grids that an operation changes, adds or retires, those only refined left out."""
    return {grid.code for grid in done.grids} - done.refined | done.retired


plans = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
arguments = given(st.integers(0, 200), st.integers(8, 20), st.sampled_from([0.005, 0.05]), st.integers(0, 10_000))


@plans
@arguments
def test_grids_that_two_plans_refine_are_the_same_whoever_comes_first(seed, count, width_deg, chance):
    ground, one, other = two_plans(seed, count, width_deg, chance)
    after_one, after_other = apply_redraw(ground, one), apply_redraw(ground, other)

    for code in one.refined & other.refined:
        shapes = after_one[code].shape, after_other[code].shape
        both = rebase_refinement(ground[code].shape, *shapes)
        assert both is not None
        assert shapely.normalize(both) == shapely.normalize(rebase_refinement(ground[code].shape, *shapes[::-1]))
        vertices = {tuple(point) for shape in shapes for point in shapely.get_coordinates(shape).tolist()}
        assert {tuple(point) for point in shapely.get_coordinates(both).tolist()} == vertices


@plans
@arguments
def test_the_second_of_two_plans_is_taken_over_by_the_grids_that_it_changes(seed, count, width_deg, chance):
    """On what the first one published, ``replace`` sets the vertices of both: exact at every level."""
    ground, one, other = two_plans(seed, count, width_deg, chance)
    published = apply_redraw(apply_redraw(ground, one), Redraw((), other.retired))

    done = replace(published, [grid for grid in other.grids if grid.code not in other.refined])

    assert errors_of(apply_redraw(published, done)) == []
