from __future__ import annotations

import math
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis_service.domain.indicator import GridNode, IndicatorValue
from gis_service.domain.indicator_redraw import OwnerMove, Redraw, settle, trace_redraw
from gis_service.domain.lineage import Lineage

RANKS = {"street": 2, "community": 3, "unit_grid": 4, "micro_grid": 5}
BEFORE = {
    "S": GridNode("street", None, 1000),
    "C1": GridNode("community", "S", 600),
    "C2": GridNode("community", "S", 400),
    "U1": GridNode("unit_grid", "C1", 300),
    "U2": GridNode("unit_grid", "C1", 300),
    "U3": GridNode("unit_grid", "C2", 400),
}
# U2 is gone: a third of it went to U1, the rest to the new U4 of the other community.
AFTER = {code: node for code, node in BEFORE.items() if code != "U2"} | {"U4": GridNode("unit_grid", "C2", 200)}
MOVES = [
    OwnerMove("U1", "U1", 6, 300),
    OwnerMove("U2", "U1", 2, 100),
    OwnerMove("U2", "U4", 4, 200),
    OwnerMove("U3", "U3", 8, 400),
]
REDRAW = trace_redraw(MOVES, [], BEFORE, AFTER, RANKS)


def value(code: str, number: float) -> IndicatorValue:
    return IndicatorValue("i", code, date(2025, 1, 1), date(2026, 1, 1), number, "tests")


def first(rule: str, **numbers: float) -> dict[str, IndicatorValue]:
    return settle(rule, {}, {code: value(code, one) for code, one in numbers.items()}, Redraw(), BEFORE, 1)


def numbers(values: dict[str, IndicatorValue]) -> dict[str, float]:
    return {code: round(one.value, 6) for code, one in values.items()}


def test_a_sum_goes_with_the_households():
    """30 of U2: 10 with a third of its households to U1, 20 to U4; communities follow, the street keeps its 100."""
    before = first("sum", U1=40, U2=30, U3=30)
    after = settle("sum", before, {}, REDRAW, AFTER, 2)

    assert numbers(before) == {"U1": 40, "U2": 30, "U3": 30, "C1": 70, "C2": 30, "S": 100}
    assert numbers(after) == {"U1": 50, "U4": 20, "U3": 30, "C1": 50, "C2": 50, "S": 100}
    assert {code for code, one in after.items() if one.is_estimated} == {"U1", "U4", "C1", "C2"}
    assert after["S"] is before["S"]
    assert after["U3"] is before["U3"]
    assert (after["U4"].origin, after["U4"].since_edition) == ("apportioned", 2)


def test_a_mean_is_meant_anew_by_what_came_from_where():
    """U1 had 10 in 300 households and got 100 of U2's with 40: (300 * 10 + 100 * 40) / 400 = 17.5; U4 has U2's 40."""
    after = settle("mean", first("mean", U1=10, U2=40, U3=20), {}, REDRAW, AFTER, 2)

    assert after["U1"].value == pytest.approx(17.5)
    assert after["U4"].value == 40


def test_what_was_measured_of_a_community_goes_by_its_own_households():
    """C1 had 60 and gives 200 of 600 households to C2."""
    after = settle("sum", first("sum", C1=60, C2=10), {}, REDRAW, AFTER, 2)

    assert numbers(after) == {"C1": 40, "C2": 30, "S": 70}


def test_half_of_what_came_leaves_the_coverage_open():
    """Nothing is known of U1, where 300 of the 400 households were; C1 is U1 alone now."""
    after = settle("sum", first("sum", U2=30), {}, REDRAW, AFTER, 2)

    assert numbers(after) == {"U1": 10, "U4": 20, "C1": 10, "C2": 20, "S": 30}
    assert after["U1"].coverage == pytest.approx(0.25)
    assert after["U4"].coverage == 1


