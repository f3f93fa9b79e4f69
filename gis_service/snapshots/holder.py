"""Holds the edition in force in memory, learns of new ones, and switches by the clock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from gis_service.database.editions import CHANNEL
from gis_service.database.notify import EditionListener
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.edition import Edition
from gis_service.snapshots.shelf import Shelf, in_force_and_later
from gis_service.snapshots.snapshot import Snapshot, build_snapshot, follow_snapshot

REBUILD_AFTER = timedelta(minutes=1)
"""A build that failed is tried again after this long; trying at every poll would only burn a core."""

_log = structlog.get_logger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class SnapshotHolder:
    """The edition in force and those published for later.

    A request takes ``current`` once and works with that: an edition switched meanwhile does not mix with it.
    Between ``start()`` and ``stop()`` a thread refreshes at every notice of a new edition, and every ``poll_s``
    seconds should a notice be lost.  It survives whatever the database does: ``failures`` counts the refreshes
    that failed, ``is_stale`` tells whether the last one did.
    """

    def __init__(
        self,
        open_work: Callable[[], UnitOfWork],
        *,
        listen_url: str,
        poll_s: float,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._open_work = open_work
        self._poll_s = poll_s
        self._clock = clock
        self._shelf = Shelf()
        self._refreshing = threading.Lock()
        self._failed_builds: dict[tuple[int, str], datetime] = {}
        self._listen_url = listen_url
        self._stopping = threading.Event()
        self._watcher: tuple[threading.Thread, EditionListener] | None = None
        self.failures = 0
        self.is_stale = False

    @property
    def current(self) -> Snapshot | None:
        """The newest edition held that is in force by this host's clock; None before the first."""
        return self._shelf.in_force(self._clock())

    def at(self, instant: datetime, known_at: datetime | None = None) -> Snapshot | None:
        """Return the edition in force at an instant when it is held; None: ask the database.

        With ``known_at`` the edition that was known then to be in force at the instant.
        """
        return self._shelf.exactly(instant, known_at)

    def of_edition(self, number: int) -> Snapshot | None:
        """Return an edition by its number when it is held; None: ask the database."""
        return next((snapshot for snapshot in self._shelf.held if snapshot.edition == number), None)

    def start(self) -> None:
        """Load what is published, then watch for more in a thread of its own.  Starts once.

        Comes back with the database away too: ``current`` is None then until it answers.
        """
        self.refresh()
        listener = EditionListener(self._listen_url, CHANNEL)
        thread = threading.Thread(target=self._watch, args=(listener,), name="edition-watcher", daemon=True)
        self._watcher = thread, listener
        thread.start()

    def stop(self) -> None:
        """End the thread and wait for it; a build under way is finished first.  Does nothing before ``start()``."""
        if self._watcher is None:
            return
        thread, listener = self._watcher
        self._watcher = None
        self._stopping.set()
        listener.interrupt()
        thread.join()
        listener.close()

    def refresh(self) -> bool:
        """Load what has been published and drop what is over; tell whether all went well.

        Nothing is raised and nothing is lost: with the database away, or an edition that cannot be built, what is
        held stays, and the next refresh tries again.
        """
        with self._refreshing:
            try:
                is_complete = self._load()
            except Exception as error:  # noqa: BLE001 - lookups go on whatever the database does
                # Told once, not every two seconds.
                (_log.debug if self.is_stale else _log.warning)("snapshot refresh failed", error=repr(error))
                is_complete = False
            if not is_complete:
                self.failures += 1
            elif self.is_stale:
                _log.info("snapshot is fresh again")
            self.is_stale = not is_complete
            return is_complete

    def _load(self) -> bool:
        with self._open_work() as work:
            known = work.editions.list_all()
        wanted = in_force_and_later(known, self._clock())
        found = [self._shelf.snapshot_of(edition) or self._build(edition, known) for edition in wanted]
        snapshots = [snapshot for snapshot in found if snapshot is not None]
        is_complete = len(snapshots) == len(wanted)
        self._shelf = self._shelf.restocked(known, snapshots, is_complete=is_complete)
        return is_complete

    def _build(self, edition: Edition, known: Sequence[Edition]) -> Snapshot | None:
        """Return a new snapshot, or None when it cannot be built now; the reason is logged."""
        key = (edition.number, edition.checksum)
        failed_at = self._failed_builds.get(key)
        if failed_at is not None and self._clock() < failed_at + REBUILD_AFTER:
            return None
        before = self._shelf.nearest_to(edition, known)
        gone = set[str]()
        with self._open_work() as work:
            levels = work.levels.list_all()
            if before is not None:
                # Rows are never changed: what both editions have is what is held.
                gone = work.grids.codes_only_in(before.edition, edition.number)
                rows = work.grids.only_in(edition.number, before.edition)
                if len(before.grids) - len(gone) + len(rows) != edition.grid_count:
                    before = None
            if before is None:
                rows = work.grids.of_edition(edition.number)
        try:
            # The connection has been given back before the work begins.
            snapshot = (
                build_snapshot(edition, rows, levels)
                if before is None
                else follow_snapshot(edition, before, gone, rows, levels)
            )
        except Exception as error:  # noqa: BLE001 - the edition before it goes on being served
            self._failed_builds[key] = self._clock()
            _log.warning("snapshot cannot be built", edition=edition.number, error=repr(error))
            return None
        self._failed_builds.pop(key, None)
        _log.info("snapshot built", edition=edition.number, grids=len(snapshot.grids), read=len(rows))
        return snapshot

    def _watch(self, listener: EditionListener) -> None:
        while not self._stopping.is_set():
            try:
                # First listen, then look: nothing is missed between the two.
                listener.connect()
            except Exception as error:  # noqa: BLE001 - polling goes on without notices
                _log.debug("not listening for editions", error=repr(error))
            self.refresh()
            try:
                listener.wait(self._poll_s)
            except Exception as error:  # noqa: BLE001 - the connection broke; the next round makes another
                _log.debug("lost the connection that listens for editions", error=repr(error))
