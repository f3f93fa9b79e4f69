"""A table of rights as text, and requests to a running application without a client in between."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import anyio

from gis_service.domain.access import ROLES

EVERYWHERE = "everywhere"

_PARAMETER = re.compile(r"\{(\w+)(?:=(\w+))?\}")


@dataclass(frozen=True, slots=True)
class Row:
    """An operation and the roles that may call it; ``everywhere``: only without a scope."""

    method: str
    path: str
    roles: frozenset[str]
    everywhere: bool

    @property
    def template(self) -> str:
        """The path as the description of the API writes it."""
        return _PARAMETER.sub(r"{\1}", self.path)

    def address(self, values: dict[str, str], otherwise: str) -> str:
        """The path with the row's own values in it, else those given, else ``otherwise``."""
        return _PARAMETER.sub(lambda found: found[2] or values.get(found[1], otherwise), self.path)

    def lets_in(self, role: str, scope: str | None) -> bool:
        """Say whether a caller is let through to what the operation does."""
        return role in self.roles and not (self.everywhere and scope is not None)


def rows_of(table: str) -> list[Row]:
    """Return the rows of a table: method, path, and ``all``, ``token`` or roles (``admin`` need not be named)."""
    rows = []
    for line in filter(None, map(str.strip, table.splitlines())):
        method, path, who, *more = line.split()
        named = {"all": ("public", *ROLES), "token": ROLES}.get(who) or (*who.split(","), "admin")
        assert set(named) <= {"public", *ROLES}, f"{line}: roles are {', '.join(ROLES)}, or say all or token"
        assert more in ([], [EVERYWHERE]), line
        rows.append(Row(method, path, frozenset(named), bool(more)))
    return rows


async def ask(app: Any, state: dict[str, Any], method: str, path: str, token: str | None, body: bytes) -> int:
    """Send a request and return the status of its answer."""
    headers = [(b"host", b"test"), (b"content-type", b"application/json"), (b"idempotency-key", b"rights")]
    if token is not None:
        headers.append((b"authorization", b"Bearer " + token.encode()))
    if method in {"POST", "PUT", "PATCH"}:
        headers.append((b"content-length", b"%d" % len(body)))
    parts = iter([{"type": "http.request", "body": body, "more_body": False}])
    statuses = []

    async def receive() -> dict[str, Any]:
        return next(parts, None) or await anyio.sleep_forever()

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("test", 1),
        "server": ("test", 80),
        "state": state.copy(),
    }
    await app(scope, receive, send)
    return statuses[0]
