from __future__ import annotations

from datetime import timedelta

import pytest

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.place import ChainLink, Place
from gis_service.use_cases.find_place import find_place, find_places
from tests.support.editions import NEW_YEAR, store_ranks
from tests.support.lookups import SECOND, loaded_holder, store_two_editions
from tests.support.tree import at


@pytest.fixture
def open_work(open_session):
    """A database with levels and no edition."""
    store_ranks(open_session)
    return lambda: UnitOfWork(open_session)


def test_a_place_is_that_of_the_time_when_it_happened(open_work):
    """On the 11th, X owns the ground; what happened on the 5th lay in C1x, with its kind and its chain."""
    store_two_editions(open_work)
    holder = loaded_holder(open_work, SECOND)
    assert find_place(holder, open_work, *at(2.5, 0.5), SECOND).owner == "X"
    assert find_place(holder, open_work, *at(2.5, 0.5), NEW_YEAR + timedelta(days=4)) == Place(
        edition=1,
        match="inside",
        owner="C1x",
        kind="dedicated",
        chain=(
            ChainLink("A", "甲区", "district"),
            ChainLink("C", "东街", "street"),
            ChainLink("C1", "五社区", "community"),
            ChainLink("C1x", "一网格", "unit_grid"),
        ),
    )


def test_outside_all_grids_the_nearest_is_told(open_work):
    """A hundredth of a degree south of the tree."""
    store_two_editions(open_work)
    place = find_place(loaded_holder(open_work, NEW_YEAR), open_work, *at(3, -1), NEW_YEAR)
    assert (place.match, place.owner, place.kind, place.chain) == ("outside", None, None, ())
    assert place.nearest == ("C1x", pytest.approx(1107.7, abs=0.1))


def test_what_happened_before_the_first_edition_takes_that_one(open_work):
    """In December: edition 1's ground, and it is told that it was not in force."""
    store_two_editions(open_work)
    place = find_place(loaded_holder(open_work, SECOND), open_work, *at(2.5, 0.5), NEW_YEAR - timedelta(days=9))
    assert (place.edition, place.owner, place.in_force) == (1, "C1x", False)


def test_with_nothing_published_every_place_is_outside(open_work):
    """No edition at all is no error: the report must not be lost."""
    place = find_place(loaded_holder(open_work, NEW_YEAR), open_work, *at(2.5, 0.5), NEW_YEAR)
    assert place == Place(edition=None, match="outside")


def test_many_places_are_those_found_one_by_one(open_work):
    """Three dates, before, in and after edition 1; a point inside and one outside; edition 1 is not held."""
    store_two_editions(open_work)
    holder = loaded_holder(open_work, SECOND)
    asked = [
        (*place, when)
        for place in (at(2.5, 0.5), at(3, -1))
        for when in (NEW_YEAR - timedelta(days=9), NEW_YEAR + timedelta(days=4), SECOND)
    ]
    together = find_places(holder, open_work, *zip(*asked, strict=True))
    assert together == [find_place(holder, open_work, *one) for one in asked]
    assert [place.edition for place in together[:3]] == [1, 1, 2]


def test_with_nothing_published_many_places_are_outside(open_work):
    """One answer for each of two."""
    holder = loaded_holder(open_work, NEW_YEAR)
    places = find_places(holder, open_work, [102.7, 102.8], [25.0, 25.0], [NEW_YEAR, NEW_YEAR])
    assert places == [Place(edition=None, match="outside")] * 2
