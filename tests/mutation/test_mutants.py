"""The list of mutants follows the code; the mutants themselves run by ``python -m tests.mutation``."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

import grid_boundaries
from tests.mutation.mutants import MUTANTS

SOURCES = Path(grid_boundaries.__file__).parent


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_what_a_mutant_changes_stands_once_in_the_code_and_is_code_afterwards(mutant):
    """Otherwise the code has moved on, and the mutant has to follow."""
    changed = {edit.file: (SOURCES / edit.file).read_text(encoding="utf-8") for edit in mutant.edits}
    for edit in mutant.edits:
        assert changed[edit.file].count(edit.old) == 1
        changed[edit.file] = changed[edit.file].replace(edit.old, edit.new)
    for source in changed.values():
        ast.parse(source)


def test_every_mutant_has_a_name_of_its_own():
    """By which it is chosen on the command line."""
    assert max(Counter(mutant.name for mutant in MUTANTS).values()) == 1
