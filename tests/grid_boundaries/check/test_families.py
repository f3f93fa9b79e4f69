from __future__ import annotations

import pytest

from grid_boundaries.check import CheckRules, check_grids
from tests.support.partitions import polygon, rules_of, square

PARENT = polygon("p", (0, 0), (9.5, 0), (10, 0), (10, 1), (9.5, 1), (0, 1)).shape
MOST = [square("a", 0, 0, 9.5, 1)]
"""19 of 20 parts of the parent."""


def test_too_small_a_share_of_the_parent_is_low_coverage():
    """95 % where all is asked for: an error beside the uncovered ground."""
    report = check_grids(MOST, PARENT, parent_code="p")

    (low,) = (finding for finding in report.findings if finding.rule == "low-coverage")
    assert (low.severity, low.grids) == ("error", ("p",))
    assert low.message.startswith(
        "Grids cover 95.00% of p, less than the 100.00% asked for: 5,589.46 m² have no owner"
    )
    assert report.summary["coverage_ratio"] == pytest.approx(0.95, abs=1e-6)


def test_open_ground_is_a_warning_where_the_target_allows_it():
    """95 % where 90 % are asked for, as in the country: the wide gap may stay."""
    report = check_grids(MOST, PARENT, CheckRules(coverage_target=0.9))

    assert [(finding.rule, finding.severity) for finding in report.findings] == [("uncovered-parent", "warning")]
    assert report.valid


def test_a_sliver_is_a_fault_whatever_the_target():
    """20 cm along the parent's edge are no meadow."""
    parent = polygon("p", (0, 0), (9.998, 0), (10, 0), (10, 1), (9.998, 1), (0, 1)).shape

    report = check_grids([square("a", 0, 0, 9.998, 1)], parent, CheckRules(coverage_target=0.9))

    assert [(finding.rule, finding.severity) for finding in report.findings] == [("uncovered-parent", "error")]


def test_a_missed_target_leaves_gaps_errors():
    """95 % where 98 % are asked for."""
    report = check_grids(MOST, PARENT, CheckRules(coverage_target=0.98))

    assert rules_of(report.findings) == {"low-coverage", "uncovered-parent"}
    assert {finding.severity for finding in report.findings} == {"error"}


def test_without_a_parent_the_ratio_is_of_the_ground_owned_and_missing():
    """Eight squares around a ninth."""
    ring = [square(f"{x}{y}", x, y, x + 1, y + 1) for x in range(3) for y in range(3) if (x, y) != (1, 1)]

    assert check_grids(ring).summary["coverage_ratio"] == pytest.approx(8 / 9, rel=1e-4)
