"""So many requests and no more: by token and by address, in front of the quickest answers too."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from gis_service.api import rate_limits
from gis_service.api.rate_limits import Buckets, network_of
from gis_service.app import create_app
from gis_service.settings import Settings

LOCATE = "/v1/locate?lon=102.7099&lat=25.0101"
TILE = "/tiles/1/grids/14/12866/7014.mvt"


class Clock:
    """Seconds that pass when they are told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_holds_a_burst_and_fills_at_its_rate():
    """3 at once at 2 a second: the fourth waits half a second; a second later there are two, much later three."""
    clock = Clock()
    buckets = Buckets(2, 3, clock)

    assert [buckets.take("a") for _ in range(5)] == [0, 0, 0, 0.5, 0.5]
    assert buckets.take("b") == 0
    clock.now += 1
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 0.5]
    clock.now += 100
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_no_rate_is_no_limit():
    """0 lets everybody through."""
    assert not any(Buckets(0, 1).take("a") for _ in range(100))


def test_full_buckets_are_forgotten_before_others(monkeypatch):
    """Of ten addresses only those that have asked within the last second are held."""
    monkeypatch.setattr(rate_limits, "MOST_BUCKETS", 10)
    clock = Clock()
    buckets = Buckets(1, 1, clock)
    for number in range(9):
        buckets.take(f"old {number}")
    clock.now += 2
    assert [buckets.take(name) for name in ("a", "b", "a")] == [0, 0, 1]
    assert buckets._full_at.keys() == {"a", "b"}


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "20010db800010002::/64"),
        ("2001:db8:1:2::9%eth0", "20010db800010002::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "testclient"),
        ("no:address", "no:address"),
    ],
)
def test_a_network_of_ipv6_is_one_caller(host, network):
    """A customer has a /64 and may come from any address in it; IPv4 in IPv6 is IPv4."""
    assert network_of(host) == network


@pytest.fixture
def limited(planted_url, callers, tmp_path):
    """The planted ground, for three requests from an address and five of a token."""
    settings = Settings(
        database_url=planted_url,
        home=tmp_path,
        address_rate=0.01,
        address_burst=3,
        principal_rate=0.01,
        principal_burst=5,
        webhook_delivery=False,
        alarm_poll_s=0,
    )
    with TestClient(create_app(settings)) as client:
        yield client


def test_the_quickest_answers_obey_too(limited, callers):
    """Locate and tile, each from memory from the second on; then 429 with a problem that any page may read."""
    assert [limited.get(path).status_code for path in (LOCATE, TILE, TILE, LOCATE, TILE)] == [200] * 3 + [429] * 2
    refused = limited.get(LOCATE, headers={"Origin": "https://map.example"})
    assert refused.headers["retry-after"] == "100"
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["access-control-allow-origin"] == "*"
    assert refused.headers["x-request-id"]
    assert refused.json()["code"] == "too-many-requests"
    assert refused.json()["detail"] == "too many requests from this address; ask again in 100 s, and less often"

    # Who watches over the service is let through.
    assert {limited.get("/healthz").status_code for _ in range(5)} == {200}


def test_a_token_has_a_bucket_of_its_own(limited, callers):
    """The first request is the address's, since nobody knows the token yet; five more are its own."""
    worker, router = (callers[name] for name in ("worker of U1", "router of U1"))
    assert [limited.get(LOCATE, headers=worker).status_code for _ in range(2)] == [200, 200]
    assert limited.get("/v1/incidents", headers=worker).status_code == 200
    answers = [limited.get("/v1/incidents", headers=worker) for _ in range(6)]
    assert [one.status_code for one in answers] == [200] * 5 + [429]
    assert answers[-1].json()["detail"].startswith("too many requests from this token")
    # The address has none left for a token that is not known, good or bad.
    assert limited.get("/v1/incidents", headers=router).status_code == 429
