"""The hot paths: plain Starlette routes in front of FastAPI's (decision 5)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope


class HotRoute(Route):
    """A route that names itself in the scope, as FastAPI's do: logs and metrics count by it.

    ``roles`` are told in the description of the API; the endpoint checks them.
    """

    def __init__(
        self,
        path: str,
        endpoint: Callable[[Request], Awaitable[Response]],
        *,
        methods: Sequence[str],
        roles: Sequence[str] = (),
    ) -> None:
        super().__init__(path, endpoint, methods=list(methods))
        self.roles = tuple(roles)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether the request is for this route, and what to add to its scope."""
        match, found = super().matches(scope)
        return match, found if match is Match.NONE else {**found, "route": self}
