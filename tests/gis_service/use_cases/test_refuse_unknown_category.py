from __future__ import annotations

import pytest

from gis_service.errors import RuleBrokenError
from gis_service.use_cases.refuse_unknown_category import refuse_unknown_category


def test_known_categories_and_none_pass():
    """Without a category nothing is narrowed."""
    for given in (None, "fire", "fire.gas"):
        refuse_unknown_category(given, {"fire", "fire.gas"})


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        ({"fire.gas", "fire", "dispute"}, "category is one of dispute, fire, or one below"),
        (set(), "there are no categories yet"),
    ],
)
def test_an_unknown_category_is_told_with_the_topmost(known, sentence):
    """At the parameter, with a code of its own."""
    with pytest.raises(RuleBrokenError) as refused:
        refuse_unknown_category("nope", known)
    error = refused.value
    assert (error.detail, error.code, error.faults[0].pointer) == (sentence, "unknown-category", "category")
