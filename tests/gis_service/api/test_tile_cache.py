from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from gis_service.api.tile_cache import ENTRY_BYTES, TileCache
from gis_service.errors import UnavailableError


def run(scenario: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return asyncio.run(scenario())


class Renderer:
    """Counts its calls, and waits within each until it is let go."""

    def __init__(self, body: bytes = b"tile", *, waits: bool = False) -> None:
        self.calls = 0
        self.begun = threading.Event()
        self.go = threading.Event()
        self._body = body
        if not waits:
            self.go.set()

    def __call__(self) -> bytes:
        self.calls += 1
        self.begun.set()
        assert self.go.wait(10)
        return self._body


async def begun(renderer: Renderer) -> None:
    """Wait until a worker thread is inside."""
    assert await asyncio.to_thread(renderer.begun.wait, 10)


def test_a_body_is_rendered_once():
    """Asked for twice, rendered once; an empty body is remembered too."""

    async def scenario() -> tuple[list[bytes], int]:
        cache, render = TileCache(10_000), Renderer(b"")
        return [await cache.body("a", render), await cache.body("a", render)], render.calls

    assert run(scenario) == ([b"", b""], 1)


def test_a_hundred_who_ask_at_once_cause_one_rendering():
    """All get the body, and another key is rendered beside it."""

    async def scenario() -> tuple[set[bytes], int, bytes]:
        cache, slow, quick = TileCache(10_000), Renderer(waits=True), Renderer(b"other")
        asking = [asyncio.create_task(cache.body("a", slow)) for _ in range(100)]
        await begun(slow)
        other = await cache.body("b", quick)
        slow.go.set()
        return set(await asyncio.gather(*asking)), slow.calls, other

    assert run(scenario) == ({b"tile"}, 1, b"other")


def test_who_goes_away_does_not_take_the_rendering_with_them():
    """The first to ask is cancelled while it waits; the second gets the body of the same rendering."""

    async def scenario() -> tuple[bytes, int]:
        cache, render = TileCache(10_000), Renderer(waits=True)
        first = asyncio.create_task(cache.body("a", render))
        await begun(render)
        second = asyncio.create_task(cache.body("a", render))
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        render.go.set()
        return await second, render.calls

    assert run(scenario) == (b"tile", 1)


def test_a_rendering_that_fails_is_tried_again():
    """All who waited get the refusal; it is not remembered."""

    async def scenario() -> tuple[list[type], bytes]:
        cache = TileCache(10_000)

        def fail() -> bytes:
            raise UnavailableError("away")

        refused = await asyncio.gather(cache.body("a", fail), cache.body("a", fail), return_exceptions=True)
        return [type(one) for one in refused], await cache.body("a", Renderer())

    assert run(scenario) == ([UnavailableError, UnavailableError], b"tile")


def test_the_body_used_longest_ago_gives_way():
    """Room for two: after a, b and a again, c takes the place of b."""

    async def scenario() -> tuple[list[int], int]:
        cache = TileCache(2 * (ENTRY_BYTES + 4))
        renderers = {key: Renderer() for key in "abc"}
        for key in "abacab":
            await cache.body(key, renderers[key])
        return [renderers[key].calls for key in "abc"], cache.size_bytes

    assert run(scenario) == ([1, 2, 1], 2 * (ENTRY_BYTES + 4))


@pytest.mark.parametrize("room", [0, ENTRY_BYTES])
def test_a_body_larger_than_the_cache_is_not_remembered(room: int):
    """Nothing else gives way for it, and it is rendered each time."""

    async def scenario() -> tuple[int, int]:
        cache, render = TileCache(room), Renderer()
        await cache.body("a", render)
        await cache.body("a", render)
        return render.calls, cache.size_bytes

    assert run(scenario) == (2, 0)


def test_renderings_beyond_the_threads_wait_their_turn():
    """With two threads the third of three slow tiles begins when one is done."""

    async def scenario() -> tuple[int, int]:
        cache, renderers = TileCache(10_000, threads=2), [Renderer(waits=True) for _ in range(3)]
        asking = [asyncio.create_task(cache.body(number, one)) for number, one in enumerate(renderers)]
        await begun(renderers[0])
        await begun(renderers[1])
        waiting = renderers[2].calls
        for one in renderers:
            one.go.set()
        await asyncio.gather(*asking)
        return waiting, renderers[2].calls

    assert run(scenario) == (0, 1)


def test_a_fact_is_read_again_when_its_time_is_over():
    """Within its lifetime it is remembered; with a lifetime below zero it is read each time."""

    async def scenario() -> list[int]:
        cache, read = TileCache(0), iter(range(10))
        return [await cache.fact("a", lambda: next(read), lifetime) for lifetime in (60, 60, -1, 60)]

    assert run(scenario) == [0, 0, 1, 1]


def test_an_old_fact_serves_while_the_database_is_away():
    """Known before, the old fact; never known, the refusal."""

    async def scenario() -> int:
        cache = TileCache(0)

        def fail() -> int:
            raise UnavailableError("away")

        with pytest.raises(UnavailableError):
            await cache.fact("a", fail, -1)
        await cache.fact("a", lambda: 7, -1)
        return await cache.fact("a", fail, -1)

    assert run(scenario) == 7


def test_beyond_those_that_may_wait_a_rendering_is_refused():
    """One thread, one may wait: the third is refused at once, who asks for the first two again is not."""

    async def scenario() -> tuple[str, list[bytes], int]:
        cache, slow = TileCache(10_000, threads=1, most_waiting=1), Renderer(waits=True)
        asking = [asyncio.create_task(cache.body("a", slow))]
        await begun(slow)
        asking += [asyncio.create_task(cache.body(key, Renderer())) for key in "bab"]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with pytest.raises(UnavailableError) as refused:
            await cache.body("c", Renderer())
        slow.go.set()
        bodies = await asyncio.gather(*asking, cache.body("a", Renderer()))
        return refused.value.code, bodies, cache.refused

    assert run(scenario) == ("tiles-busy", [b"tile"] * 5, 1)


def test_what_nobody_wants_any_more_is_not_rendered():
    """Two wait for b and go, one of two for c; b is dropped, and rendered when it is asked for anew."""

    async def scenario() -> tuple[int, bytes, bytes, int, int]:
        cache, slow, left, wanted = TileCache(10_000, threads=1), Renderer(waits=True), Renderer(), Renderer()
        first = asyncio.create_task(cache.body("a", slow))
        await begun(slow)
        going = [asyncio.create_task(cache.body(key, one)) for key, one in (("b", left), ("b", left), ("c", wanted))]
        staying = asyncio.create_task(cache.body("c", wanted))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for one in going:
            one.cancel()
        await asyncio.wait(going)
        again = asyncio.create_task(cache.body("b", Renderer(b"new")))
        slow.go.set()
        await first
        return left.calls, await again, await staying, cache.dropped, cache.waiting

    assert run(scenario) == (0, b"new", b"tile", 1, 0)


class Endless(Renderer):
    """A rendering that goes on until it is called off."""

    def __init__(self) -> None:
        super().__init__(waits=True)
        self.ended = 0

    def call_off(self) -> bool:
        self.ended += 1
        self.go.set()
        return True


def test_a_rendering_that_nobody_waits_for_is_called_off_once():
    """Two wait and go: after the second it is ended; who asks then has a new one."""

    async def scenario() -> tuple[list[int], bytes, int]:
        cache, endless, ended = TileCache(0, patience_s=0), Endless(), []
        asking = [asyncio.create_task(cache.body("a", endless, None, endless.call_off)) for _ in range(2)]
        await begun(endless)
        for one in asking:
            one.cancel()
            await asyncio.wait([one])
            for _ in range(3):
                await asyncio.sleep(0)
            ended.append(endless.ended)
        return ended, await cache.body("a", Renderer(b"new")), cache.called_off

    assert run(scenario) == ([0, 1], b"new", 1)


def test_who_comes_back_in_time_finds_the_rendering_under_way():
    """One goes and another comes before patience ends: it is not ended, and nothing is rendered twice."""

    async def scenario() -> tuple[int, bytes, int]:
        cache, endless = TileCache(0, patience_s=0), Endless()
        first = asyncio.create_task(cache.body("a", endless, None, endless.call_off))
        await begun(endless)
        first.cancel()
        # It asks in the very step of the loop in which the first has gone.
        second = asyncio.create_task(cache.body("a", endless, None, endless.call_off))
        await asyncio.wait([first])
        for _ in range(3):
            await asyncio.sleep(0)
        endless.go.set()
        return endless.ended, await second, endless.calls

    assert run(scenario) == (0, b"tile", 1)


def test_facts_and_files_do_not_wait_behind_tiles():
    """The only thread for tiles is taken: a fact is read, and a body that is found on disk."""

    async def scenario() -> tuple[int, bytes]:
        cache, slow = TileCache(10_000, threads=1), Renderer(waits=True)
        first = asyncio.create_task(cache.body("a", slow))
        await begun(slow)
        fact = await cache.fact("f", lambda: 1, 60)
        found = await cache.body("b", Renderer(b"rendered"), lambda: b"found")
        slow.go.set()
        await first
        return fact, found

    assert run(scenario) == (1, b"found")
