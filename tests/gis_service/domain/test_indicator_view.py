from __future__ import annotations

from datetime import date

import pytest

from gis_service.domain.indicator_view import IndicatorSource, read_period


@pytest.mark.parametrize(
    ("written", "since", "until"),
    [
        ("2025", date(2025, 1, 1), date(2026, 1, 1)),
        ("2025-Q4", date(2025, 10, 1), date(2026, 1, 1)),
        ("2025q1", date(2025, 1, 1), date(2025, 4, 1)),
        ("2025-H2", date(2025, 7, 1), date(2026, 1, 1)),
        (" 2025-12 ", date(2025, 12, 1), date(2026, 1, 1)),
        ("2025-07-01/2025-07-08", date(2025, 7, 1), date(2025, 7, 8)),
    ],
)
def test_a_period_is_read_from_how_people_write_it(written: str, since: date, until: date):
    """A year, a quarter, a half, a month, or any days."""
    assert read_period(written) == (since, until)


@pytest.mark.parametrize(
    "written",
    ["", "25", "2025-Q5", "2025-H3", "2025-13", "2025-07-08/2025-07-01", "9999", "0000", "2025-02-30/2026-01-01"],
)
def test_what_is_no_period_is_refused_with_what_one_looks_like(written: str):
    """Among them the year whose next is none."""
    with pytest.raises(ValueError, match="2025-Q3"):
        read_period(written)


@pytest.mark.parametrize(
    ("today", "age", "late"),
    [
        (date(2025, 12, 31), 0, 0),
        (date(2026, 1, 31), 0, 0),
        (date(2026, 2, 28), 28, 0),
        (date(2026, 3, 1), 29, 1),
    ],
)
def test_a_source_is_late_when_a_month_has_gone_by(today: date, age: int, late: int):
    """The period ends with January; the month after the 31st is over with February."""
    source = IndicatorSource("i", "tests", date(2026, 1, 1), date(2026, 1, 31))
    assert (source.age_days(today), source.is_late(today)) == (age, bool(late))
