from datetime import date
from zoneinfo import ZoneInfo

import pytest

from gis_service.domain.work_calendar import KNOWN_YEARS, WorkCalendar

CALENDAR = WorkCalendar(ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("day", "is_worked"),
    [
        (date(2025, 10, 1), False),
        (date(2025, 10, 11), True),
        (date(2025, 10, 12), False),
        (date(2026, 1, 1), False),
        (date(2026, 3, 9), True),
    ],
)
def test_public_holidays_and_make_up_days_are_known(day, is_worked):
    """National Day, the Saturday worked for it, a Sunday, New Year's Day, a Monday."""
    assert CALENDAR.is_workday(day) is is_worked


@pytest.mark.parametrize(("day", "is_worked"), [(date(2040, 10, 1), True), (date(2040, 10, 6), False)])
def test_years_without_a_calendar_work_monday_to_friday(day, is_worked):
    """1 October 2040 is a Monday, 6 October a Saturday."""
    assert day.year not in KNOWN_YEARS
    assert CALENDAR.is_workday(day) is is_worked
