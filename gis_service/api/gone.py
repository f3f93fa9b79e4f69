"""Clients that go away while they wait: a map that is moved on drops the tiles it has asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.types import Receive

Found = TypeVar("Found")


async def unless_gone(waiting: Coroutine[Any, Any, Found], receive: Receive) -> Found | None:
    """Return what is waited for; None when the client goes away first, and then it is waited for no longer.

    For requests without a body that is still to be read.
    """
    answer = asyncio.create_task(waiting)
    gone = asyncio.create_task(_gone(receive))
    try:
        await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
        return answer.result() if answer.done() else gone.result()
    finally:
        answer.cancel()
        gone.cancel()
        await asyncio.wait({answer, gone})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
