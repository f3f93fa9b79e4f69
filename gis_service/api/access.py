"""Who asks: the bearer token of a request, checked and remembered for a moment."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from anyio import to_thread
from fastapi import Security
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from gis_service.domain.access import PUBLIC, ROLES, Principal
from gis_service.domain.tokens import hash_secret
from gis_service.errors import ForbiddenError, UnauthenticatedError
from gis_service.use_cases.authenticate import Checked, authenticate

MOST_REMEMBERED = 10_000

# For the description of the API alone: ``permission_of`` reads the header itself.
BEARER = HTTPBearer(scheme_name="token", auto_error=False)


LONGEST_SECRET = 20_000
"""Characters of a bearer token that are looked at at all."""

PRINCIPAL = "principal"
"""Where the scope of a request holds who asks, once that is known."""


class TokenCache:
    """Principals of tokens checked within the last ``lifetime_s`` seconds, by the hash of the secret.

    A token that ends before is forgotten with its end.  ``check`` finds out who shows a secret, given a transaction.
    """

    def __init__(self, lifetime_s: float, check: Callable[[str, Any], Checked] = authenticate) -> None:
        self.check = check
        self._lifetime_s = lifetime_s
        self._known: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()
        self._used_at: dict[int, datetime] = {}

    def get(self, hashed: bytes) -> Principal | None:
        """Return the principal when the token was checked a moment ago."""
        entry = self._known.get(hashed)
        if entry is None or time.monotonic() >= entry[0]:
            return None
        return entry[1]

    def keep(self, hashed: bytes, checked: Checked) -> None:
        """Remember a token just checked, and that it was used."""
        now = datetime.now(UTC)
        self.put(hashed, checked.principal, (checked.until - now).total_seconds())
        if checked.token_id is not None:
            self._used_at[checked.token_id] = now

    def take_uses(self) -> dict[int, datetime]:
        """Return when API tokens were used since the last call, by their ids."""
        used_at, self._used_at = self._used_at, {}
        return used_at

    def put(self, hashed: bytes, principal: Principal, at_most_s: float = float("inf")) -> None:
        """Remember who shows a token; the one checked longest ago gives way."""
        self._known[hashed] = (time.monotonic() + min(self._lifetime_s, at_most_s), principal)
        self._known.move_to_end(hashed)
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)


async def permission_of(request: Request) -> Principal:
    """Return who asks, and note it in the scope of the request; ``PUBLIC`` without a token.

    Raises:
        UnauthenticatedError: a token is shown and is not valid.
        UnavailableError: it cannot be checked now.
    """
    known: Principal | None = request.scope.get(PRINCIPAL)
    if known is None:
        known = request.scope[PRINCIPAL] = await _principal_of(request)
    return known


async def _principal_of(request: Request) -> Principal:
    header = request.headers.get("authorization")
    if header is None:
        return PUBLIC
    secret = _secret_in(header)
    if secret is None:
        raise UnauthenticatedError("the Authorization header must read 'Bearer <token>'")
    cache: TokenCache = request.state.token_cache
    hashed = hash_secret(secret)
    principal = cache.get(hashed)
    if principal is None:
        checked = await to_thread.run_sync(cache.check, secret, request.state.open_work())
        cache.keep(hashed, checked)
        principal = checked.principal
    return principal


def known_principal(header: str, cache: TokenCache) -> Principal | None:
    """Return who shows an Authorization header when its token was checked a moment ago."""
    secret = _secret_in(header)
    return None if secret is None else cache.get(hash_secret(secret))


def _secret_in(header: str) -> str | None:
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer" or len(secret) > LONGEST_SECRET:
        return None
    return secret.strip() or None


def require(*roles: str) -> Callable[..., Awaitable[Principal]]:
    """Return a dependency that lets through callers with one of the roles; ``admin`` may do everything.

    The description of the API tells the roles of each route by it (``roles_of``).
    """

    async def check(
        request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]
    ) -> Principal:
        return await permission_as(request, *roles)

    _ROLES_OF[check] = with_admin(roles)
    return check


_ROLES_OF: dict[Callable[..., Any], tuple[str, ...]] = {}


def with_admin(roles: Sequence[str]) -> tuple[str, ...]:
    """Return all roles that may do what these may, in the order of ``ROLES``."""
    return tuple(role for role in ROLES if role in {*roles, "admin"})


def required_roles(dependant: Dependant) -> tuple[str, ...] | None:
    """Return the roles that everything a route depends on lets through; None when nothing asks for a role."""
    own = None if dependant.call is None else _ROLES_OF.get(dependant.call)
    named = [roles for roles in (own, *map(required_roles, dependant.dependencies)) if roles is not None]
    return tuple(role for role in ROLES if all(role in roles for roles in named)) if named else None


async def refuse_first(request: Request) -> None:
    """Refuse who may not call the route of a request at all, before they are told what is wrong with its body.

    FastAPI parses a body before it asks what the route depends on.

    Raises:
        AccessError: as ``require`` of the route would.
    """
    route = request.scope.get("route")
    roles = required_roles(route.dependant) if isinstance(route, APIRoute) else None
    if roles is not None:
        await permission_as(request, *roles)


async def permission_as(request: Request, *roles: str) -> Principal:
    """Return who asks when they have one of the roles; ``admin`` may do everything.

    Raises:
        UnauthenticatedError: there is no token, or it is not valid.
        ForbiddenError: it has another role.
    """
    principal = await permission_of(request)
    if principal.role == PUBLIC.role:
        raise UnauthenticatedError("this needs a token; send 'Authorization: Bearer <token>'")
    if principal.role not in {*roles, "admin"}:
        raise ForbiddenError(f"the role {principal.role} may not do this; it takes {' or '.join(roles)}")
    return principal
