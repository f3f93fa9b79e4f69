"""Show the API tokens."""

from __future__ import annotations

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.tokens import ApiToken


def list_tokens(work: UnitOfWork) -> list[ApiToken]:
    """Return every token, the oldest first; secrets are not stored and cannot be shown."""
    with work:
        return work.tokens.list_all()
