"""Parts on the cores of this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from gis_service.bulk.asked import Asked
from gis_service.bulk.ownership import Ownership
from gis_service.bulk.parts import Task, locate_part
from gis_service.bulk.tally import Tally


class _StoppedError(Exception):
    """Another part has failed, or the user has had enough."""


def locate_parts(
    tasks: Sequence[Task], ownership: Ownership, asked: Asked, workers: int, on_rows: Callable[[int], None]
) -> Iterator[tuple[Task, Tally]]:
    """Yield each part with what came of it as it is finished; one thread a part.

    Threads, since Arrow and the locator let go of Python's lock, and share one locator.

    Raises:
        ServiceError: that of the first part that fails; those under way are given up.
    """
    stopping = threading.Event()

    def counted(rows: int) -> None:
        if stopping.is_set():
            raise _StoppedError
        on_rows(rows)

    inside = max(1, workers // max(1, len(tasks)))
    pool = ThreadPoolExecutor(workers)
    try:
        futures = {pool.submit(locate_part, task, ownership, asked, counted, inside): task for task in tasks}
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        stopping.set()
        pool.shutdown(cancel_futures=True)
