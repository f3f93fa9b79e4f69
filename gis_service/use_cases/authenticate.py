"""Find out who shows a token."""

from __future__ import annotations

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.tokens import hash_secret
from gis_service.errors import UnauthenticatedError


def authenticate(secret: str, work: UnitOfWork) -> Principal:
    """Return the principal of an API token.

    Raises:
        UnauthenticatedError: unknown, expired or revoked; which of them is not told.
    """
    with work:
        token = work.tokens.find_valid(hash_secret(secret))
    if token is None:
        raise UnauthenticatedError("the token is not valid; have one made with 'gis-service tokens create'")
    return Principal(name=f"token:{token.id}", role=token.role, scope=token.scope)
