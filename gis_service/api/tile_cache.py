"""What a worker remembers of tiles: bodies as they are sent, and the few facts that their keys are made of."""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread

from gis_service.errors import UnavailableError

Found = TypeVar("Found")

ENTRY_BYTES = 1024
"""What an entry costs beside its body: key, objects, table; so that empty tiles are not free."""

MOST_FACTS = 1000
"""Facts remembered: three versions and the editions that are looked at."""

PATIENCE_S = 0.2
"""What is nearly done is finished, and who pans back finds it: a new connection costs more than a quick statement."""

QUICK_THREADS = 4
"""Facts and files read at a time: they are short, and must not wait behind tiles."""


@dataclass(slots=True)
class _Computation:
    """What is computed for all who ask; ``is_waiting`` until it has a thread, ``call_off`` while it can be ended."""

    task: asyncio.Future[Any] | None = None
    askers: int = 0
    is_waiting: bool = False
    call_off: Callable[[], bool] | None = None


class TileCache:
    """Bodies of tiles up to a number of bytes, the one used longest ago giving way, and facts about tiles.

    Nothing is ever purged: a key that holds all that decides the answer (decision 9) never goes stale.  What is asked
    for several times at once is computed once, in a worker thread, and the computation goes on when who asked
    for it first has gone.  When all have gone, one that still waits for a thread is dropped, and one that has a
    thread is called off, if it can be and nobody has come back for ``patience_s``.

    To be used from one event loop.

    ``refused`` counts the renderings that found too many waiting, ``dropped`` those that nobody wanted any more,
    ``called_off`` those of them whose statement was ended.

    Args:
        most_bytes: bound of the bodies; 0 remembers none, and still computes each only once at a time.
        threads: tiles rendered at a time; the rest waits, and so leaves threads to the other routes.
        most_waiting: renderings that may wait for a thread.
        most_facts: bound of the facts, by their number; the one used longest ago gives way.
        patience_s: how long a rendering goes on that nobody waits for.
    """

    def __init__(
        self,
        most_bytes: int,
        threads: int = 8,
        most_waiting: float = math.inf,
        most_facts: int = MOST_FACTS,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._most_bytes = most_bytes
        self._most_facts = most_facts
        self._bodies: OrderedDict[Hashable, bytes] = OrderedDict()
        self._bytes = 0
        self._facts: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
        self._under_way: dict[Hashable, _Computation] = {}
        self._turns = asyncio.Semaphore(threads)
        # Who has a turn has a thread.
        self._threads = CapacityLimiter(threads)
        self._quick_threads = CapacityLimiter(QUICK_THREADS)
        self._most_waiting = most_waiting
        self.waiting = 0
        self.refused = 0
        self.dropped = 0
        self.called_off = 0
        self._patience_s = patience_s

    @property
    def size_bytes(self) -> int:
        """Return what the bodies take, with ENTRY_BYTES for each."""
        return self._bytes

    def known_body(self, key: Hashable) -> bytes | None:
        """Return the body of a key when it is remembered."""
        known = self._bodies.get(key)
        if known is not None:
            self._bodies.move_to_end(key)
        return known

    async def body(
        self,
        key: Hashable,
        render: Callable[[], bytes],
        read: Callable[[], bytes | None] | None = None,
        call_off: Callable[[], bool] | None = None,
    ) -> bytes:
        """Return the body of a key; when it is not remembered, read where it may be, and rendered when it is not.

        The key holds everything that decides the body: the tile, the permission class, the content coding.
        ``call_off`` lets ``render`` fail soon, from any thread and at once; it tells whether it ended something.

        Raises:
            UnavailableError: ``tiles-busy``, when too many renderings wait already.
        """
        known = self.known_body(key)
        if known is not None:
            return known
        return await self._once(("body", key), lambda one: self._obtain(one, key, render, read, call_off))

    def known_fact(self, key: Hashable, lifetime_s: float) -> object | None:
        """Return a fact read within the last ``lifetime_s`` seconds."""
        entry = self._facts.get(key)
        return None if entry is None or time.monotonic() - entry[0] > lifetime_s else entry[1]

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
            return await self._once(("fact", key), lambda _: self._read_fact(key, began, read))
        except UnavailableError:
            if entry is None:
                raise
            older: Found = entry[1]
            return older

    async def _once(self, key: Hashable, compute: Callable[[_Computation], Awaitable[Found]]) -> Found:
        one = self._under_way.get(key)
        if one is None or one.task is None:
            one = self._under_way[key] = _Computation()
            one.task = asyncio.ensure_future(compute(one))
            one.task.add_done_callback(lambda done: self._finish(key, one, done))
        one.askers += 1
        try:
            # Who goes away must not take the computation with them: others may wait for it.
            found: Found = await asyncio.shield(one.task)
        finally:
            one.askers -= 1
            if one.askers == 0 and one.is_waiting:
                # Forgotten at once: who asks from now on must not wait for what is dropped.
                self._forget(key, one)
                one.task.cancel()
                self.dropped += 1
            elif one.askers == 0 and one.call_off is not None:
                asyncio.get_running_loop().call_later(self._patience_s, self._call_off, key, one)
        return found

    def _call_off(self, key: Hashable, one: _Computation) -> None:
        """End a rendering, unless it is done or somebody waits for it again."""
        if one.askers == 0 and one.call_off is not None:
            self._forget(key, one)
            call_off, one.call_off = one.call_off, None
            self.called_off += call_off()

    async def _obtain(
        self,
        one: _Computation,
        key: Hashable,
        render: Callable[[], bytes],
        read: Callable[[], bytes | None] | None,
        call_off: Callable[[], bool] | None,
    ) -> bytes:
        body = None if read is None else await to_thread.run_sync(read, limiter=self._quick_threads)
        if body is None:
            await self._take_turn(one)
            one.call_off = call_off
            try:
                body = await to_thread.run_sync(render, limiter=self._threads)
            finally:
                one.call_off = None
                self._turns.release()
        self._keep(key, body)
        return body

    async def _take_turn(self, one: _Computation) -> None:
        if self._turns.locked() and self.waiting >= self._most_waiting:
            self.refused += 1
            raise UnavailableError("too many tiles wait to be rendered; try again", code="tiles-busy")
        self.waiting += 1
        one.is_waiting = True
        try:
            await self._turns.acquire()
        finally:
            self.waiting -= 1
            one.is_waiting = False

    async def _read_fact(self, key: Hashable, began: float, read: Callable[[], Found]) -> Found:
        fact = await to_thread.run_sync(read, limiter=self._quick_threads)
        self._learn(key, began, fact)
        return fact

    def _finish(self, key: Hashable, one: _Computation, task: asyncio.Future[Any]) -> None:
        self._forget(key, one)
        if not task.cancelled():
            task.exception()  # looked at here, since everyone who waited may have gone

    def _forget(self, key: Hashable, one: _Computation) -> None:
        if self._under_way.get(key) is one:
            del self._under_way[key]

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
