"""The fourteen districts of Kunming as published: 9,898 edges, exclaves, borders of every shape."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely
from shapely import affinity

from grid_boundaries.check import check_grids
from grid_boundaries.partition import Grid
from tests.support.partitions import area_by_pair, kunming

EAST_M = 20.0
_PLANE = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:4543", always_xy=True)
"""CGCS2000, three-degree zone, central meridian 102 E: the plane in which the second opinion is formed."""


def to_plane(shape):
    return shapely.transform(shape, lambda points: np.column_stack(_PLANE.transform(*points.T)))


def from_plane(shape):
    return shapely.transform(shape, lambda points: np.column_stack(_PLANE.transform(*points.T, direction="INVERSE")))


def swept(border, east_m):
    """Return the ground that the segments of a line pass over when they move east."""
    strips = []
    for line in shapely.get_parts(border):
        if line.geom_type == "LineString":
            points = shapely.get_coordinates(line)
            moved = points + np.array([east_m, 0.0])
            strips += [
                shapely.convex_hull(shapely.MultiPoint(corners))
                for corners in np.stack([points[:-1], points[1:], moved[1:], moved[:-1]], axis=1)
            ]
    return strips


def test_the_districts_as_published_have_no_finding():
    """No parent; the outline is left over and makes no false alarm, nor do the three parts of Wuhua."""
    report = check_grids(kunming())

    assert report.findings == ()
    assert report.summary["coverage_ratio"] == 1.0


def test_the_districts_are_proved_to_tile_their_union():
    """9,898 edges cancel, and the exact areas of districts and union are one number."""
    certificate = check_grids(kunming(), shapely.coverage_union_all([grid.shape for grid in kunming()])).certificate

    assert certificate is not None
    assert certificate["edges"] == 9_898
    assert certificate["doubled_area"] == "3771125853011000000"


@pytest.mark.parametrize("number", range(14), ids=[grid.code for grid in kunming()])
def test_a_district_moved_20_m_east_overlaps_and_leaves_its_neighbours_as_overlay_says(number):
    """Each pair's overlap within 1 % of plain intersection in a metric plane.

    Gaps, without any parent, within 1 % of what the common borders sweep over and nobody owns afterwards; with the
    old union as parent, within 1 % of old union minus new.
    """
    moved_code = kunming()[number].code
    before = {grid.code: to_plane(grid.shape) for grid in kunming()}
    moved = affinity.translate(before[moved_code], EAST_M, 0)
    after = {**before, moved_code: moved}
    grids = [Grid(grid.code, from_plane(moved) if grid.code == moved_code else grid.shape) for grid in kunming()]
    others = {code: shape for code, shape in before.items() if code != moved_code}
    expected = {
        tuple(sorted((moved_code, code))): shapely.intersection(moved, shape, grid_size=1e-4).area
        for code, shape in others.items()
    }
    borders = [shapely.intersection(before[moved_code], shape, grid_size=1e-4) for shape in others.values()]
    strips = shapely.union_all([strip for border in borders for strip in swept(border, EAST_M)], grid_size=1e-4)
    united = shapely.union_all(list(after.values()), grid_size=1e-4)
    lost = shapely.difference(shapely.union_all(list(before.values()), grid_size=1e-4), united, grid_size=1e-4)

    alone = check_grids(grids)
    within = check_grids(grids, shapely.coverage_union_all([grid.shape for grid in kunming()]))

    for report in (alone, within):
        found = area_by_pair(report.findings)
        assert {pair for pair, area in expected.items() if area > 1} == set(found)
        for pair, area in found.items():
            assert area == pytest.approx(expected[pair], rel=0.01, abs=1)
    strips_m2 = shapely.difference(strips, united, grid_size=1e-4).area
    assert alone.summary["gap_area_m2"] == pytest.approx(strips_m2, rel=0.01)
    assert within.summary["gap_area_m2"] == pytest.approx(lost.area, rel=0.01)
    for finding in alone.findings:
        if finding.rule == "gap":
            assert moved_code in finding.grids
            assert len(finding.grids) > 1
