"""Who asks: the bearer token of a request, checked and remembered for a moment."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Annotated

from anyio import to_thread
from fastapi import Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from gis_service.domain.access import PUBLIC, Principal
from gis_service.domain.tokens import hash_secret
from gis_service.errors import ForbiddenError, UnauthenticatedError
from gis_service.use_cases.authenticate import authenticate

MOST_REMEMBERED = 10_000

# For the description of the API alone: ``permission_of`` reads the header itself.
BEARER = HTTPBearer(scheme_name="token", auto_error=False)


class TokenCache:
    """Principals of tokens checked within the last ``lifetime_s`` seconds, by the hash of the secret."""

    def __init__(self, lifetime_s: float) -> None:
        self._lifetime_s = lifetime_s
        self._known: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()

    def get(self, hashed: bytes) -> Principal | None:
        """Return the principal when the token was checked a moment ago."""
        entry = self._known.get(hashed)
        if entry is None or time.monotonic() - entry[0] > self._lifetime_s:
            return None
        return entry[1]

    def put(self, hashed: bytes, principal: Principal) -> None:
        """Remember a token just checked; the one checked longest ago gives way."""
        self._known[hashed] = (time.monotonic(), principal)
        self._known.move_to_end(hashed)
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)


async def permission_of(request: Request) -> Principal:
    """Return who asks; ``PUBLIC`` without a token.

    Raises:
        UnauthenticatedError: a token is shown and is not valid.
    """
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
        principal = await to_thread.run_sync(authenticate, secret, request.state.open_work())
        cache.put(hashed, principal)
    request.scope["principal"] = principal
    return principal


def known_principal(header: str, cache: TokenCache) -> Principal | None:
    """Return who shows an Authorization header when its token was checked a moment ago."""
    secret = _secret_in(header)
    return None if secret is None else cache.get(hash_secret(secret))


def _secret_in(header: str) -> str | None:
    scheme, _, secret = header.partition(" ")
    return secret.strip() or None if scheme.lower() == "bearer" else None


def require(*roles: str) -> Callable[..., Awaitable[Principal]]:
    """Return a dependency that lets through callers with one of the roles; ``admin`` may do everything."""

    async def check(
        request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]
    ) -> Principal:
        return await permission_as(request, *roles)

    return check


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
