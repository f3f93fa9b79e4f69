from collections import Counter, defaultdict
from itertools import pairwise

import pytest
import shapely

from gis_service.demo.division import (
    INDUSTRIAL_PARK,
    RESETTLEMENT,
    SHOP_STREET,
    SHOPPING_STREET,
    URBAN_PILOT,
    VILLAGE_PILOT,
    chinese_number,
)
from gis_service.demo.outline import read_outline
from grid_boundaries.partition import from_lattice, to_lattice

DIGITS = {"district": 6, "street": 9, "community": 12, "unit_grid": 15, "micro_grid": 17}


def test_the_tree_has_the_counts_of_the_survey(panlong):
    """1 district, 8 streets, 65 communities, 213 unit grids, 38 micro-grids."""
    assert Counter(grid.level for grid in panlong.grids) == {
        "district": 1,
        "street": 8,
        "community": 65,
        "unit_grid": 213,
        "micro_grid": 38,
    }


def test_donghua_has_seven_communities_and_31_unit_grids(panlong, by_name):
    """The other streets have 58 and 182; the pilot community has at least five unit grids."""
    code = by_name["东华街道"].code
    inside = Counter(grid.level for grid in panlong.grids if grid.code.startswith(code))
    assert (inside["community"], inside["unit_grid"]) == (7, 31)
    pilot = by_name["小龙路社区"]
    assert pilot.parent == code
    assert by_name["小龙路社区五网格"].parent == pilot.code


def test_codes_have_the_digits_of_their_level_and_begin_with_their_parent(panlong):
    """6, 9, 12, 15 and 17 digits; none twice."""
    codes = [grid.code for grid in panlong.grids]
    assert len(set(codes)) == len(codes)
    for grid in panlong.grids:
        assert len(grid.code) == DIGITS[grid.level]
        assert grid.parent is None or grid.code.startswith(grid.parent)


def test_no_two_grids_have_one_name(panlong):
    """325 names."""
    assert len({grid.name for grid in panlong.grids}) == 325
    assert all(grid.name for grid in panlong.grids)


def test_children_and_parents_cancel_edge_by_edge(panlong):
    """The 286 parents: every directed edge of the children meets its opposite, or is the parent's."""
    children = defaultdict(list)
    for grid in panlong.grids:
        children[grid.parent].append(grid)
    by_code = {grid.code: grid for grid in panlong.grids}
    parents = [code for code in children if code]
    assert len(parents) == 1 + 8 + 65 + 12
    for code in parents:
        edges = Counter()
        for child in children[code]:
            edges.update(directed_edges(child.shape))
        edges.update((end, start) for start, end in directed_edges(by_code[code].shape))
        assert set(edges.values()) == {1}
        assert all((end, start) in edges for start, end in edges)


def directed_edges(shape):
    ring = to_lattice(shapely.get_coordinates(shapely.orient_polygons(shape).exterior)).tolist()
    return [(tuple(start), tuple(end)) for start, end in pairwise(ring)]


def test_shapes_are_valid_and_on_the_lattice(panlong):
    """325 polygons without holes; every vertex is a whole number of steps of 1e-9 degree."""
    for grid in panlong.grids:
        assert grid.shape.geom_type == "Polygon"
        assert grid.shape.is_valid
        assert not grid.shape.interiors
        degrees = shapely.get_coordinates(grid.shape)
        assert (from_lattice(to_lattice(degrees)) == degrees).all()


def test_the_district_keeps_its_real_outline(panlong):
    """Vertex for vertex, so that it still meets its thirteen neighbours."""
    assert panlong.grids[0].shape.equals(read_outline())
    assert len(panlong.grids[0].shape.exterior.coords) == 731


def test_only_the_strip_of_shops_is_thin(panlong):
    """Area against circumference: 1 is a circle, 0.785 a square; under 0.2 is the street of shops alone."""
    thin = {grid.name for grid in panlong.grids if 12.566 * grid.shape.area / grid.shape.length**2 < 0.2}
    assert thin == {SHOP_STREET}


def test_city_grids_are_small_and_mountain_grids_large(panlong):
    """Half of the unit grids are under 0.4 square km, the largest over 20."""
    areas = sorted(grid.shape.area * 11_170 for grid in panlong.grids if grid.level == "unit_grid")
    assert areas[len(areas) // 2] < 0.4
    assert areas[-1] > 20


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (SHOP_STREET, "dedicated"),
        (SHOPPING_STREET, "dedicated"),
        (INDUSTRIAL_PARK, "dedicated"),
        (VILLAGE_PILOT, "standard"),
        (URBAN_PILOT, "standard"),
        (RESETTLEMENT, "standard"),
    ],
)
def test_the_six_special_micro_grids_are_there(by_name, name, kind):
    """Three are dedicated, three standard."""
    assert (by_name[name].level, by_name[name].kind) == ("micro_grid", kind)


def test_the_shop_street_is_25_m_wide_and_in_the_pilot_community(by_name):
    """Twice the area through the circumference, without the tapered ends."""
    strip = by_name[SHOP_STREET]
    assert strip.code.startswith(by_name["小龙路社区"].code)
    metres = shapely.transform(strip.shape, lambda degrees: degrees * (100_250, 110_800))
    assert 2 * metres.area / metres.length == pytest.approx(25, abs=4)


def test_micro_grids_come_in_twos_to_fives(panlong):
    """Twelve unit grids are divided."""
    counts = Counter(grid.parent for grid in panlong.grids if grid.level == "micro_grid")
    assert len(counts) == 12
    assert set(counts.values()) == {2, 3, 4, 5}


@pytest.mark.parametrize(
    ("number", "word"), [(1, "一"), (5, "五"), (10, "十"), (11, "十一"), (20, "二十"), (99, "九十九")]
)
def test_numbers_are_written_in_chinese(number, word):
    """One digit, ten, and both."""
    assert chinese_number(number) == word


@pytest.mark.parametrize("number", [0, 100])
def test_numbers_out_of_range_are_refused(number):
    """From 1 to 99."""
    with pytest.raises(ValueError, match="not between 1 and 99"):
        chinese_number(number)


@pytest.mark.parametrize(
    ("part", "community"), [(VILLAGE_PILOT, "甸尾社区"), (URBAN_PILOT, "江东社区"), (RESETTLEMENT, "金实社区")]
)
def test_micro_grids_that_name_a_place_lie_in_it(by_name, part, community):
    """The codes of the micro-grids begin with those of the communities."""
    assert by_name[part].code.startswith(by_name[community].code)
