"""Knows the end of the feed, and wakes those who wait for it to move."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

import structlog
from anyio import move_on_after

from gis_service.database.notify import NoticeListener
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.incident_feed import CHANNEL
from gis_service.use_cases.read_feed import number_events

BUSY_POLL_S = 0.1
"""Between two looks while there is something new; not each commit gives a notice then."""

BUSY_FOR_S = 1.0
"""How long it is looked so often after the last notice or the last move."""

_log = structlog.get_logger(__name__)


class FeedWatcher:
    """The end of the feed as this process knows it, one look for all who wait.

    Between ``start()`` and ``stop()`` a thread looks at every notice, and every ``poll_s`` seconds should one be
    lost.  It survives whatever the database does.  ``newest`` is the last position; ``is_over`` tells streams to
    end.
    """

    def __init__(self, open_work: Callable[[], UnitOfWork], *, listen_url: str, poll_s: float) -> None:
        self._open_work = open_work
        self._poll_s = poll_s
        self._listener = NoticeListener(listen_url, CHANNEL)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._moved = asyncio.Event()
        self._stopping = threading.Event()
        self._is_away = False
        self.on_move: Callable[[], None] = lambda: None
        self.newest = 0
        self.is_over = False

    def start(self) -> None:
        """Watch in a thread of its own; to be called in the event loop whose streams it wakes."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._watch, name="feed-watcher", daemon=True)
        self._thread.start()

    def end_streams(self) -> None:
        """Let all that wait come back, now and from now on; may be called from any thread and from a signal."""
        self.is_over = True
        self._wake()

    def stop(self) -> None:
        """End the streams and the thread, and wait for it.  Does nothing before ``start()``."""
        self.end_streams()
        if self._thread is not None:
            self._stopping.set()
            self._listener.interrupt()
            self._thread.join()
            self._thread = None
            self._listener.close()

    async def wait_beyond(self, position: int, timeout_s: float) -> bool:
        """Return when the feed has gone on beyond a position, or after the time, or at the end; tell which."""
        with move_on_after(timeout_s):
            while self.newest <= position and not self.is_over:
                await self._moved.wait()
        return self.newest > position

    def _watch(self) -> None:
        busy_until = 0.0
        while not self._stopping.is_set():
            try:
                # First listen, then look: nothing is missed between the two.
                self._listener.connect()
            except Exception as error:  # noqa: BLE001 - polling goes on without notices
                _log.debug("not listening for events", error=repr(error))
            if self._look():
                busy_until = time.monotonic() + BUSY_FOR_S
            try:
                is_busy = time.monotonic() < busy_until
                # While it is busy notices say nothing new, and would make it busier.
                if is_busy:
                    self._stopping.wait(BUSY_POLL_S)
                if self._listener.wait(0 if is_busy else self._poll_s):
                    busy_until = time.monotonic() + BUSY_FOR_S
            except Exception as error:  # noqa: BLE001 - the connection broke; the next round makes another
                _log.debug("lost the connection that listens for events", error=repr(error))

    def _look(self) -> bool:
        """Find the end of the feed and wake who waits for it; tell whether it has moved."""
        try:
            newest = number_events(self._open_work())
        except Exception as error:  # noqa: BLE001 - streams wait until the database answers
            (_log.debug if self._is_away else _log.warning)("feed not seen", error=repr(error))
            self._is_away = True
            return False
        self._is_away = False
        if newest == self.newest:
            return False
        self.newest = newest
        self._wake()
        self.on_move()
        return True

    def _wake(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ring)

    def _ring(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
