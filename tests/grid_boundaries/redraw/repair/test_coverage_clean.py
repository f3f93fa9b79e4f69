"""Cases in which ``coverage_clean`` of GEOS 3.14 loses or leaves ground, and the repair does not."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from grid_boundaries.check import CheckRules
from grid_boundaries.redraw.repair import propose_repair
from tests.support.faulty_grids import plant
from tests.support.partitions import Partition, polygon, random_partition, square

RULES = CheckRules()


def cleaned(grids, **options):
    """Return what GEOS makes of the grids, in thousandths of a degree."""
    return shapely.coverage_clean(np.array([grid.shape for grid in grids], dtype=object), **options)


def test_a_grid_covered_by_another_is_not_emptied():
    """GEOS gives its ground to the one around it."""
    grids = [square("a", 0, 0, 4, 4), square("b", 1, 1, 2, 2)]

    proposal = propose_repair(grids, RULES, (), parent=grids[0].shape)

    assert cleaned(grids)[1].is_empty
    assert all(grid.shape.area > 0 for grid in proposal.applied_to(grids))
    assert proposal.report_after.certificate is not None


def test_a_double_is_not_emptied_in_silence():
    """GEOS empties the later one."""
    grids = [square("a", 0, 0, 4, 4), square("b", 0, 0, 4, 4)]

    proposal = propose_repair(grids, RULES, (), parent=grids[0].shape)

    assert sum(shape.is_empty for shape in cleaned(grids)) == 1
    assert not proposal.removed
    assert proposal.announcements


def test_a_narrow_grid_stays_in_one_piece():
    """A neck of 2 cm, narrower than the tolerance of 5 cm, beside a fault of 1 cm (geos#1476)."""
    neck = polygon(
        "a",
        (0, 0),
        (1, 0),
        (1, 0.9999),
        (3, 0.9999),
        (3, 0),
        (4, 0),
        (4, 2),
        (3, 2),
        (3, 1.0001),
        (1, 1.0001),
        (1, 2),
        (0, 2),
    )
    south, north = square("b", 1, 0, 3, 0.9998), square("c", 1, 1.0001, 3, 2)

    proposal = propose_repair([neck, south, north], RULES, (), parent=square("p", 0, 0, 4, 2).shape)

    assert proposal.complete
    assert all(grid.shape.geom_type == "Polygon" for grid in proposal.applied_to([neck, south, north]))
    assert not proposal.announcements


def test_a_gap_on_the_parents_edge_is_filled():
    """GEOS knows no parent and leaves a gap that is open to the outside."""
    grids = [square("a", 0, 0, 2, 4), square("b", 2, 0, 4, 4), square("c", 0, 4, 4, 5)]
    grids[1] = square("b", 2.01, 0, 4, 4)
    parent = square("p", 0, 0, 4, 5).shape

    proposal = propose_repair(grids, RULES, (), parent=parent)

    assert shapely.union_all(cleaned(grids)).area < parent.area
    assert proposal.report_after.certificate is not None


def test_a_lawful_enclave_is_not_filled():
    """The parent itself has the hole: a lake that is nobody's."""
    corners = (0, 0), (4, 0), (4, 4), (0, 4)
    lake = [(1, 1), (2, 1), (2, 2), (1, 2)]
    grids = [polygon("a", *corners, holes=[lake])]

    proposal = propose_repair(grids, RULES, (), parent=grids[0].shape)

    assert not proposal.replacements


def test_hundreds_of_hairlines_take_seconds_and_leave_no_hole():
    """Sixty grids with all corners off by 0.1 mm to 1 mm, each in its own way: GEOS needed a search for each slit."""
    partition = random_partition(5, cells=60)
    grids = plant(partition, "jitter", 0, 0.001, 5)

    proposal = propose_repair(grids, RULES, (), parent=partition.parent)

    assert proposal.complete
    assert proposal.report_after.certificate is not None
    assert len(proposal.applied_to(grids)) == len(grids)


@pytest.mark.parametrize("seed", range(4))
def test_points_a_step_apart_lose_no_polygon(seed):
    """Coordinates off by one double (shapely#2368) or one lattice step: grids stay apart and lose nothing."""
    partition = random_partition(seed)
    rng = np.random.default_rng(seed)

    def nudge(metres):
        corners = shapely.get_coordinates(metres)[:-1]
        return shapely.Polygon(corners + rng.choice([-1e-4, 0, 1e-4], corners.shape))

    grids = list(partition.grids)
    for number in range(len(grids)):
        grids[number] = Partition(tuple(grids), partition.parent, partition.plane).redraw(number, nudge)[number]

    proposal = propose_repair(grids, RULES, (), parent=partition.parent)

    assert proposal.complete
    assert proposal.report_after.certificate is not None
    assert len(proposal.applied_to(grids)) == len(grids)
