from __future__ import annotations

import orjson
import pytest

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.errors import NotFoundError
from gis_service.use_cases.list_codes import list_codes
from tests.support.editions import NEW_YEAR, store_ranks
from tests.support.lookups import SECOND, loaded_holder, store_two_editions


@pytest.fixture
def open_work(open_session):
    """Two editions: the troubled tree, and from the 11th of January one district X."""
    store_ranks(open_session)

    def opened() -> UnitOfWork:
        return UnitOfWork(open_session)

    store_two_editions(opened)
    return opened


def test_the_codes_of_an_edition_are_the_same_held_or_not(open_work):
    """Ten codes of edition 1, byte for byte, from memory on the 1st and from the database on the 11th."""
    held = list_codes(loaded_holder(open_work, NEW_YEAR), open_work, 1)
    assert orjson.loads(held) == ["A", "B", "B1", "B2", "B3", "B4", "C", "C1", "C1x", "C1y"]
    assert list_codes(loaded_holder(open_work, SECOND), open_work, 1) == held


@pytest.mark.parametrize("number", [0, 3, 2**31, 10**30])
def test_an_edition_that_is_not_there_has_no_codes(open_work, number):
    """One too many, and numbers that the database could not even read."""
    with pytest.raises(NotFoundError, match=f"there is no edition {number}"):
        list_codes(loaded_holder(open_work, NEW_YEAR), open_work, number)
