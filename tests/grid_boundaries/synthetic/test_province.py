from collections import Counter

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from grid_boundaries.check import CheckRules, check_tree
from grid_boundaries.partition import on_lattice
from grid_boundaries.synthetic.country import BOX
from grid_boundaries.synthetic.province import CODE, CODE_DIGITS, LEVELS, make_province


@pytest.fixture(scope="module")
def grids():
    return make_province(1_000)


def units_of(grids):
    return np.array([grid.shape for grid in grids if grid.level == "unit_grid"], dtype=np.object_)


@pytest.mark.parametrize("count", [100, 1_000, 5_000])
def test_a_province_is_proved_at_every_level_and_nothing_is_remarked(count):
    """No finding at all, households included, and a certificate."""
    report = check_tree(make_province(count), CheckRules(), LEVELS)
    assert report.findings == ()
    assert report.certificate is not None


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(190, 210))
@settings(max_examples=60, deadline=None)
def test_every_seed_gives_a_province_that_is_proved(seed, count):
    """About 200 grids, with whole and with short rows."""
    grids = make_province(count, seed)
    assert len(units_of(grids)) == count
    report = check_tree(grids, CheckRules(), LEVELS)
    assert report.findings == ()
    assert report.certificate is not None


def test_the_unit_grids_are_a_coverage_in_the_eyes_of_geos(grids):
    """A second opinion: coverage_is_valid, and their union is the root."""
    assert shapely.coverage_is_valid(units_of(grids))
    assert shapely.coverage_union_all(units_of(grids)).equals(grids[0].shape)


def test_the_same_seed_gives_the_same_province_and_another_another(grids):
    """1,000 grids thrice."""
    assert make_province(1_000) == grids
    assert make_province(1_000, seed=8) != grids


def test_a_grid_has_49_vertices_on_average(grids):
    """The ring's last vertex, which is its first, counted; a side has 5 to 11 edges, so a grid about 30 to 70."""
    counts = shapely.get_num_coordinates(units_of(grids))
    assert counts.mean() == pytest.approx(49, abs=0.5)
    assert counts.min() < 40
    assert counts.max() > 58


def test_the_tree_is_full_and_codes_grow_by_the_digits_of_their_level(grids):
    """Every grid but the units has two children or more; codes are unique and begin with their parent's."""
    children = Counter(grid.parent for grid in grids)
    assert all(children[grid.code] >= 2 for grid in grids if grid.level != "unit_grid")
    assert len({grid.code for grid in grids}) == len(grids)
    assert [grid.code for grid in grids if grid.parent is None] == [CODE]
    for grid in grids[1:]:
        assert grid.code.startswith(grid.parent)
        assert len(grid.code) == len(grid.parent) + CODE_DIGITS[grid.level]


def test_parents_come_before_their_children_and_siblings_by_code(grids):
    """Depth first, which is the order of the codes."""
    codes = [grid.code for grid in grids]
    assert codes == sorted(codes)


def test_the_country_lies_in_its_box_and_does_not_fill_it(grids):
    """Where Guangdong lies, on the lattice; its outline is no rectangle."""
    root = grids[0].shape
    assert shapely.box(*BOX).contains(root)
    assert on_lattice(root) == root
    assert 0.3 < root.area / shapely.box(*root.bounds).area < 0.8


def test_grids_are_smaller_in_town_than_in_the_country():
    """Among 5,000 the largest has ten times the ground of the smallest, and more."""
    areas = shapely.area(units_of(make_province(5_000)))
    assert areas.max() > 10 * areas.min()


def test_too_few_grids_make_no_province():
    """99 are one too few."""
    with pytest.raises(ValueError, match="100 unit grids or more; got 99"):
        make_province(99)
