"""Requests to an ASGI application in this process: no network, no HTTP parser, the same driver for both sides."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop
from starlette.applications import Starlette
from starlette.types import Message, Scope

from gis_service.app import create_app
from gis_service.log import configure_logging
from gis_service.settings import Settings

AT_ONCE = 8
"""Requests under way at a time, as from eight connections."""

OK = 200

_HEADERS = (
    (b"host", b"127.0.0.1:8000"),
    (b"user-agent", b"benchmark"),
    (b"accept", b"*/*"),
    (b"accept-encoding", b"gzip, deflate, br"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it is sent."""

    body: bytes
    headers: dict[str, str]


Ask = Callable[[Sequence[str]], list[Answer]]
"""Asks all URLs (path and query), ``AT_ONCE`` at a time; answers come in any order."""


@contextmanager
def started(app: Starlette) -> Iterator[Ask]:
    """Start an application, and stop it after the block.

    Raises:
        RuntimeError: an answer is not 200.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        lifespan = app.router.lifespan_context(app)
        state = dict(runner.run(_enter(lifespan)) or {})
        try:
            yield lambda urls: runner.run(_ask_all(app, state, urls))
        finally:
            runner.run(_leave(lifespan))


def _settings(url: str) -> Settings:
    # Limits that nobody reaches: they cost what they cost.
    return Settings(database_url=url, log_level="INFO", address_rate=1e9, address_burst=10**9)


@contextmanager
def started_service(url: str) -> Iterator[Ask]:
    """Start the service with its usual settings; its log is written, as in service, and thrown away."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        with redirect_stderr(nowhere), started(create_app(_settings(url))) as ask:
            yield ask
        configure_logging("WARNING")


async def _enter(lifespan: Any) -> Any:  # noqa: ANN401 - Starlette says no more of it
    return await lifespan.__aenter__()


async def _leave(lifespan: Any) -> None:  # noqa: ANN401 - Starlette says no more of it
    await lifespan.__aexit__(None, None, None)


async def _ask_all(app: Starlette, state: dict[str, Any], urls: Sequence[str]) -> list[Answer]:
    answers: list[Answer] = []

    async def ask_some(some: Sequence[str]) -> None:
        for url in some:
            answers.append(await _ask(app, _scope(url, state)))  # noqa: PERF401 - one after the other

    await asyncio.gather(*(ask_some(urls[first::AT_ONCE]) for first in range(AT_ONCE)))
    return answers


def _scope(url: str, state: dict[str, Any]) -> Scope:
    path, _, query = url.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": list(_HEADERS),
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8000),
        "state": state.copy(),
    }


async def _ask(app: Starlette, scope: Scope) -> Answer:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    body = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Message:
        # After the body comes nothing until the client goes away, and this one stays.
        return next(body, None) or await asyncio.Future[Message]()

    await app(scope, receive, send)
    if sent[0]["status"] != OK:
        msg = f"{scope['path']} answered {sent[0]['status']}"
        raise RuntimeError(msg)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(b"".join(message.get("body", b"") for message in sent[1:]), headers)
