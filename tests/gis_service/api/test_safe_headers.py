"""What every answer tells a browser not to do with it."""

from __future__ import annotations

import pytest

TILE = "/tiles/1/grids/14/12866/7014.mvt"


@pytest.mark.parametrize("path", ["/v1/locate?lon=102.7099&lat=25.0101", TILE, "/v1/levels", "/nothing", "/v1/plans"])
def test_no_answer_runs_scripts_or_stands_in_a_frame(planted, callers, path):
    """A lookup and a tile from memory, a list, a 404 and a 401; each asked twice."""
    for _ in range(2):
        headers = planted.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "script-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "strict-transport-security" not in headers


def test_a_page_keeps_its_own_policy(planted):
    """The console runs its own scripts, and once only says so."""
    policies = planted.get("/").headers.get_list("content-security-policy")

    assert len(policies) == 1
    assert "script-src 'self'" in policies[0]


def test_browsers_are_told_to_come_by_https_over_https_alone(planted, callers):
    """Who asks for the same tile over http later is not told, though it is the same answer from memory."""
    path = TILE.replace("/1/", "/current/")

    assert planted.get(f"https://test{path}").headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in planted.get(path).headers
