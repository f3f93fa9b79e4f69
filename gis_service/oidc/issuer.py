"""The public keys of an identity provider: fetched when needed, kept for a while, fetched again when they change."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from email.message import Message
from http.client import HTTPException
from typing import IO, Any
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import structlog

from gis_service.errors import UnavailableError

TIMEOUT_S = 5.0
MOST_BYTES = 1024 * 1024
MOST_KEYS = 100
LONGEST_USE_S = 24 * 3600.0
"""Keys are used for so long while the issuer is away; then nobody is let in by them."""

_log = structlog.get_logger(__name__)


class _StayHere(HTTPRedirectHandler):
    """Follows no redirect: the keys come from where the settings say."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """Return no further request."""


_opener = build_opener(_StayHere)


class Issuer:
    """The signing keys that an issuer publishes, by their id (``kid``).

    A key that the issuer no longer lists is forgotten at the next fetch.  Safe for many threads: one fetches, the
    others go on with what is known.

    Args:
        url: the issuer, exactly as its tokens name it.
        keys_s: keys are fetched anew after so many seconds.
        refetch_s: at most one fetch in so many seconds, however many unknown ids are shown.
        clock: seconds that only grow.

    Source:
        OpenID Connect Discovery 1.0, 4; RFC 7517, 5; RFC 8414, 3.3 (the issuer must be the one asked for).
    """

    def __init__(
        self, url: str, *, keys_s: float, refetch_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.url = url
        self._keys_s, self._refetch_s, self._clock = keys_s, refetch_s, clock
        self._keys: Mapping[str, dict[str, Any]] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._is_away = False
        self._fetching = threading.Lock()

    def key(self, kid: str) -> dict[str, Any] | None:
        """Return the key with this id as a JWK; None when the issuer has none.

        Raises:
            UnavailableError: it is not known, and the issuer cannot be asked.
        """
        now = self._clock()
        if now - self._fetched_at > LONGEST_USE_S:
            self._keys = {}
        found = self._keys.get(kid)
        if found is not None and now - self._fetched_at <= self._keys_s:
            return found
        # Who has a key does not wait for another thread's fetch; who has none does.
        if self._fetching.acquire(blocking=found is None):
            try:
                self._fetch_again()
            finally:
                self._fetching.release()
        found = self._keys.get(kid)
        if found is None and self._is_away:
            raise UnavailableError(
                "access tokens cannot be checked now: the identity provider does not answer; try again later",
                code="issuer-away",
            )
        return found

    def _fetch_again(self) -> None:
        now = self._clock()
        if now - self._tried_at < self._refetch_s:
            return
        self._tried_at = now
        try:
            self._keys = _signing_keys(_get_json(self._jwks_url()))
        except (OSError, HTTPException, ValueError) as error:
            self._is_away = True
            _log.warning("keys of the identity provider not fetched", issuer=self.url, error=repr(error))
            return
        self._is_away = False
        self._fetched_at = now

    def _jwks_url(self) -> str:
        described = _get_json(f"{self.url.rstrip('/')}/.well-known/openid-configuration")
        if described.get("issuer") != self.url:
            msg = f"it calls itself {described.get('issuer')!r:.200}"
            raise ValueError(msg)
        return str(described.get("jwks_uri"))


def _get_json(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
        msg = f"{url[:200]!r} is not https"
        raise ValueError(msg)
    request = Request(url, headers={"Accept": "application/json"})  # noqa: S310 - the scheme was looked at
    with _opener.open(request, timeout=TIMEOUT_S) as answer:
        body = answer.read(MOST_BYTES + 1)
    found = json.loads(body) if len(body) <= MOST_BYTES else None
    if not isinstance(found, dict):
        msg = f"{url[:200]!r} gives no JSON object of at most {MOST_BYTES} bytes"
        raise ValueError(msg)  # noqa: TRY004 - what the issuer says, not what we pass
    return found


def _signing_keys(jwks: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    keys = jwks.get("keys")
    if not isinstance(keys, list):
        msg = "the key set has no list of keys"
        raise ValueError(msg)  # noqa: TRY004 - what the issuer says, not what we pass
    usable = [key for key in keys[:MOST_KEYS] if isinstance(key, dict) and key.get("use", "sig") == "sig"]
    return {key["kid"]: key for key in usable if isinstance(key.get("kid"), str)}
