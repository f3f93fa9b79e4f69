"""API tokens: random, shown once, stored as a hash."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

PREFIX = "gis_"


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as stored; the secret itself is not."""

    id: int
    label: str
    role: str
    scope: str | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


def new_secret() -> str:
    """Return a fresh token of 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_secret(secret: str) -> bytes:
    """Return what is stored of a token.

    One round of SHA-256 is enough here: the secret has 256 random bits, so there is nothing to guess.
    """
    return hashlib.sha256(secret.encode()).digest()
