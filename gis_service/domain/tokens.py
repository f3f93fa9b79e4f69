"""API tokens: random, shown once, stored as a hash."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

PREFIX = "gis_"

LEAST_KEY_CHARACTERS = 32


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
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A hash as stored, and the name of the key that sealed it; None: it is a bare SHA-256."""

    hash: bytes
    key_name: str | None


@dataclass(frozen=True, slots=True)
class TokenKeys:
    """The key that seals the hashes of tokens, and the one before it, which is believed too while it is replaced.

    With a key the database alone neither lets anybody in nor tells who is let in: who can write a row cannot make a
    hash for it.  What is sealed is the SHA-256 of the secret, so that bare hashes are sealed without the secrets.
    """

    key: str | None = None
    key_before: str | None = None

    def seals_of(self, hashed: bytes) -> tuple[Sealed, ...]:
        """Return what may be stored of a token with this SHA-256, what a new one gets first."""
        keys = [key for key in (self.key, self.key_before) if key is not None]
        return tuple(_seal(hashed, key) for key in keys) or (Sealed(hashed, None),)


def _seal(hashed: bytes, key: str) -> Sealed:
    name = hmac.digest(key.encode(), b"name of this key", "sha256").hex()[:8]
    return Sealed(hmac.digest(key.encode(), hashed, "sha256"), name)


def new_secret() -> str:
    """Return a fresh token of 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_secret(secret: str) -> bytes:
    """Return the SHA-256 of a token.

    One round is enough here: the secret has 256 random bits, so there is nothing to guess.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
