"""Proof that a form was loaded from here a while ago: signed, for one building, valid for hours."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import datetime, timedelta

LIFETIME = timedelta(hours=2)
_MAC_BYTES = 16
_TIME_BYTES = 8


def sign_form(secret: bytes, code: str, now: datetime) -> str:
    """Return the token of a form about a building, made now."""
    until = int((now + LIFETIME).timestamp()).to_bytes(_TIME_BYTES, "big")
    return base64.urlsafe_b64encode(until + _mac(secret, code, until)).rstrip(b"=").decode()


def is_form_signed(token: str, secret: bytes, code: str, now: datetime) -> bool:
    """Say whether a token is ours, for this building, and not yet expired."""
    try:
        told = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return False
    until, mac = told[:_TIME_BYTES], told[_TIME_BYTES:]
    if not hmac.compare_digest(mac, _mac(secret, code, until)):
        return False
    return now.timestamp() <= int.from_bytes(until, "big")


def _mac(secret: bytes, code: str, until: bytes) -> bytes:
    """Source: RFC 2104, HMAC; cut to 128 bits, section 5."""
    return hmac.new(secret, b"door form\0" + code.encode() + b"\0" + until, hashlib.sha256).digest()[:_MAC_BYTES]
