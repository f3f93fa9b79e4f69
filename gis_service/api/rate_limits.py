"""How often one caller may ask: by token for who shows one that is known, by address for all others.

A bucket holds ``burst`` requests and fills at ``per_s``; a request takes one.  A worker counts for itself, so that
a service of four workers lets four times as many through.

Source:
    Token bucket as the generic cell rate algorithm (ITU-T I.371, A): of a bucket is kept when it will be full.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import lru_cache
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from math import ceil

from starlette.types import ASGIApp, Receive, Scope, Send

from gis_service.api.access import PRINCIPAL, known_principal
from gis_service.api.problems import problem

MOST_BUCKETS = 100_000
"""Buckets held, some 200 bytes each; those that are full are forgotten first, then the oldest."""

FREE = frozenset({"/healthz", "/readyz"})
"""Who watches over the service asks for these, and shall not take it for dead."""

_REFUSED = "gis_service.retry_after_s"


class Buckets:
    """The buckets of callers of one kind; ``per_s`` 0 lets everybody through."""

    def __init__(self, per_s: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval_s = 1 / per_s if per_s else 0.0
        # One request finds room as long as the bucket is full again within this.
        self._longest_s = burst * self._interval_s
        self._clock = clock
        self._full_at: dict[str, float] = {}

    def take(self, key: str) -> float:
        """Take one request from a caller's bucket; return 0, or the seconds to wait when there is none in it."""
        interval_s = self._interval_s
        if not interval_s:
            return 0.0
        now = self._clock()
        full_at = self._full_at.get(key, now)
        full_at = max(full_at, now) + interval_s
        wait_s = full_at - now - self._longest_s
        # A rest of rounding is no reason to refuse.
        if wait_s > interval_s * 1e-6:
            return wait_s
        self._full_at[key] = full_at
        if len(self._full_at) > MOST_BUCKETS:
            self._forget(now)
        return 0.0

    def _forget(self, now: float) -> None:
        kept = [(key, full_at) for key, full_at in self._full_at.items() if full_at > now]
        self._full_at = dict(kept[-(MOST_BUCKETS // 2) :])


class RateLimits:
    """Meets all requests first, the quickest too; one that is too many goes the long way, where it is refused.

    Args:
        app: what answers.
        behind: what answers with all layers around it, ``TooMany`` among them.
        by_address: buckets of those who show no token, or one that was not checked a moment ago.
        by_principal: buckets of the others.
    """

    def __init__(self, app: ASGIApp, behind: ASGIApp, by_address: Buckets, by_principal: Buckets) -> None:
        self._app, self._behind = app, behind
        self._by_address, self._by_principal = by_address, by_principal

    # No coroutine of its own: the quickest answers take some 10 microseconds, and one costs half of one.
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"] not in FREE:
            wait_s = self._take(scope)
            if wait_s:
                scope[_REFUSED] = max(1, ceil(wait_s))
                return self._behind(scope, receive, send)
        return self._app(scope, receive, send)

    def _take(self, scope: Scope) -> float:
        for name, value in scope["headers"]:
            if name == b"authorization":
                principal = known_principal(value.decode("latin-1"), scope["state"]["token_cache"])
                if principal is None:
                    break
                scope[PRINCIPAL] = principal
                return self._by_principal.take(principal.name)
        client = scope.get("client")
        return self._by_address.take(network_of(client[0]) if client else "")


class TooMany:
    """Refuses with 429 what ``RateLimits`` found to be too many."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        retry_after_s = scope.get(_REFUSED)
        if retry_after_s is None:
            await self._app(scope, receive, send)
            return
        whose = "this token" if PRINCIPAL in scope else "this address"
        refused = problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too-many-requests",
            f"too many requests from {whose}; ask again in {retry_after_s} s, and less often",
            headers={"Retry-After": str(retry_after_s)},
        )
        await refused(scope, receive, send)


@lru_cache(maxsize=10_000)
def network_of(host: str) -> str:
    """Return whose bucket an address has: IPv4 its own; IPv6 that of its /64, all of which one customer has."""
    if ":" not in host:
        return host
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    return str(address.ipv4_mapped) if address.ipv4_mapped else f"{int(address) >> 64:x}::/64"
