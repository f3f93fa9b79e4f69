from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from shapely.geometry import box

from gis_service.domain.edition import Edition
from gis_service.domain.level import Level
from gis_service.snapshots.shelf import Shelf, is_of, to_hold
from gis_service.snapshots.snapshot import Snapshot, build_snapshot
from grid_boundaries.partition import Grid
from tests.support.editions import NEW_YEAR

DAY = timedelta(days=1)


def edition(number: int, checksum: str = "") -> Edition:
    """Edition n, in force from the n-th of January on."""
    since = NEW_YEAR + (number - 1) * DAY
    return Edition(number, since, since, "test", "", 1, checksum or f"sum {number}", {}, (0, 0, 1, 1))


def snapshot(number: int) -> Snapshot:
    return build_snapshot(
        edition(number), [Grid("X", box(0, 0, 1, 1), "district")], [Level("district", 1, "", "", 0, 1)]
    )


def number_at(found: Snapshot | None) -> int | None:
    return None if found is None else found.edition


def january(day: float) -> datetime:
    return NEW_YEAR + (day - 1) * DAY


THREE = tuple(edition(number) for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("day", "numbers"), [(0, [1, 2, 3]), (1, [1, 2, 3]), (1.5, [1, 2, 3]), (2, [2, 3]), (9, [3])]
)
def test_the_edition_in_force_and_all_later_ones_are_wanted(day, numbers):
    """From the very instant of its effect; before the first edition all are still to come."""
    assert [one.number for one in to_hold(THREE, january(day), 0)] == numbers


@pytest.mark.parametrize(("recent", "numbers"), [(1, [3, 2]), (2, [3, 2, 1]), (9, [3, 2, 1])])
def test_recent_editions_come_last_the_newest_first(recent, numbers):
    """On the 9th edition 3 is in force: it is the most urgent."""
    assert [one.number for one in to_hold(THREE, january(9), recent)] == numbers


def test_nothing_published_is_nothing_wanted():
    """An empty list of editions."""
    assert list(to_hold((), NEW_YEAR, 3)) == []


@pytest.mark.parametrize(("day", "number"), [(1.9, None), (2, 2), (2.9, 2), (3, 3), (30, 3)])
def test_the_clock_picks_the_edition(day, number):
    """Editions 2 and 3 are held."""
    shelf = Shelf(THREE, (snapshot(2), snapshot(3)))
    assert number_at(shelf.in_force(january(day))) == number
    assert number_at(shelf.exactly(january(day))) == number


def test_an_edition_that_is_missing_is_bridged_for_now_but_not_for_a_date():
    """Edition 3 could not be built: now is answered by edition 2, a question for the 4th goes to the database."""
    shelf = Shelf(THREE, (snapshot(2),))
    assert number_at(shelf.in_force(january(4))) == 2
    assert shelf.exactly(january(4)) is None


def test_a_number_used_again_is_another_edition():
    """A database made anew has an edition 2 of other ground, or of another date."""
    held = snapshot(2)
    assert is_of(held, edition(2))
    assert not is_of(held, edition(2, "other ground"))
    assert Shelf((), (held,)).snapshot_of(edition(2, "other ground")) is None


def test_what_is_over_goes_when_nothing_is_missing():
    """With 3 built, 2 goes; with 3 still missing, 2 stays; nothing is kept twice."""
    second, third = snapshot(2), snapshot(3)
    shelf = Shelf(THREE, (second,))
    assert shelf.restocked(THREE, [third], is_complete=True).held == (third,)
    assert shelf.restocked(THREE, [], is_complete=False).held == (second,)
    assert shelf.restocked(THREE, [third, second], is_complete=False).held == (second, third)
