from datetime import date

import pytest

from gis_service.domain.building_register import month_before


@pytest.mark.parametrize(
    ("day", "before"),
    [
        (date(2026, 7, 15), date(2026, 6, 15)),
        (date(2026, 3, 31), date(2026, 2, 28)),
        (date(2024, 3, 30), date(2024, 2, 29)),
        (date(2026, 1, 1), date(2025, 12, 1)),
    ],
)
def test_a_month_before_is_the_same_day_or_the_last(day, before):
    """Months of 28 and 29 days; the turn of the year."""
    assert month_before(day) == before
