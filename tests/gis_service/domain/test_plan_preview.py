from __future__ import annotations

import pytest

from gis_service.domain.plan import Draft
from gis_service.domain.plan_preview import find_ground_changes, tell_states
from grid_boundaries.partition import Grid
from tests.support.ground import square


def grid(code: str, *sides: int, name: str = "", parent: str = "P") -> Grid:
    return Grid(code, square(*sides), "unit_grid", parent, name)


A, B, C = grid("A", 0, 0, 2, 2), grid("B", 2, 0, 4, 2), grid("C", 4, 0, 6, 2)
BASE = [A, B, C]


@pytest.mark.parametrize(
    ("draft", "changes"),
    [
        (Draft((grid("N", 6, 0, 8, 2),)), {("added", None, "N")}),
        (Draft(retired=frozenset("C")), {("removed", "C", None)}),
        (Draft((grid("A", 0, 0, 3, 2), grid("B", 3, 0, 4, 2))), {("moved", "B", "A")}),
        (Draft((grid("N", 0, 0, 2, 2),), frozenset("A")), {("moved", "A", "N")}),
        (
            Draft((grid("N", 0, 0, 1, 2), grid("O", 1, 0, 2, 2)), frozenset("A")),
            {("split", "A", "N"), ("split", "A", "O")},
        ),
        (Draft((grid("A", 0, 0, 1, 2), grid("N", 1, 0, 2, 2))), {("split", "A", "N")}),
        (Draft((grid("A", 0, 0, 4, 2),), frozenset("B")), {("merged", "B", "A")}),
        (Draft((grid("N", 0, 0, 4, 2),), frozenset("AB")), {("merged", "A", "N"), ("merged", "B", "N")}),
        (
            Draft((grid("A", 0, 0, 1, 2), grid("N", 1, 0, 3, 2), grid("B", 3, 0, 4, 2))),
            {("moved", "A", "N"), ("moved", "B", "N")},
        ),
        (Draft((grid("A", 0, 0, 2, 2, name="new"),)), set()),
    ],
)
def test_ground_that_changes_hands_is_named(draft: Draft, changes: set):
    """New, given up, handed over, under another code, split with and without the old grid, merged, cut out of two."""
    found = find_ground_changes(BASE, draft)
    assert {(one.kind, one.transfer.from_code, one.transfer.to_code) for one in found} == changes


def test_each_grid_has_one_state():
    """Other ground or another parent is moved, words alone are changed, what follows is refined."""
    draft = Draft(
        grids=(
            grid("A", 0, 0, 3, 2),
            grid("B", 2, 0, 4, 2, name="new"),
            grid("D", 6, 0, 8, 2, parent="Q"),
            grid("E", 8, 0, 9, 2, name="follows"),
            grid("F", 9, 0, 10, 2),
            grid("N", 10, 0, 11, 2),
        ),
        retired=frozenset("C"),
        refined=frozenset("E"),
    )
    base = [*BASE, grid("D", 6, 0, 8, 2), grid("E", 8, 0, 9, 2), grid("F", 9, 0, 10, 2), grid("X", 11, 0, 12, 2)]
    assert tell_states(base, draft) == {
        "A": "moved",
        "B": "changed",
        "C": "removed",
        "D": "moved",
        "E": "refined",
        "F": "unchanged",
        "N": "added",
    }
