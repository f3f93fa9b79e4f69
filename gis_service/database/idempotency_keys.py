"""Keys of accepted requests: the same key finds the first answer again."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from gis_service.database.tables import idempotency_key
from gis_service.domain.intake_basis import AcceptedKey

_TRY_LOCK = text(
    "SELECT number FROM unnest(CAST(:numbers AS bigint[])) AS number WHERE pg_try_advisory_xact_lock(number)"
)


class IdempotencyKeyRepository:
    """Rows of ``idempotency_key``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def try_lock(self, principal: str, keys: Collection[str]) -> set[str]:
        """Take keys for this transaction; return those that no other transaction holds.

        A lock is a 64-bit hash of both names: two keys that share one by chance only wait for each other.
        """
        numbers = {key: lock_number(principal, key) for key in keys}
        held = set(self._session.scalars(_TRY_LOCK, {"numbers": list(set(numbers.values()))}))
        return {key for key, number in numbers.items() if number in held}

    def find(self, principal: str, keys: Collection[str]) -> dict[str, AcceptedKey]:
        """Return what keys were used for, by key; new ones are left out."""
        query = select(idempotency_key.c.key, idempotency_key.c.request_hash, idempotency_key.c.incident_id).where(
            idempotency_key.c.principal == principal, idempotency_key.c.key.in_(keys)
        )
        return {
            row.key: AcceptedKey(bytes(row.request_hash), row.incident_id) for row in self._session.execute(query)
        }

    def add(self, principal: str, accepted: Mapping[str, AcceptedKey]) -> None:
        """Store what new keys are used for."""
        rows = [
            {"principal": principal, "key": key, "request_hash": one.request_hash, "incident_id": one.incident_id}
            for key, one in accepted.items()
        ]
        if rows:
            self._session.execute(insert(idempotency_key), rows)


def lock_number(principal: str, key: str) -> int:
    """Return the number of the lock of a key."""
    digest = hashlib.sha256(f"{len(principal)}:{principal}{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