def test_where_nothing_is_built_the_ground_counts():
    """Three quarters of a park of 8 benches went to U3."""
    lineage = [Lineage("U2", "U1", 100.0, 0, 0), Lineage("U2", "U3", 300.0, 0, 0), Lineage("U3", "U3", 50.0, 8, 400)]
    redraw = trace_redraw([OwnerMove("U3", "U3", 8, 400)], lineage, BEFORE, AFTER, RANKS)
    after = settle("sum", first("sum", U1=1, U2=8, U3=1), {}, redraw, AFTER, 2)

    assert math.fsum(after[code].value for code in ("U1", "U3")) == pytest.approx(9)
    assert after["U3"].value == pytest.approx(7)


def test_children_that_merge_into_their_parent_leave_it_their_sum():
    """U1 and U2 retire and C1 owns their buildings: its 70 stands for itself, and goes on at the next redraw."""
    tree = {code: node for code, node in BEFORE.items() if code not in {"U1", "U2"}}
    moves = [OwnerMove("U1", "C1", 6, 300), OwnerMove("U2", "C1", 6, 300)]
    after = settle("sum", first("sum", U1=40, U2=30, U3=5), {}, trace_redraw(moves, [], BEFORE, tree, RANKS), tree, 2)

    assert numbers(after) == {"C1": 70, "U3": 5, "C2": 5, "S": 75}
    assert after["C1"].origin == "apportioned"


def test_a_deeper_grid_gets_what_its_ground_had():
    """U2 is no more, and micro-grids stand right below C1."""
    tree = {code: node for code, node in BEFORE.items() if code != "U2"} | {
        "M1": GridNode("micro_grid", "C1", 100),
        "M2": GridNode("micro_grid", "C1", 200),
    }
    moves = [OwnerMove("U2", "M1", 1, 100), OwnerMove("U2", "M2", 2, 200)]
    after = settle("sum", first("sum", U1=1, U2=9), {}, trace_redraw(moves, [], BEFORE, tree, RANKS), tree, 2)

    assert numbers(after) == {"U1": 1, "M1": 3, "M2": 6, "C1": 10, "S": 10}


def test_values_measured_anew_outdo_what_was_apportioned():
    """U4 is counted: 7 instead of 20, and all above it is rolled up again."""
    before = first("sum", U1=40, U2=30, U3=30)
    after = settle("sum", before, {"U4": value("U4", 7)}, REDRAW, AFTER, 2)

    assert numbers(after) == {"U1": 50, "U4": 7, "U3": 30, "C1": 50, "C2": 37, "S": 87}
    assert not after["U4"].is_estimated


MANY = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(1, 5), st.integers(0, 500)), min_size=1, max_size=12
)


@settings(max_examples=60)
@given(MANY, st.lists(st.floats(0, 1e6), min_size=5, max_size=5))
def test_totals_are_kept_whatever_is_redrawn(found: list[tuple[int, int, int, int]], measured: list[float]):
    """Five grids become five others: the sum over all is what it was, and so is the sum of mean times households."""
    old = {f"A{place}": GridNode("unit_grid", "S", None) for place in range(5)} | {"S": BEFORE["S"]}
    new = {f"B{place}": GridNode("unit_grid", "S", None) for place in range(5)} | {"S": BEFORE["S"]}
    moves = [OwnerMove(f"A{start}", f"B{end}", *counts) for start, end, *counts in found]
    redraw = trace_redraw(moves, [], old, new, RANKS)
    before = {move.from_code: value(move.from_code, measured[int(move.from_code[1:])]) for move in moves}
    shared = settle("sum", before, {}, redraw, new, 2)
    meant = settle("mean", before, {}, redraw, new, 2)

    total = math.fsum(one.value for one in before.values())
    assert math.fsum(one.value for code, one in shared.items() if code != "S") == pytest.approx(total)
    came = {code: sum(move.households for move in moves if move.to_code == code) for code in new}
    went = math.fsum(before[move.from_code].value * move.households for move in moves)
    assert math.fsum(one.value * came[code] for code, one in meant.items() if came[code]) == pytest.approx(went)
    assert all(one.is_estimated for code, one in shared.items() if code != "S")
