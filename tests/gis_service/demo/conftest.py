"""The demo district, made once."""

from datetime import date

import pytest

from gis_service.demo import make_panlong

UNTIL = date(2026, 6, 1)


@pytest.fixture(scope="session")
def panlong():
    return make_panlong(until=UNTIL)


@pytest.fixture(scope="session")
def by_name(panlong):
    return {grid.name: grid for grid in panlong.grids}
