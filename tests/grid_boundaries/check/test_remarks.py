from __future__ import annotations

import pytest
from shapely.geometry import MultiPolygon

from grid_boundaries.check import CheckRules, check_grids
from grid_boundaries.partition import Grid
from tests.support.partitions import kunming, rules_of, square


def in_two_parts(code, one, other, level=None):
    """Return a grid made of two others."""
    return Grid(code, MultiPolygon([one.shape, other.shape]), level)


def test_a_grid_in_pieces_that_meet_no_other_grid_is_a_warning():
    """Two squares 1 km apart: the smaller piece is the place; valid all the same."""
    report = check_grids([in_two_parts("a", square("", 0, 0, 2, 2), square("", 10, 0, 11, 1))])

    (finding,) = report.findings
    assert (finding.rule, finding.severity, finding.grids) == ("multipart", "warning", ("a",))
    assert finding.message == "Grid a is in 2 pieces, the smallest at 102.73050, 25.04050."
    assert report.valid


@pytest.mark.parametrize(("level", "rules"), [("district", set()), (None, set()), ("unit_grid", {"multipart"})])
def test_an_exclave_among_other_grids_is_lawful_above_the_unit_grid(level, rules):
    """A grid on both sides of its neighbour."""
    grids = [in_two_parts("a", square("", 0, 0, 1, 1), square("", 2, 0, 3, 1), level), square("b", 1, 0, 2, 1)]

    assert rules_of(check_grids(grids).findings) == rules


def test_wuhua_may_have_its_exclaves():
    """A district of three parts, two of them among its neighbours."""
    assert "multipart" not in rules_of(check_grids(kunming()).findings)


def test_a_grid_that_is_a_sliver_is_a_warning():
    """40 cm wide, between two whole ones."""
    grids = [square("a", 0, 0, 1, 1), square("b", 1, 0, 1.004, 1), square("c", 1.004, 0, 2, 1)]

    (finding,) = check_grids(grids).findings

    assert (finding.rule, finding.severity, finding.grids) == ("narrow", "warning", ("b",))
    assert finding.width_m == pytest.approx(0.4, rel=0.02)
    assert finding.message == "Grid b is only 40.2 cm wide at 102.72100, 25.04050."


@pytest.mark.parametrize(
    ("households", "level", "words"),
    [
        (299, "unit_grid", "has 299 households, fewer than the 300 to 500 asked for."),
        (501, "unit_grid", "has 501 households, more than the 300 to 500 asked for."),
        (300, "unit_grid", None),
        (500, "unit_grid", None),
        (None, "unit_grid", None),
        (9_000, "community", None),
    ],
)
def test_households_of_a_unit_grid_are_held_against_the_range(households, level, words):
    """300 to 500 by default; unknown numbers and other levels pass."""
    findings = check_grids([square("a", 0, 0, 1, 1, level=level, households=households)]).findings

    assert [finding.message for finding in findings] == ([] if words is None else [f"Grid a {words}"])
    assert all(finding.severity == "warning" and finding.households == households for finding in findings)


def test_the_range_of_households_is_a_rule():
    """A jurisdiction with 200 to 299 for communities."""
    rules = CheckRules(households_min=200, households_max=299, household_levels=("community",))

    assert check_grids([square("a", 0, 0, 1, 1, level="community", households=299)], rules=rules).findings == ()
