"""Webhooks: addresses to which the events of the feed are sent, one by one and signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from gis_service.domain.access import Principal
from gis_service.domain.incident_feed import FeedFilter

MOST_WEBHOOKS = 200
"""Each has a thread while it is sent something."""

LONGEST_URL = 2000
FIRST_REST_S = 1.0
LONGEST_REST_S = 1800.0

_PREFIX = "whsec_"
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where events are sent, which, and how that goes.

    ``position``: up to here in the feed all is delivered, given up or not wanted.  ``tries`` of the next event have
    failed.  What may be seen is what ``made_by`` may see.  ``leased_by`` delivers at present.
    """

    id: UUID
    url: str
    secret: str = field(repr=False)
    wanted: FeedFilter
    made_by: Principal
    created_at: datetime
    paused_at: datetime | None
    position: int
    tries: int
    next_try_at: datetime | None
    delivered: int
    failures: int
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_error: str | None
    dead_letters: int = 0


@dataclass(frozen=True, slots=True)
class Lag:
    """How far behind the feed a webhook is: events that wait, and seconds since the first of them happened."""

    events: int
    seconds: float


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that a receiver did not take, however often it was sent; ``is_asked``: it is to be sent again."""

    event_id: int
    position: int
    incident_id: UUID
    tries: int
    failed_at: datetime
    error: str
    is_asked: bool


def new_webhook_secret() -> str:
    """Return a fresh secret of 256 random bits, as Standard Webhooks writes it."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a message.

    Args:
        secret: from ``new_webhook_secret``.
        message_id: of the header ``webhook-id``.
        timestamp: of the header ``webhook-timestamp``: seconds since 1970.
        body: the bytes that are sent.

    Source:
        Standard Webhooks 1.0.0, symmetric signatures: ``v1,`` and HMAC-SHA256 over id, time and body.
    """
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def rest_s(tries: int, chance: float) -> float:
    """Return how long to wait after so many failed tries: 1 s, doubled each time, at most half an hour.

    Args:
        tries: 1 or more.
        chance: from 0 to 1; moves the rest by up to a quarter to either side, so that receivers are not met by all
            at once.
    """
    doubled = FIRST_REST_S * 2.0 ** min(tries - 1, 20)
    return min(doubled, LONGEST_REST_S) * (0.75 + chance / 2)


def fault_of_url(url: str) -> str | None:
    """Say what is wrong with an address to send to; None when it is good as far as it can be seen."""
    if not _VISIBLE_ASCII.fullmatch(url) or len(url) > LONGEST_URL:
        return f"must be at most {LONGEST_URL} visible ASCII characters"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "is no URL"
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        return "must begin with https:// or http:// and a host"
    if "@" in parts.netloc or parts.fragment:
        return "must not hold a user name, a password or a fragment"
    return None


def is_public(address: str) -> bool:
    """Say whether an IP address is one of the open internet: not of this machine, this network or a special use.

    What an IPv6 address holds of an IPv4 address counts too.

    Raises:
        ValueError: it is no address.
    """
    one = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(one, ipaddress.IPv6Address):
        inner = one.ipv4_mapped or one.sixtofour
        if one in _NAT64:
            inner = ipaddress.IPv4Address(int(one) & 0xFFFFFFFF)
        if inner is not None and not inner.is_global:
            return False
    return one.is_global and not one.is_multicast
