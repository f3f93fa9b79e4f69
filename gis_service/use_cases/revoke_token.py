"""Take an API token back."""

from __future__ import annotations

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.errors import NotFoundError


def revoke_token(token_id: int, work: UnitOfWork) -> None:
    """Take a token back; workers notice within their cache time.

    Raises:
        NotFoundError: there is no such token.
    """
    with work:
        if not work.tokens.revoke(token_id):
            raise NotFoundError(f"no token has the id {token_id}; 'gis-service tokens list' shows them")
        work.commit()
