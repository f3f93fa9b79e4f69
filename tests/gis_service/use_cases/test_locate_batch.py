from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.errors import NotFoundError
from gis_service.use_cases import locate_batch
from gis_service.use_cases.locate_batch import find_ground, locate_each
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
    ground = find_ground(loaded_holder(open_work, NEW_YEAR), open_work, None)
    assert ground.edition == 1
    assert ground.codes[ground.owners_of(LONS, LATS)].tolist() == ["C1x", None, "B2", "C1x"]


def test_an_edition_that_is_not_held_has_the_same_indices(open_work, monkeypatch):
    """Edition 1 from the database, three points in a statement, answers index for index what memory answers."""
    monkeypatch.setattr(locate_batch, "ASKED_AT_ONCE", 3)
    held = find_ground(loaded_holder(open_work, NEW_YEAR), open_work, None)
    asked = find_ground(loaded_holder(open_work, SECOND), open_work, NEW_YEAR + timedelta(days=1))
    assert asked.edition == 1
    owners, same = asked.owners_of(LONS, LATS), held.owners_of(LONS, LATS)
    assert owners.dtype == same.dtype == np.int32
    assert owners.tolist() == same.tolist()
    assert asked.codes.tolist() == held.codes.tolist()


def test_a_ground_stays_that_of_its_edition(open_work):
    """Found before edition 2 was known, it answers by edition 1 afterwards too."""
    holder = loaded_holder(open_work, NEW_YEAR)
    ground = find_ground(holder, open_work, None)
    holder._clock = lambda: SECOND
    holder.refresh()
    assert find_ground(holder, open_work, None).edition == 2
    assert ground.codes[ground.owners_of(LONS, LATS)].tolist() == ["C1x", None, "B2", "C1x"]


def test_before_the_first_edition_there_is_no_ground(open_work):
    """In 2020."""
    with pytest.raises(NotFoundError, match="no edition was in force"):
        find_ground(loaded_holder(open_work, NEW_YEAR), open_work, NEW_YEAR.replace(year=2020))


def test_each_point_is_located_on_its_own_merits(open_work):
    """Of five points two are no places: the others have their owners, those two their reasons."""
    ground = find_ground(loaded_holder(open_work, NEW_YEAR), open_work, None)
    lons, lats = np.append(LONS, 25.0), np.append(LATS, 102.7)
    lons[0] = np.nan
    owners, reasons = locate_each(ground, lons, lats, "EPSG:4326")
    assert ground.codes[owners][1:4].tolist() == [None, "B2", "C1x"]
    assert reasons.keys() == {0, 4}
    assert reasons[0].detail.startswith("lon is nan: a longitude is a finite number")
    assert "longitude and latitude look swapped" in reasons[4].detail
