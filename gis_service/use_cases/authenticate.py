"""Find out who shows a token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.tokens import TokenKeys, hash_secret
from gis_service.errors import UnauthenticatedError
from gis_service.oidc.access_token import Verifier, is_access_token

UNSEALED = TokenKeys()
"""Hashes of tokens are stored as they are."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Who shows a token, until when they are to be believed, and the API token that they showed, if it was one."""

    principal: Principal
    until: datetime
    token_id: int | None = None


def authenticate(
    secret: str, work: UnitOfWork, keys: TokenKeys = UNSEALED, verifier: Verifier | None = None
) -> Checked:
    """Return who shows a token: an API token, or an access token of the identity provider when there is one.

    A token whose hash the key before sealed is sealed with the present one.

    Raises:
        UnauthenticatedError: unknown, expired or revoked; which of them is not told of an API token.
        UnavailableError: an access token cannot be checked, since the identity provider is away.
    """
    if verifier is not None and is_access_token(secret):
        principal, until = verifier.verify(secret)
        return Checked(principal, until)
    seals = keys.seals_of(hash_secret(secret))
    with work:
        found = work.tokens.find_valid([seal.hash for seal in seals])
        if found is None:
            raise UnauthenticatedError("the token is not valid; have one made with 'gis-service tokens create'")
        token, hashed = found
        if hashed != seals[0].hash:
            work.tokens.reseal(token.id, seals[0])
            work.commit()
    return Checked(Principal(f"token:{token.id}", token.role, token.scope), token.expires_at, token.id)
