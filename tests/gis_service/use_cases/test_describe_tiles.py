from __future__ import annotations

import pytest

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.errors import NotFoundError
from gis_service.use_cases.describe_tiles import read_tile_edition
from tests.support.tile_ground import BOUNDS, EDITION, store_ground


def test_an_edition_is_read_with_its_bounds_and_levels(work: UnitOfWork):
    """All six levels there may be, and the five that have grids; there is no city."""
    store_ground(work)
    found = read_tile_edition(1, work)
    assert found.bounds == pytest.approx(BOUNDS)
    assert (found.number, found.levels, found.present) == (1, EDITION.levels, EDITION.present)


def test_an_edition_never_published_is_refused(work: UnitOfWork):
    """The code is no-edition, and the sentence names the number."""
    store_ground(work)
    with pytest.raises(NotFoundError, match="no edition 3") as refused:
        read_tile_edition(3, work)
    assert refused.value.code == "no-edition"
