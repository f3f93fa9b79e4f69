"""Grids without their shapes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from grid_boundaries.locate.roster import Roster
from grid_boundaries.locate.texts import pack_texts, unpack_texts
from grid_boundaries.partition import Grid

RANKS = {"district": 0, "street": 1, "unit": 2}
SQUARE = box(0, 0, 1, 1)


def grids(*lines: str) -> list[Grid]:
    """Grids of lines like ``A1 street A``, by code."""
    parts = [line.split() for line in lines]
    made = [Grid(code, SQUARE, level, parent[0] if parent else None) for code, level, *parent in parts]
    return sorted(made, key=lambda grid: grid.code)


TREE = grids("A district", "A1 street A", "A11 unit A1", "A12 unit A1", "A2 street A")


def test_a_chain_goes_from_the_root_down():
    """District, street, unit."""
    roster = Roster.of(TREE, RANKS)
    assert [roster.codes[index] for index in roster.chain(roster.codes.index("A12"))] == ["A", "A1", "A12"]
    assert roster.has_children.tolist() == [True, True, False, False, False]


def test_a_roster_that_follows_is_the_one_of_all_grids():
    """A unit goes, two come, a street gets another parent."""
    after = grids("A district", "A1 street", "A10 unit A1", "A12 unit A1", "A13 unit A1", "A2 street A")
    fresh = [grid for grid in after if grid.code in {"A1", "A10", "A13"}]
    followed = Roster.of(TREE, RANKS).followed({"A11", "A1"}, fresh, RANKS)

    assert followed is not None
    roster, now = followed
    whole = Roster.of(after, RANKS)
    assert (roster.codes, roster.parents.tolist()) == (whole.codes, whole.parents.tolist())
    assert roster.ranks.tolist() == whole.ranks.tolist()
    assert now.tolist() == [0, -1, -1, 3, 5]


def test_a_parent_that_comes_later_is_not_guessed():
    """The unit B11 waits for its street: nobody remembers by what name."""
    roster = Roster.of([*TREE, *grids("B11 unit B1")], RANKS)
    assert roster.followed(set(), grids("B1 street"), RANKS) is None


@pytest.mark.parametrize("line", ["A11 unit A1", "A14 hamlet A1"])
def test_what_follows_is_looked_at_as_well(line):
    """A code that is there already, and a level without a rank."""
    with pytest.raises(ValueError, match=r"comes twice|has no rank"):
        Roster.of(TREE, RANKS).followed(set(), grids(line), RANKS)


@given(st.lists(st.text()))
def test_packed_texts_come_back(texts):
    """Chinese, empty ones, none at all."""
    assert unpack_texts(*pack_texts(texts)) == tuple(texts)
