from collections import Counter
from datetime import date, timedelta

import numpy as np

from gis_service.demo.year import draw_moments, end_of_year

UNTIL = date(2026, 6, 1)


def test_moments_lie_in_the_year_before_the_date():
    """From 2025-06-01 0:00 until 2026-06-01 0:00 in Kunming, that not included."""
    moments = draw_moments(5_000, UNTIL, np.random.default_rng(1))
    assert min(moments) >= end_of_year(UNTIL) - timedelta(days=365)
    assert max(moments) < end_of_year(UNTIL)
    assert end_of_year(UNTIL).isoformat() == "2026-06-01T00:00:00+08:00"


def test_a_month_is_a_twelfth_of_the_year():
    """The last one begins 730 hours before the end."""
    moments = draw_moments(500, UNTIL, np.random.default_rng(2), month=11)
    assert min(moments) >= end_of_year(UNTIL) - timedelta(hours=730)
    assert max(moments) < end_of_year(UNTIL)


def test_weekends_peak_from_15_to_17():
    """These two hours are the busiest of Saturdays and Sundays."""
    moments = draw_moments(20_000, UNTIL, np.random.default_rng(3))
    hours = Counter(moment.hour for moment in moments if moment.weekday() >= 5)
    assert {hour for hour, _ in hours.most_common(2)} == {15, 16}


def test_no_moments_are_drawn_when_none_are_asked():
    """An empty list."""
    assert draw_moments(0, UNTIL, np.random.default_rng(4)) == []
