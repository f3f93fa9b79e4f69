"""What the public can find out about small counts by subtracting what it is told."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from functools import partial
from itertools import combinations, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from gis_service.domain.access import PUBLIC
from gis_service.domain.incident_count import CountFilter, CountQuestion, whole_months
from gis_service.snapshots.holder import SnapshotHolder
from gis_service.use_cases.count_incidents import count_incidents
from tests.support.counted import One, store
from tests.support.effort import EFFORT

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHAINS = [("D", "D07", "D07A"), ("D", "D07", "D07B"), ("D", "D08", "D08A")]
MONTHS = [datetime(2026, month, 1, tzinfo=SHANGHAI) for month in (1, 2, 3, 4)]
CATEGORIES = ["hazard", "dispute", "dispute.property"]
CELLS = st.tuples(st.sampled_from(CHAINS), st.integers(0, 2), st.sampled_from(CATEGORIES))


@pytest.fixture
def told(ground):
    """What the public is told: counts by grid of a level, in a window, of a category."""

    def ask(level, since=None, until=None, category=None):
        question = CountQuestion(("grid",), CountFilter(category=category, since=since, until=until), level)
        nothing_held = SnapshotHolder(lambda: None, listen_url="", poll_s=1)
        counts = count_incidents(question, PUBLIC, nothing_held, SHANGHAI, ground)
        return Counter({code: tally.count for (code,), tally in counts.rows})

    return ask


@settings(max_examples=8 * EFFORT, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.dictionaries(CELLS, st.integers(1, 6), min_size=1, max_size=8))
def test_no_subtraction_tells_a_small_count(ground, told, numbers):
    """Parent less siblings, longer window less shorter, category less those below it: each gives a multiple of five.

    And it gives the same multiple as the cell itself is told with, which lies less than five off the truth: so there
    is nothing to be learned from several questions that one does not tell.
    """
    store(
        ground,
        [
            One(chain=chain, category=category, occurred_at=MONTHS[month].replace(day=1 + serial))
            for (chain, month, category), number in numbers.items()
            for serial in range(number)
        ],
    )
    of_cell = {
        (code, month, category): told("unit_grid", since, until, category)[code]
        - (told("unit_grid", since, until, "dispute.property")[code] if category == "dispute" else 0)
        for month, (since, until) in enumerate(pairwise(MONTHS))
        for category in CATEGORIES
        for _, _, code in CHAINS
    }
    truth = Counter({(chain[-1], month, category): number for (chain, month, category), number in numbers.items()})
    for cell, number in of_cell.items():
        assert number % 5 == 0
        assert abs(number - truth[cell]) < 5
        assert number == 0 or truth[cell] > 0
    for first, last in combinations(range(4), 2):
        units = told("unit_grid", MONTHS[first], MONTHS[last])
        streets = told("street", MONTHS[first], MONTHS[last])
        longer = told("unit_grid", None, MONTHS[last])
        shorter = told("unit_grid", None, MONTHS[first])
        for _, street, code in CHAINS:
            own = sum(number for (of, month, _), number in of_cell.items() if of == code and first <= month < last)
            siblings = sum(units[other] for _, above, other in CHAINS if above == street and other != code)
            assert units[code] == own
            assert streets[street] - siblings == own
            assert longer[code] - shorter[code] == own


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_small_count_is_told_as_none_or_five_by_the_secret(ground, told, number):
    """Of 60 secrets about a fifth for each incident say five: on the average nothing is added or taken."""
    store(ground, [One() for _ in range(number)])
    said = Counter()
    for serial in range(60):
        with ground:
            ground._session.execute(
                text("UPDATE count_secret SET secret = sha256(CAST(:one AS bytea))"), {"one": str(serial)}
            )
            ground.commit()
        said[told("unit_grid")["D07A"]] += 1
    assert set(said) == {0, 5}
    assert abs(said[5] - 12 * number) < 12


def test_a_window_is_widened_to_whole_months():
    """By the months of Shanghai; a window that is whole already stays; the ends of time are open."""
    widen = partial(datetime, tzinfo=UTC)
    assert whole_months(widen(2026, 3, 31, 16), widen(2026, 12, 5)) == (
        datetime(2026, 4, 1, tzinfo=SHANGHAI),
        datetime(2027, 1, 1, tzinfo=SHANGHAI),
    )
    assert whole_months(MONTHS[0], MONTHS[2]) == (MONTHS[0], MONTHS[2])
    assert whole_months(None, None) == (None, None)
    assert whole_months(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)) == (None, None)
    assert whole_months(None, datetime.min.replace(tzinfo=UTC)) == (None, datetime.min.replace(tzinfo=UTC))
