from __future__ import annotations

import asyncio

import pytest

from gis_service.api.gone import unless_gone
from gis_service.errors import UnavailableError

REQUEST, GONE = {"type": "http.request", "body": b"", "more_body": False}, {"type": "http.disconnect"}


def messages(*told):
    """What a server tells, and then nothing more."""
    left = iter(told)

    async def receive():
        return next(left, None) or await asyncio.Future()

    return receive


def test_who_stays_gets_what_was_waited_for():
    """The request is told, and no more."""

    async def answer() -> bytes:
        await asyncio.sleep(0)
        return b"tile"

    assert asyncio.run(unless_gone(answer(), messages(REQUEST))) == b"tile"


def test_for_who_goes_nothing_is_waited_for_any_longer():
    """The wait is cancelled before the call comes back."""
    ended = []

    async def answer() -> bytes:
        try:
            return await asyncio.Future()
        finally:
            ended.append(True)

    assert asyncio.run(unless_gone(answer(), messages(REQUEST, GONE))) is None
    assert ended == [True]


def test_a_refusal_reaches_who_waits():
    """As if there were nothing in between."""

    async def answer() -> bytes:
        raise UnavailableError("away")

    with pytest.raises(UnavailableError):
        asyncio.run(unless_gone(answer(), messages(REQUEST)))
