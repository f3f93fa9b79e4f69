from __future__ import annotations

from datetime import date

import pytest

from grid_boundaries.check import EXCEPTABLE, CheckRules, ExceptionGrant, apply_exceptions, check_grids, check_tree
from grid_boundaries.partition import Grid
from tests.support.partitions import square
from tests.support.tree import ring

TODAY = date(2026, 7, 1)
LAKE = check_grids([square(f"{x}{y}", x, y, x + 1, y + 1) for x in range(3) for y in range(3) if (x, y) != (1, 1)])


def grant(finding, day):
    """Return a grant for a finding until a day of July 2026."""
    return ExceptionGrant(finding.id, "a lake", "Bureau of Water", date(2026, 7, day))


def test_an_accepted_finding_keeps_its_severity_and_blocks_no_more():
    """A hole between eight squares is a lake."""
    (gap,) = LAKE.findings

    report = apply_exceptions(LAKE, [grant(gap, 1)], TODAY)

    (accepted,) = report.findings
    assert (LAKE.valid, report.valid) == (False, True)
    assert accepted.severity == "error"
    assert accepted.as_dict()["exception"] == {
        "reason": "a lake",
        "owner": "Bureau of Water",
        "expires_on": "2026-07-01",
    }
    assert (report.summary["excepted"], report.certificate) == (1, None)


def test_a_grant_that_has_run_out_is_told_and_blocks_again():
    """Yesterday was the last day."""
    (gap,) = LAKE.findings

    report = apply_exceptions(LAKE, [grant(gap, 1)], date(2026, 7, 2))

    told = report.findings[0].as_dict()
    assert not report.valid
    assert told["expired_exception"]["expires_on"] == "2026-07-01"
    assert "exception" not in told
    assert "excepted" not in report.summary


def test_of_several_grants_the_longest_counts():
    """One has run out, the other has not."""
    (gap,) = LAKE.findings

    report = apply_exceptions(LAKE, [grant(gap, 9), grant(gap, 2)], date(2026, 7, 5))

    assert report.findings[0].exception["expires_on"] == "2026-07-09"


def test_grants_for_what_is_gone_change_nothing():
    """The lake was given to somebody."""
    mended = check_grids([square("a", 0, 0, 1, 1)])

    assert apply_exceptions(mended, [grant(LAKE.findings[0], 9)], TODAY) == mended


def test_faults_of_the_data_cannot_be_excepted():
    """A code that stands for two grids."""
    report = check_grids([square("a", 0, 0, 1, 1), square("a", 1, 0, 2, 1)])
    grants = [grant(finding, 9) for finding in report.findings]

    assert apply_exceptions(report, grants, TODAY) == report
    assert not EXCEPTABLE & {
        "invalid-geometry",
        "duplicate-code",
        "duplicate-geometry",
        "bad-code",
        "unknown-parent",
        "unmatched-vertex",
    }


@pytest.mark.parametrize("accepted", [True, False])
def test_families_that_are_proved_keep_their_proofs(accepted):
    """One street with a gap, whose district is proved."""
    corners = [(0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1)]
    tree = [
        Grid("d", ring(*corners)),
        Grid("d1", ring(*corners), parent="d"),
        Grid("d1a", ring((0, 0), (1, 0), (1, 1), (0, 1)), parent="d1"),
    ]
    report = check_tree(tree, CheckRules(), ())

    found = apply_exceptions(report, [grant(one, 9) for one in report.findings] if accepted else [], TODAY)

    assert found.valid is accepted
    assert [proof.parent for proof in found.proofs] == ["d"]
    assert found.certificate is None
