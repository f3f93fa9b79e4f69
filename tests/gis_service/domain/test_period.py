from datetime import UTC, datetime

import pytest

from gis_service.domain.period import ALWAYS, Period

JAN, FEB, MAR = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3))


@pytest.mark.parametrize(
    ("first", "second", "meet"),
    [
        (ALWAYS, ALWAYS, True),
        (ALWAYS, Period(JAN, FEB), True),
        (Period(JAN, FEB), Period(FEB, MAR), False),
        (Period(None, FEB), Period(FEB, None), False),
        (Period(JAN, MAR), Period(FEB, None), True),
        (Period(None, MAR), Period(None, FEB), True),
        (Period(JAN, None), Period(MAR, None), True),
    ],
)
def test_periods_meet_when_they_share_an_instant(first, second, meet):
    """The end of a period is not part of it, so two that touch do not meet; order does not matter."""
    assert first.meets(second) is meet
    assert second.meets(first) is meet


def test_a_period_is_half_open():
    """Since belongs to it, until does not."""
    assert Period(JAN, FEB).covers(JAN)
    assert not Period(JAN, FEB).covers(FEB)
