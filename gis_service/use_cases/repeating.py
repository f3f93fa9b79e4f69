"""Something that is done again and again, in a thread of its own, whatever the database does meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

_log = structlog.get_logger(__name__)


class Repeating:
    """Does something at once and then every few seconds; what fails is told to the log, and done the next time.

    Args:
        name: of the thread, and in the log.
        act: what is done; begins its own transaction.
        every_s: seconds between the end of one and the beginning of the next; 0 does nothing at all.
    """

    def __init__(self, name: str, act: Callable[[], object], every_s: float) -> None:
        self._name, self._act, self._every_s = name, act, every_s
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        if self._every_s:
            self._thread = threading.Thread(target=self._repeat, name=self._name, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it; what is being done is finished."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _repeat(self) -> None:
        while True:
            try:
                self._act()
            except Exception as error:  # noqa: BLE001 - it is done when the database is back
                _log.warning("not done", what=self._name, error=repr(error))
            if self._stopping.wait(self._every_s):
                return
