"""Who asks: tokens remembered for a moment, and access tokens of an identity provider, through the whole service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from gis_service.api.access import LONGEST_SECRET, TokenCache
from gis_service.app import create_app
from gis_service.domain.access import Principal
from gis_service.settings import Settings
from gis_service.use_cases.authenticate import Checked
from tests.conftest import TEMPLATE, make_database
from tests.support.identity_provider import AUDIENCE, IdentityProvider, new_key

WORKER = Principal("token:7", "worker")


def test_a_token_is_believed_no_longer_than_it_lives():
    """One that has ended meanwhile is asked for again, whatever the cache's time; its use is told once."""
    cache = TokenCache(60)
    now = datetime.now(UTC)
    cache.keep(b"a", Checked(WORKER, now + timedelta(hours=1), 7))
    cache.keep(b"b", Checked(WORKER, now, None))

    assert (cache.get(b"a"), cache.get(b"b")) == (WORKER, None)
    assert cache.take_uses().keys() == {7}
    assert cache.take_uses() == {}
    forgetful = TokenCache(0)
    forgetful.put(b"a", WORKER)
    assert forgetful.get(b"a") is None


def test_access_tokens_open_what_their_role_may(server_url, template_url, tmp_path):
    """A worker of the issuer reads incidents and no plans; a token that is not for us is told why."""
    provider = IdentityProvider()
    provider.keys["first"] = new_key()
    settings = Settings(
        database_url=make_database(server_url, "gis_test_access", TEMPLATE),
        home=tmp_path,
        oidc_issuer=provider.url,
        oidc_audience=AUDIENCE,
        webhook_delivery=False,
        alarm_poll_s=0,
    )

    def ask(path: str, token: str):
        return client.get(path, headers={"Authorization": f"Bearer {token}"})

    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        token = provider.token("first")
        refused = ask("/v1/incidents", provider.token("first", aud="another"))
        assert [ask(path, token).status_code for path in ("/v1/incidents", "/v1/plans")] == [200, 403]
        assert (refused.status_code, refused.json()["code"]) == (401, "invalid-token")
        assert refused.json()["detail"] == "the access token is not valid: it is for another audience"
        provider.stop()
        assert ask("/v1/incidents", token).status_code == 200
        assert ask("/v1/incidents", "gis_" + "x" * LONGEST_SECRET).status_code == 401


def test_an_issuer_takes_an_audience():
    """Without it a token for any other service of the city would open this one."""
    with pytest.raises(ValueError, match="GIS_OIDC_AUDIENCE"):
        Settings(oidc_issuer="https://id.example")
