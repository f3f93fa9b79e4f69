"""Editions from before generalised shapes get them by ``gis-service migrate``."""

from __future__ import annotations

import os
import subprocess
import sys

from sqlalchemy import create_engine

from gis_service.database import migrate
from gis_service.database.engine import make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from tests.support.ground import FIRST_DAY, add_levels, publish_tree, tiny_tree
from tiles.bands import BANDS


def test_migrate_makes_the_shapes_of_editions_that_have_none(own_database):
    """An edition published before: the table is taken away, and the command brings it back with its shapes, once."""
    engine = create_engine(own_database)
    open_session = make_session_factory(engine)
    add_levels(open_session)
    work = UnitOfWork(open_session)
    publish_tree(work, tiny_tree(), FIRST_DAY)
    with work:
        made = {band.number: work.generalised.shapes(1, band.number) for band in BANDS}
    assert all(made.values())
    migrate.downgrade(engine, "0003")

    command = [sys.executable, "-m", "gis_service", "migrate"]
    environment = {**os.environ, "GIS_DATABASE_URL": own_database}
    first, second = (
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout for _ in range(2)
    )
    assert "generalised shapes made for 1 edition(s)" in first
    assert "generalised" not in second
    with work:
        assert {band.number: work.generalised.shapes(1, band.number) for band in BANDS} == made
    engine.dispose()
