"""Redraws of real outlines: the districts of Kunming, and Panlong divided down to micro-grids."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from gis_service.demo.division import divide
from grid_boundaries.partition import Grid
from grid_boundaries.redraw import Ground, Redraw, apply_redraw, carve, move_edge, split
from grid_boundaries.redraw.arcs import arcs_between
from tests.support.partitions import kunming
from tests.support.redraws import OPERATIONS, doubled_area, draw_many, errors_of, leaves

LEVELS = ("district", "street", "community", "unit_grid", "micro_grid")


@pytest.fixture(scope="module")
def panlong():
    return Ground(divide(1, lambda _share: None), LEVELS)


@pytest.fixture(scope="module")
def districts():
    """The fourteen districts under one city."""
    grids = [Grid(grid.code, grid.shape, "district", "5301", f"区{grid.code}") for grid in kunming()]
    whole = shapely.coverage_union_all([grid.shape for grid in grids])
    return Ground([*grids, Grid("5301", whole, "city", None, "昆明市")], ("city", "district"))


def test_a_district_is_cut_through_and_its_neighbours_follow(districts):
    """Xishan, 530112, by a line due east through its middle."""
    assert errors_of(districts) == []
    west, south, east, north = districts["530112"].shape.bounds
    middle = (south + north) / 2

    done = split(districts, "530112", shapely.LineString([(west - 0.01, middle), (east + 0.01, middle + 0.001)]))

    assert len(done.detail["pieces"]) >= 2
    assert done.refined <= set(districts)
    assert errors_of(apply_redraw(districts, done)) == []


def test_a_border_of_hundreds_of_vertices_is_moved(districts):
    """The border of Wuhua (530102) and Panlong (530103): every other vertex is left out of its course."""
    arcs = arcs_between(districts.edges_of("530102"), districts.edges_of("530103"))
    longest = max(arcs, key=lambda arc: len(arc.points))
    course = np.array([*longest.points[:-1:2], longest.points[-1]]) / 1e9

    done = move_edge(districts, ["530102", "530103"], shapely.LineString(course))

    assert len(longest.points) > 50
    assert errors_of(apply_redraw(districts, done)) == []


def test_a_shop_street_is_carved_out_of_unit_grids_beside_each_other(panlong):
    """60 m along the common border of two unit grids of one community."""
    community = next(
        code for code in panlong if panlong[code].level == "community" and len(panlong.children_of(code)) > 3
    )
    units = [code for code in panlong.children_of(community) if not panlong.children_of(code)]
    one, other, arc = next(
        (one, other, arcs[0])
        for one in units
        for other in units
        if one < other
        for arcs in [arcs_between(panlong.edges_of(one), panlong.edges_of(other))]
        if arcs
    )
    strip = shapely.LineString(np.array(arc.points) / 1e9).segmentize(1e-4).buffer(0.0003)

    done = carve(panlong, strip, "dedicated", "沿街商铺", parent=community)

    assert {one, other} <= set(done.detail["from"])
    assert errors_of(apply_redraw(panlong, done)) == []


def test_a_campaign_of_redraws_leaves_the_whole_district_exact(panlong):
    """A hundred operations anywhere in Panlong's 325 grids, as a campaign has them (design: 30 % of a district)."""
    rng = np.random.default_rng(5)
    kinds = [str(kind) for kind in rng.choice(OPERATIONS[:5], 100)]

    steps = draw_many(panlong, kinds, 5)

    after = steps[-1][0]
    done = [what for _, what in steps if isinstance(what, Redraw)]
    assert len(done) > 40
    assert errors_of(after) == []
    area = sum(doubled_area(after[code].shape) for code in leaves(after))
    assert area == doubled_area(after["530103"].shape)
    # A node on the district's own border moves it by 0.08 mm at most: some m² in all of 886 km².
    assert area == pytest.approx(doubled_area(panlong["530103"].shape), rel=1e-8)
    touched = {grid.code for what in done for grid in what.grids}
    assert all(after[code] is panlong[code] for code in set(after) - touched)
