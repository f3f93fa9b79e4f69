"""Makes snapshots of what PostGIS holds: from the one held that is nearest, or from all grids."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import structlog

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.edition import Edition
from gis_service.domain.level import Level
from gis_service.snapshots.folder import SnapshotFolder
from gis_service.snapshots.memory import give_back_memory
from gis_service.snapshots.snapshot import Snapshot, build_snapshot, follow_snapshot, ranks_of, rename_snapshot
from grid_boundaries.partition import Grid

MOST_CHANGED = 0.25
"""When so great a share of the grids has gone, all are read at once instead of what differs."""

_log = structlog.get_logger(__name__)


class SnapshotMaker:
    """Gets snapshots: from a file when there is one, else from the database.

    Without a folder they stay in the memory of the process.  ``made`` counts those made from the database,
    ``seconds`` is how long the last of them took, its file included.
    """

    def __init__(self, open_work: Callable[[], UnitOfWork], folder: SnapshotFolder | None) -> None:
        self._open_work = open_work
        self._folder = folder
        self.made = 0
        self.seconds = 0.0

    def obtain(self, edition: Edition, before: Snapshot | None) -> Snapshot:
        """Return the snapshot of an edition.

        Args:
            edition: the one wanted.
            before: another that is held, of an edition that the database still has.

        Raises:
            ValueError: the grids cannot be looked up in.
            UnavailableError: the database does not answer.
        """
        began = time.perf_counter()
        made = self.made
        with self._open_work() as work:
            levels = work.levels.list_all()
        ranks = ranks_of(levels)
        if self._folder is None:
            snapshot = self._make(edition, before, levels, ranks)
        else:
            snapshot = self._folder.obtain(edition, ranks, lambda: self._make(edition, before, levels, ranks))
        if self.made > made:
            give_back_memory()
            self.seconds = time.perf_counter() - began
        _log.info(
            "snapshot held",
            edition=edition.number,
            grids=len(snapshot.grids),
            made=self.made > made,
            seconds=round(time.perf_counter() - began, 3),
        )
        return snapshot

    def _make(
        self, edition: Edition, before: Snapshot | None, levels: list[Level], ranks: Mapping[str, int]
    ) -> Snapshot:
        snapshot = None
        if before is not None and before.ranks == ranks:
            snapshot = self._follow(edition, before)
        if snapshot is None:
            with self._open_work() as work:
                rows = work.grids.of_edition(edition.number)
            # The connection has been given back before the work begins.
            snapshot = build_snapshot(edition, rows, levels)
        self.made += 1
        return snapshot

    def _follow(self, edition: Edition, before: Snapshot) -> Snapshot | None:
        """Return the snapshot as what differs from another; None when everything has to be read.

        Rows are never changed: what both editions have is what is held.
        """
        around: list[Grid] = []
        with self._open_work() as work:
            if len(work.grids.codes_only_in(before.edition, edition.number)) > MOST_CHANGED * len(before.grids):
                return None
            gone = work.grids.only_in(before.edition, edition.number)
            fresh = work.grids.only_in(edition.number, before.edition)
            if len(before.grids) - len(gone) + len(fresh) != edition.grid_count:
                return None
            changed = [*gone, *fresh]
            window = before.locator.window(changed) if changed else None
            if window is not None:
                around = work.grids.in_box(edition.number, window)
        if not changed:
            return rename_snapshot(edition, before)
        return None if window is None else follow_snapshot(edition, before, gone, fresh, around)
