"""Keys of accepted requests: the same key finds the first answer again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from gis_service.database.tables import idempotency_key


@dataclass(frozen=True, slots=True)
class AcceptedKey:
    """What a key was first used for."""

    request_hash: bytes
    incident_id: UUID


class IdempotencyKeyRepository:
    """Rows of ``idempotency_key``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def try_lock(self, principal: str, key: str) -> bool:
        """Take the key for this transaction; False while another transaction holds it.

        The lock is a 64-bit hash of both names: two keys that share one by chance only wait for each other.
        """
        digest = hashlib.sha256(f"{len(principal)}:{principal}{key}".encode()).digest()
        number = int.from_bytes(digest[:8], "big", signed=True)
        return bool(self._session.scalar(select(func.pg_try_advisory_xact_lock(number))))

    def find(self, principal: str, key: str) -> AcceptedKey | None:
        """Return what the key was used for, or None when it is new."""
        query = select(idempotency_key.c.request_hash, idempotency_key.c.incident_id).where(
            idempotency_key.c.principal == principal, idempotency_key.c.key == key
        )
        row = self._session.execute(query).one_or_none()
        return None if row is None else AcceptedKey(bytes(row.request_hash), row.incident_id)

    def add(self, principal: str, key: str, accepted: AcceptedKey) -> None:
        """Store what a new key is used for."""
        self._session.execute(
            insert(idempotency_key).values(
                principal=principal, key=key, request_hash=accepted.request_hash, incident_id=accepted.incident_id
            )
        )
