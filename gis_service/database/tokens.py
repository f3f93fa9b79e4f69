"""API tokens by the hash of their secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import DateTime, Integer, bindparam, func, insert, or_, select, update
from sqlalchemy.orm import Session

from gis_service.database.tables import api_token
from gis_service.domain.tokens import ApiToken, Sealed

_NAMES = ("id", "label", "role", "scope", "created_at", "expires_at", "revoked_at", "last_used_at")
_COLUMNS = [api_token.c[name] for name in _NAMES]
_IS_VALID = api_token.c.revoked_at.is_(None) & (api_token.c.expires_at > func.now())


class TokenRepository:
    """Rows of ``api_token``; the secret itself never comes here."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, *, sealed: Sealed, label: str, role: str, scope: str | None, expires_at: datetime) -> ApiToken:
        """Store a new token."""
        values = {
            "hash": sealed.hash,
            "key_name": sealed.key_name,
            "label": label,
            "role": role,
            "scope": scope,
            "expires_at": expires_at,
        }
        row = self._session.execute(insert(api_token).values(**values).returning(*_COLUMNS)).mappings().one()
        return ApiToken(**row)

    def find_valid(self, hashes: Sequence[bytes]) -> tuple[ApiToken, bytes] | None:
        """Return the token with one of these hashes, and which it is, when it is neither expired nor revoked."""
        query = select(*_COLUMNS, api_token.c.hash).where(api_token.c.hash.in_(hashes), _IS_VALID)
        row = self._session.execute(query).mappings().one_or_none()
        return None if row is None else (ApiToken(**{name: row[name] for name in _NAMES}), bytes(row["hash"]))

    def list_bare(self) -> list[tuple[int, bytes]]:
        """Return ids and hashes of tokens that no key has sealed, locked until the end of the transaction."""
        query = select(api_token.c.id, api_token.c.hash).where(api_token.c.key_name.is_(None)).with_for_update()
        return [(token_id, bytes(hashed)) for token_id, hashed in self._session.execute(query)]

    def reseal(self, token_id: int, sealed: Sealed) -> None:
        """Put another hash of the same secret in the place of the one stored."""
        values = {"hash": sealed.hash, "key_name": sealed.key_name}
        self._session.execute(update(api_token).where(api_token.c.id == token_id).values(**values))

    def count_valid_of_other_keys(self, key_name: str | None) -> int:
        """Count the valid tokens that another key than this one has sealed, or none."""
        is_other = api_token.c.key_name.is_distinct_from(key_name)
        return self._session.execute(select(func.count()).where(is_other, _IS_VALID)).scalar_one()

    def note_uses(self, used_at: Mapping[int, datetime]) -> None:
        """Store when tokens, by their ids, were used; in the order of ids, lest two workers wait in a ring."""
        query = (
            update(api_token)
            .where(api_token.c.id == bindparam("token", type_=Integer))
            .where(or_(api_token.c.last_used_at.is_(None), api_token.c.last_used_at < bindparam("used_at")))
            .values(last_used_at=bindparam("used_at", type_=DateTime(timezone=True)))
        )
        rows = [{"token": token_id, "used_at": at} for token_id, at in sorted(used_at.items())]
        self._session.connection().execute(query, rows)

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
