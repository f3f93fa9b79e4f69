"""Owners by processes of their own: server workers, commands, a cluster."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from grid_boundaries.locate.tree_locator import TreeLocator
from tests.support.bulk import RANKS
from tests.support.editions import store_edition, store_ranks
from tests.support.three_ways import WAYS, compare, parts_of
from tests.support.tree import troubled_tree

POINTS = 200_000


@pytest.mark.slow
def test_two_workers_two_commands_and_two_of_dask_say_the_same(own_database, tmp_path):
    """200,000 points in eight parts, over Arrow streams to both workers of a server, through two processes of
    ``gis-service locate`` at once, and through Dask with two workers; a part of them as the reference locator says.
    """  # noqa: D205 - one sentence
    engine = make_engine(own_database, pool_size=1, statement_timeout_ms=60_000)
    sessions = make_session_factory(engine)
    store_ranks(sessions)
    store_edition(UnitOfWork(sessions), 1, troubled_tree())
    engine.dispose()

    compared = compare(own_database, tmp_path / "points", POINTS, part_rows=POINTS // 8)

    assert (compared.points, compared.different) == (POINTS, 0)
    assert POINTS * 0.3 < compared.owned < POINTS * 0.95
    assert len(compared.by_worker) == 2
    assert sum(compared.by_worker.values()) == POINTS
    part = parts_of(tmp_path / "points")[0]
    tree = TreeLocator.build(troubled_tree(), RANKS)
    codes = np.array([*tree.codes, None], dtype=object)
    for way in WAYS:
        table = parquet.read_table(tmp_path / "points" / way / part)
        owners = tree.locate_many(table["lon"].to_numpy(), table["lat"].to_numpy())
        assert table["grid_code"].cast(pa.string()).to_pylist() == codes[owners].tolist()
