from __future__ import annotations

import pytest

from grid_boundaries.locate.answers import name_match


@pytest.mark.parametrize(
    ("children", "tied", "on_edge", "word"),
    [
        (False, False, False, "inside"),
        (False, False, True, "edge"),
        (False, True, True, "edge"),
        (False, True, False, "edge"),
        (True, False, False, "partial"),
        (True, True, True, "partial"),
    ],
)
def test_the_word_for_an_owned_point(children, tied, on_edge, word):
    """Ground that is missing below the owner goes before its edge; a tie is an edge, overlapping grids included."""
    assert name_match(owner_has_children=children, is_tied=tied, is_on_owner_edge=on_edge) == word
