"""What a worker remembers of tiles: bodies as they are sent, and the few facts that their keys are made of."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread

from gis_service.errors import UnavailableError

Found = TypeVar("Found")

ENTRY_BYTES = 1024
"""What an entry costs beside its body: key, objects, table; so that empty tiles are not free."""

MOST_FACTS = 1000
"""Facts remembered: three versions and the editions that are looked at."""


class TileCache:
    """Bodies of tiles up to a number of bytes, the one used longest ago giving way, and facts about tiles.

    Nothing is ever purged: a key that holds all that decides the answer (decision 9) never goes stale.  What is asked
    for several times at once is computed once, in a worker thread, and the computation goes on when who asked
    for it first has gone.  Used from one event loop.

    Args:
        most_bytes: bound of the bodies; 0 remembers none, and still computes each only once at a time.
        threads: tiles rendered at a time; the rest waits, and so leaves threads to the other routes.
        most_facts: bound of the facts, by their number; the one used longest ago gives way.
    """

    def __init__(self, most_bytes: int, threads: int = 8, most_facts: int = MOST_FACTS) -> None:
        self._most_bytes = most_bytes
        self._most_facts = most_facts
        self._bodies: OrderedDict[Hashable, bytes] = OrderedDict()
        self._bytes = 0
        self._facts: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
        self._under_way: dict[Hashable, asyncio.Task[Any]] = {}
        self._threads = CapacityLimiter(threads)

    @property
    def size_bytes(self) -> int:
        """Return what the bodies take, with ENTRY_BYTES for each."""
        return self._bytes

    async def body(self, key: Hashable, render: Callable[[], bytes]) -> bytes:
        """Return the body of a key, rendering it when it is not remembered.

        The key holds everything that decides the body: the tile, the permission class, the content coding.
        """
        known = self._bodies.get(key)
        if known is not None:
            self._bodies.move_to_end(key)
            return known
        return await self._once(("body", key), render, lambda body: self._keep(key, body))

    async def fact(self, key: Hashable, read: Callable[[], Found], lifetime_s: float) -> Found:
        """Return a fact read within the last ``lifetime_s`` seconds, reading it when there is none.

        When the database is away, an older fact serves as well: what is remembered goes on being served.
        """
        entry = self._facts.get(key)
        if entry is not None and time.monotonic() - entry[0] <= lifetime_s:
            self._facts.move_to_end(key)
            fact: Found = entry[1]
            return fact
        began = time.monotonic()
        try:
            return await self._once(("fact", key), read, lambda fact: self._learn(key, began, fact))
        except UnavailableError:
            if entry is None:
                raise
            older: Found = entry[1]
            return older

    async def _once(self, key: Hashable, compute: Callable[[], Found], keep: Callable[[Found], None]) -> Found:
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.create_task(self._compute(compute, keep))
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._finish(key, done))
        # Who goes away must not take the computation with them: others may wait for it.
        found: Found = await asyncio.shield(task)
        return found

    async def _compute(self, compute: Callable[[], Found], keep: Callable[[Found], None]) -> Found:
        found = await to_thread.run_sync(compute, limiter=self._threads)
        keep(found)
        return found

    def _finish(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        del self._under_way[key]
        if not task.cancelled():
            task.exception()  # looked at here, since everyone who waited may have gone

    def _keep(self, key: Hashable, body: bytes) -> None:
        cost = len(body) + ENTRY_BYTES
        if cost > self._most_bytes:
            return
        self._bodies[key] = body
        self._bytes += cost
        while self._bytes > self._most_bytes:
            _, oldest = self._bodies.popitem(last=False)
            self._bytes -= len(oldest) + ENTRY_BYTES

    def _learn(self, key: Hashable, began: float, fact: object) -> None:
        self._facts[key] = (began, fact)
        self._facts.move_to_end(key)
        while len(self._facts) > self._most_facts:
            self._facts.popitem(last=False)
