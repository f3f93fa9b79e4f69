"""Asks PostGIS again, now and then, what was answered from memory: two programs, one rule."""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import structlog

from gis_service.database.unit_of_work import UnitOfWork

WAITING = 100
"""Answers that may wait to be checked; more are dropped."""

REST_S = 30.0
"""How long nothing is checked after the database did not answer."""

_log = structlog.get_logger(__name__)


class Answered(NamedTuple):
    """An answer that was given: the point on the lattice, the edition, and the owner's code, None for no owner."""

    lon: float
    lat: float
    edition: int
    owner: str | None


class ShadowCheck:
    """One in ``every`` answers is asked of PostGIS again, for the same edition, in a thread; 0: none is.

    Lookups never wait for it: answers that come while ``WAITING`` others do are ``dropped``, and so is all that
    comes while the database is away.  ``checked`` and ``mismatched`` count the others; each mismatch is logged.
    """

    def __init__(self, open_work: Callable[[], UnitOfWork], every: int, *, rest_s: float = REST_S) -> None:
        self._open_work = open_work
        self._every = self._left = float(every) if every else math.inf
        self._rest_s = rest_s
        self._waiting = queue.Queue[Answered | None](WAITING)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.checked = 0
        self.mismatched = 0
        self.dropped = 0

    def offer(self, lon: float, lat: float, edition: int, owner: str | None) -> None:
        """Take one of many answers to be checked; costs next to nothing and raises nothing."""
        # Two threads may count one answer as one; nothing depends on it.
        self._left -= 1
        if self._left > 0:
            return
        self._left = self._every
        try:
            self._waiting.put_nowait(Answered(lon, lat, edition, owner))
        except queue.Full:
            self.dropped += 1

    def start(self) -> None:
        """Check in a thread of its own; without one when there is nothing to check."""
        if self._every < math.inf:
            self._thread = threading.Thread(target=self._run, name="shadow-check", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it; what waits is not checked.  Does nothing before ``start()``."""
        if self._thread is None:
            return
        self._stopping.set()
        with suppress(queue.Full):
            self._waiting.put_nowait(None)
        self._thread.join()
        self._thread = None

    def check(self, answered: Answered) -> bool:
        """Ask for one answer again and tell whether it was the same.

        Raises:
            UnavailableError: the database does not answer.
        """
        with self._open_work() as work:
            covering = work.owners.covering(answered.edition, answered.lon, answered.lat)
        owner = covering[0].code if covering else None
        self.checked += 1
        if owner == answered.owner:
            return True
        self.mismatched += 1
        _log.error("shadow check: memory and database differ", **answered._asdict(), owner_in_database=owner)
        return False

    def _run(self) -> None:
        while not self._stopping.is_set():
            answered = self._waiting.get()
            if answered is None:
                continue
            try:
                self.check(answered)
            except Exception as error:  # noqa: BLE001 - a check that cannot be made harms nobody
                self.dropped += 1
                _log.debug("shadow check rests", error=repr(error))
                self._stopping.wait(self._rest_s)
