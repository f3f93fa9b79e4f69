from __future__ import annotations

from datetime import timedelta

import pytest

from gis_service.errors import NotFoundError, RuleBrokenError, UnauthenticatedError
from gis_service.use_cases.authenticate import authenticate
from gis_service.use_cases.create_token import create_token
from gis_service.use_cases.revoke_token import revoke_token

DAY = timedelta(days=1)


def test_a_new_token_lets_its_holder_in(work):
    """The secret is enough; role and scope come from what was stored."""
    secret, token = create_token(role="router", scope=None, label="hotline", lifetime=DAY, work=work)

    principal = authenticate(secret, work).principal

    assert (principal.name, principal.role, principal.scope) == (f"token:{token.id}", "router", None)


def test_a_revoked_token_lets_nobody_in(work):
    """Revoked at once."""
    secret, token = create_token(role="router", scope=None, label="", lifetime=DAY, work=work)
    revoke_token(token.id, work)

    with pytest.raises(UnauthenticatedError, match="not valid"):
        authenticate(secret, work)


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"role": "king", "scope": None, "lifetime": DAY}, "unknown-role"),
        ({"role": "router", "scope": "999999", "lifetime": DAY}, "unknown-scope"),
        ({"role": "router", "scope": None, "lifetime": timedelta(0)}, "invalid-lifetime"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(work, wish, code):
    """An unknown role, a scope that no edition has known, no lifetime."""
    with pytest.raises(RuleBrokenError) as refused:
        create_token(**wish, label="", work=work)

    assert refused.value.code == code


def test_revoking_an_unknown_token_is_refused(work):
    """The sentence says where to look."""
    with pytest.raises(NotFoundError, match="tokens list"):
        revoke_token(0, work)
