"""The moment at which the server is told to stop, which an application learns of too late."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def when_told_to_stop(act: Callable[[], None]) -> Iterator[None]:
    """Call ``act`` at SIGTERM and SIGINT, before what the server does then.

    A server waits for all answers to end before it tells the application of its own end: a stream that knows of
    nothing would make it wait in vain.  In another thread than the main one, where there are no signals, nothing
    is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[int, Any] = {}

    def told(number: int, frame: FrameType | None) -> None:
        act()
        if callable(before[number]):
            before[number](number, frame)

    for number in _SIGNALS:
        handler = signal.getsignal(number)
        # A handler that would end the process, or none: nobody runs who would stop in good order.
        if callable(handler):
            before[number] = handler
            signal.signal(number, told)
    try:
        yield
    finally:
        for told_of, handler in before.items():
            signal.signal(told_of, handler)
