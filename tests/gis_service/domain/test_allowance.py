from __future__ import annotations

import pytest

from gis_service.domain.allowance import Allowance


def test_an_allowance_fills_evenly_again():
    """Two in ten seconds: the third waits five, and after four of them one more."""
    allowance = Allowance(2, in_s=10)

    assert [allowance.take("a", 100.0) for _ in range(3)] == [0, 0, pytest.approx(5)]
    assert allowance.take("a", 104.0) == pytest.approx(1)
    assert allowance.take("a", 105.0) == 0
    assert allowance.take("b", 105.0) == 0


def test_no_more_is_saved_than_there_was_at_first():
    """After a day still two at once."""
    allowance = Allowance(2, in_s=10)
    allowance.take("a", 0.0)

    assert [allowance.take("a", 86_400.0) for _ in range(3)] == [0, 0, 5]


def test_what_is_remembered_is_bounded():
    """Of two keys the one used longest ago is forgotten for a third."""
    allowance = Allowance(1, in_s=10, most_remembered=2)
    for key in "abc":
        allowance.take(key, 0.0)

    assert allowance.take("c", 0.0) == 10
    assert allowance.take("a", 0.0) == 0
