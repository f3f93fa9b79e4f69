from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gis_service.domain.tokens import Sealed


def add(work, hashed, expires_in):
    expires_at = datetime.now(UTC) + expires_in
    return work.tokens.add(sealed=Sealed(hashed, None), label="x", role="router", scope=None, expires_at=expires_at)


def test_a_token_is_found_by_its_hash_until_it_is_revoked(work):
    """Found, revoked, gone; the list keeps it."""
    with work:
        token = add(work, b"one", timedelta(days=1))
        assert work.tokens.find_valid([b"none", b"one"]) == (token, b"one")

        assert work.tokens.revoke(token.id)

        assert work.tokens.find_valid([b"one"]) is None
        assert [entry.id for entry in work.tokens.list_all()] == [token.id]


def test_an_expired_token_is_not_found(work):
    """It expired a second ago."""
    with work:
        add(work, b"two", timedelta(seconds=-1))

        assert work.tokens.find_valid([b"two"]) is None


def test_revoking_what_is_not_there_says_so(work):
    """No token has the id 0."""
    with work:
        assert not work.tokens.revoke(0)
