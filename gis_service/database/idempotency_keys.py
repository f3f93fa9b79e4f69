"""Keys of accepted requests: the same key finds the first answer again."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, cast, func, insert, select
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

    def try_lock(self, principal: str, keys: Collection[str]) -> set[str]:
        """Take keys for this transaction; return those that no other transaction holds.

        A lock is a 64-bit hash of both names: two keys that share one by chance only wait for each other.
        """
        numbers = {_number_of(principal, key): key for key in keys}
        wanted = func.unnest(cast(list(numbers), ARRAY(BigInteger))).column_valued("number")
        taken = self._session.execute(select(wanted, func.pg_try_advisory_xact_lock(wanted)))
        held = {number for number, is_taken in taken if is_taken}
        return {key for key in keys if _number_of(principal, key) in held}

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


def _number_of(principal: str, key: str) -> int:
    digest = hashlib.sha256(f"{len(principal)}:{principal}{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
