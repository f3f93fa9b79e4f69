from __future__ import annotations

import pytest

from grid_boundaries.check import Balance, CheckRules, Workload, check_grids, weigh_with_workloads
from grid_boundaries.check.balance import deviations, spread
from tests.support.partitions import square


def weigh(households, rules=CheckRules(), **more):  # noqa: B008  frozen
    """Weigh squares side by side by their households; more fields for all but the first."""
    grids = [
        square(f"g{i}", i, 0, i + 1, 1, level="unit_grid", **(more if i else {})) for i in range(len(households))
    ]
    workloads = {grid.code: Workload(number) for grid, number in zip(grids, households, strict=True)}
    return weigh_with_workloads(check_grids(grids), grids, workloads, rules).findings


def test_a_grid_with_much_more_than_its_siblings_is_named_with_the_figures():
    """400, 400 and 1,600: a mean of 800, 100 % above."""
    (finding,) = weigh([400, 400, 1600])

    assert (finding.rule, finding.severity, finding.grids) == ("unbalanced", "warning", ("g2",))
    assert finding.message == "Grid g2 differs from its siblings: 1,600 households (+100% of the mean 800.0)."
    assert finding.message_zh == "网格 g2 与同级网格不均衡：户数 1,600（均值 800.0，偏差 +100%）。"
    assert finding.fixes == ({"action": "split", "grid": "g2"},)


def test_a_share_on_the_line_is_no_finding():
    """200, 400, 600: half of the mean either way."""
    assert weigh([200, 400, 600]) == ()


def test_one_finding_tells_all_measures():
    """Few households and many incidents."""
    grids = [square(f"g{i}", i, 0, i + 1, 1) for i in range(3)]
    loads = {"g0": Workload(100, 10, 200), "g1": Workload(400, 10, 50), "g2": Workload(400, None, 50)}

    (finding,) = weigh_with_workloads(check_grids(grids), grids, loads, CheckRules()).findings

    assert (
        "100 households (-67% of the mean 300.0), 200 incidents a year (+100% of the mean 100.0)" in finding.message
    )
    assert "年事件数 200" in finding.message_zh


@pytest.mark.parametrize(
    ("households", "more"),
    [
        ([400, 4000], {}),
        ([400, 400, None, 4000], {"kind": "dedicated"}),
        ([400, 400, 4000], {"parent": "p"}),
        ([0, 0, 0], {}),
    ],
    ids=["two siblings", "dedicated ones", "of another parent", "nobody at home"],
)
def test_too_few_siblings_are_not_compared(households, more):
    """Three of one parent, level and kind are needed."""
    assert weigh(households, **more) == ()


def test_the_figures_are_those_of_the_jurisdiction():
    """Two siblings, a tenth."""
    found = weigh([400, 500], CheckRules(balance=Balance(share=0.1, siblings=2)))

    assert [one.grids for one in found] == [("g0",), ("g1",)]


@pytest.mark.parametrize("wrong", [{"share": -0.1}, {"share": float("nan")}, {"siblings": 1}])
def test_figures_that_make_no_sense_are_refused(wrong):
    """A negative share, none, and nobody to compare with."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Balance(**wrong)


def test_deviations_and_spread_of_a_few():
    """Of the mean; nothing deviates from nothing."""
    assert deviations([1.0, 3.0]) == [-0.5, 0.5]
    assert deviations([0.0, 0.0]) == [0.0, 0.0]
    assert deviations([]) == []
    assert (spread([1, 3]).least, spread([1, 3]).most, spread([1, 3]).mean) == (1, 3, 2)
