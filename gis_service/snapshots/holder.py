"""Holds the edition in force and its neighbours in time, learns of new ones, and switches by the clock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from gis_service.database.editions import CHANNEL
from gis_service.database.notify import NoticeListener
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.edition import Edition
from gis_service.errors import UnavailableError
from gis_service.snapshots.folder import SnapshotFolder
from gis_service.snapshots.maker import SnapshotMaker
from gis_service.snapshots.shelf import Shelf, to_hold
from gis_service.snapshots.snapshot import Snapshot
from grid_boundaries.locate.raster.reader import HAS_KERNEL

REBUILD_AFTER = timedelta(minutes=1)
"""A build that failed is tried again after this long; trying at every poll would only burn a core."""

_log = structlog.get_logger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class SnapshotHolder:
    """The edition in force, those published for later, and a few recent ones.

    A request takes ``current`` once and works with that: an edition switched meanwhile does not mix with it.
    Between ``start()`` and ``stop()`` a thread refreshes at every notice of a new edition, and every ``poll_s``
    seconds should a notice be lost.  It survives whatever the database does: ``failures`` counts the refreshes
    that failed, ``failed_builds`` the editions that could not be built, ``is_stale`` tells whether the last refresh
    failed.  Without a folder every process has its own snapshots in memory.
    """

    def __init__(
        self,
        open_work: Callable[[], UnitOfWork],
        *,
        listen_url: str,
        poll_s: float,
        folder: SnapshotFolder | None = None,
        recent: int = 0,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._open_work = open_work
        self._poll_s = poll_s
        self._recent = recent
        self._clock = clock
        self._shelf = Shelf()
        self._refreshing = threading.Lock()
        self._failed_builds: dict[tuple[int, str], datetime] = {}
        self._listen_url = listen_url
        self._stopping = threading.Event()
        self._watcher: tuple[threading.Thread, NoticeListener] | None = None
        self._refreshed_at = clock()
        self.folder = folder
        self.maker = SnapshotMaker(open_work, folder)
        self.failures = 0
        self.failed_builds = 0
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

    @property
    def held(self) -> Sequence[Snapshot]:
        """All editions held, by date of effect."""
        return self._shelf.held

    @property
    def published(self) -> int | None:
        """The number of the edition in force as the database listed them last, held or not; None: none is."""
        edition = self._shelf.known_in_force(self._clock())
        return None if edition is None else edition.number

    @property
    def seconds_since_refresh(self) -> float:
        """The time since the last refresh that went well, or since this was made."""
        return (self._clock() - self._refreshed_at).total_seconds()

    def start(self) -> None:
        """Load the edition in force and those for later, then watch for more in a thread of its own.  Starts once.

        The recent ones come after, in the thread.  Comes back with the database away too: ``current`` is None then
        until it answers.
        """
        if HAS_KERNEL:
            _log.info("lookups read by the compiled kernel")
        else:
            _log.warning("lookups read without the compiled kernel, many times slower; install a wheel or a compiler")
        self._refresh(recent=0)
        listener = NoticeListener(self._listen_url, CHANNEL)
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
        return self._refresh(self._recent)

    def _refresh(self, recent: int) -> bool:
        with self._refreshing:
            try:
                is_complete = self._load(recent)
            except Exception as error:  # noqa: BLE001 - lookups go on whatever the database does
                # Told once, not every two seconds.
                (_log.debug if self.is_stale else _log.warning)("snapshot refresh failed", error=repr(error))
                is_complete = False
            if not is_complete:
                self.failures += 1
            else:
                self._refreshed_at = self._clock()
                if self.is_stale:
                    _log.info("snapshot is fresh again")
            self.is_stale = not is_complete
            return is_complete

    def _load(self, recent: int) -> bool:
        with self._open_work() as work:
            known = work.editions.list_all()
        held = self._shelf.held
        wanted = to_hold(known, self._clock(), recent)
        snapshots = list[Snapshot]()
        for edition in wanted:
            snapshot = self._shelf.snapshot_of(edition) or self._obtain(edition, known)
            if snapshot is not None:
                snapshots.append(snapshot)
                # What is urgent serves at once, and does not wait for the rest.
                self._shelf = self._shelf.restocked(known, snapshots, is_complete=False)
        is_complete = len(snapshots) == len(wanted)
        self._shelf = self._shelf.restocked(known, snapshots, is_complete=is_complete)
        has_changed = self._shelf.held != held
        if self.folder is not None and snapshots and is_complete and has_changed and recent == self._recent:
            pairs = zip(wanted, snapshots, strict=True)
            self.folder.sweep({self.folder.file_of(edition, snapshot.ranks) for edition, snapshot in pairs})
        return is_complete

    def _obtain(self, edition: Edition, known: Sequence[Edition]) -> Snapshot | None:
        """Return a new snapshot, or None when it cannot be built now; the reason is logged.

        Raises:
            UnavailableError: the database does not answer.
        """
        key = (edition.number, edition.checksum)
        failed_at = self._failed_builds.get(key)
        if failed_at is not None and self._clock() < failed_at + REBUILD_AFTER:
            return None
        try:
            snapshot = self.maker.obtain(edition, self._shelf.nearest_to(edition, known))
        except UnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - the edition before it goes on being served
            self._failed_builds[key] = self._clock()
            self.failed_builds += 1
            _log.warning("snapshot cannot be built", edition=edition.number, error=repr(error))
            return None
        self._failed_builds.pop(key, None)
        return snapshot

    def _watch(self, listener: NoticeListener) -> None:
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
