from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gis_service.domain.tokens import TokenKeys
from gis_service.errors import RuleBrokenError, UnauthenticatedError
from gis_service.use_cases.authenticate import UNSEALED, authenticate
from gis_service.use_cases.create_token import create_token
from gis_service.use_cases.keep_last_used import keep_last_used
from gis_service.use_cases.list_tokens import list_tokens
from gis_service.use_cases.seal_tokens import seal_tokens

KEY, NEXT = TokenKeys("k" * 32), TokenKeys("n" * 32, "k" * 32)


@pytest.fixture
def make(work):
    """Make a token and return its secret."""
    return lambda keys=UNSEALED: create_token(
        role="router", scope=None, label="", lifetime=timedelta(days=1), work=work, keys=keys
    )[0]


def is_let_in(secret, work, keys) -> bool:
    try:
        return authenticate(secret, work, keys).principal.role == "router"
    except UnauthenticatedError:
        return False


def test_with_a_key_a_row_without_its_seal_lets_nobody_in(make, work):
    """A bare hash that somebody wrote into the table is none; after ``tokens seal`` the old tokens are good."""
    before, after = make(), make(KEY)

    assert [is_let_in(before, work, KEY), is_let_in(after, work, KEY)] == [False, True]
    assert not is_let_in(after, work, TokenKeys())

    assert seal_tokens(KEY, work) == (1, 0)
    assert [is_let_in(before, work, KEY), is_let_in(after, work, KEY)] == [True, True]
    assert not is_let_in(before, work, TokenKeys())
    assert seal_tokens(KEY, work) == (0, 0)


def test_a_key_is_replaced_as_tokens_are_used(make, work):
    """The one before is believed until then; the token used in time is good without it, the other is not."""
    used, unused = make(KEY), make(KEY)

    assert is_let_in(used, work, NEXT)
    assert seal_tokens(NEXT, work) == (0, 1)
    assert [is_let_in(secret, work, TokenKeys("n" * 32)) for secret in (used, unused)] == [True, False]


def test_sealing_takes_a_key(work):
    """The sentence names the setting."""
    with pytest.raises(RuleBrokenError, match="GIS_TOKEN_KEY"):
        seal_tokens(TokenKeys(), work)


def test_the_last_use_of_a_token_is_kept(make, work):
    """A later instant stays, whichever worker tells of an earlier one."""
    first, second = (authenticate(make(), work).token_id for _ in range(2))
    noon = datetime(2026, 3, 4, 12, tzinfo=UTC)
    keep_last_used({second: noon, first: noon}, work)
    keep_last_used({first: noon - timedelta(hours=1), second: noon + timedelta(hours=1)}, work)
    keep_last_used({}, work)

    assert [token.last_used_at for token in list_tokens(work)] == [noon, noon + timedelta(hours=1)]
