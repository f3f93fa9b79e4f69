"""The small ground of ``tests/support/desk.py``, stored for one test."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.place import Locate
from tests.support.desk import locate_on_ground, prepare, publish


@pytest.fixture
def ground(work: UnitOfWork) -> UnitOfWork:
    """A transaction not yet begun, on a database with ground, rules and building B7."""
    prepare(work)
    return work


@pytest.fixture
def locate() -> Locate:
    """The owner of a point of the small ground."""
    return locate_on_ground


@pytest.fixture
def publish_edition(ground: UnitOfWork) -> Callable[..., None]:
    """Publish another edition: ``publish_edition(number, effective_from, added, closed)``."""
    return lambda *args: publish(ground, *args)
