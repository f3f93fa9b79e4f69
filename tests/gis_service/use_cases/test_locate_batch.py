from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.errors import NotFoundError
from gis_service.use_cases.locate_batch import locate_batch
from tests.support.editions import NEW_YEAR, store_ranks
from tests.support.lookups import SECOND, loaded_holder, store_two_editions
from tests.support.tree import at

LONS, LATS = np.array([at(2.5, 0.5), at(9, 9), at(1, 1), at(2.5, 0.5)]).T


@pytest.fixture
def open_work(open_session):
    """Two editions: the troubled tree, and from the 11th of January one district X."""
    store_ranks(open_session)

    def opened() -> UnitOfWork:
        return UnitOfWork(open_session)

    store_two_editions(opened)
    return opened


def test_owners_come_in_input_order_from_memory(open_work):
    """C1x, nobody, the tie of B2, C1x again."""
    answer = locate_batch(loaded_holder(open_work, NEW_YEAR), open_work, LONS, LATS, None)
    assert answer.edition == 1
    assert answer.owner_codes() == ["C1x", None, "B2", "C1x"]


def test_an_edition_that_is_not_held_has_the_same_indices(open_work):
    """Edition 1 from the database answers index for index what it answers from memory."""
    held = locate_batch(loaded_holder(open_work, NEW_YEAR), open_work, LONS, LATS, None)
    later = loaded_holder(open_work, SECOND)
    asked = locate_batch(later, open_work, LONS, LATS, NEW_YEAR + timedelta(days=1))
    assert asked.edition == 1
    assert asked.owners.dtype == held.owners.dtype == np.int32
    assert asked.owners.tolist() == held.owners.tolist()
    assert asked.codes.tolist() == held.codes.tolist()


def test_before_the_first_edition_there_is_no_answer(open_work):
    """In 2020."""
    with pytest.raises(NotFoundError, match="no edition was in force"):
        locate_batch(loaded_holder(open_work, NEW_YEAR), open_work, LONS, LATS, NEW_YEAR.replace(year=2020))
