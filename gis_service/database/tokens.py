"""API tokens by the hash of their secret."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from gis_service.database.tables import api_token
from gis_service.domain.tokens import ApiToken

_COLUMNS = [api_token.c[name] for name in ("id", "label", "role", "scope", "created_at", "expires_at", "revoked_at")]


class TokenRepository:
    """Rows of ``api_token``; the secret itself never comes here."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, *, hashed: bytes, label: str, role: str, scope: str | None, expires_at: datetime) -> ApiToken:
        """Store a new token."""
        values = {"hash": hashed, "label": label, "role": role, "scope": scope, "expires_at": expires_at}
        row = self._session.execute(insert(api_token).values(**values).returning(*_COLUMNS)).mappings().one()
        return ApiToken(**row)

    def find_valid(self, hashed: bytes) -> ApiToken | None:
        """Return the token with this hash when it is neither expired nor revoked."""
        query = select(*_COLUMNS).where(
            api_token.c.hash == hashed, api_token.c.revoked_at.is_(None), api_token.c.expires_at > func.now()
        )
        row = self._session.execute(query).mappings().one_or_none()
        return None if row is None else ApiToken(**row)

    def list_all(self) -> list[ApiToken]:
        """Return every token, the oldest first, revoked and expired ones too."""
        return [ApiToken(**row) for row in self._session.execute(select(*_COLUMNS).order_by("id")).mappings()]

    def revoke(self, token_id: int) -> bool:
        """Revoke a token; False when there is none with this id.  Revoking twice keeps the first instant."""
        query = (
            update(api_token)
            .where(api_token.c.id == token_id)
            .values(revoked_at=func.coalesce(api_token.c.revoked_at, func.now()))
            .returning(api_token.c.id)
        )
        return self._session.execute(query).one_or_none() is not None
