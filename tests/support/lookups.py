"""A holder that has loaded editions, over a database that forgets them with the test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from shapely.geometry import box

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.snapshots.holder import SnapshotHolder
from grid_boundaries.partition import Grid
from tests.support.editions import NEW_YEAR, store_edition
from tests.support.tree import troubled_tree

SECOND = NEW_YEAR + timedelta(days=10)
NOT_LISTENING = "postgresql+psycopg2://nobody@127.0.0.1:1/nothing"


def store_two_editions(open_work: Callable[[], UnitOfWork]) -> None:
    """Edition 1 from New Year on: the troubled tree.  Edition 2 from the 11th on: one district X around it all."""
    store_edition(open_work(), 1, troubled_tree())
    store_edition(open_work(), 2, [Grid("X", box(102.6, 24.9, 102.8, 25.1), "district", None, "新区")], SECOND)


def loaded_holder(open_work: Callable[[], UnitOfWork], now: datetime) -> SnapshotHolder:
    """A holder whose clock stands still; it does not listen."""
    holder = SnapshotHolder(open_work, listen_url=NOT_LISTENING, poll_s=60.0, clock=lambda: now)
    holder.refresh()
    return holder
