"""Two implementations of CQL2, one answer: our SQL against the evaluation of the library cql2 in Rust.

That library reads filters for this test alone: a filter of five thousand brackets ends its process, and one of thirty
that are not closed would take it hours.
"""

from __future__ import annotations

import cql2
import pytest

ITEMS = "/ogc/collections/grids/items"


@pytest.fixture(scope="module")
def grids(demo_client):
    """All 325 grids, each with its geometry where the library looks for properties."""
    return demo_client.get(f"{ITEMS}?limit=1000").json()["features"]


@pytest.mark.parametrize(
    "written",
    [
        "level = 'street'",
        "level <> 'street' AND households > 300",
        "level = 'street' OR level = 'community' AND households > 2000",
        "NOT (level = 'street' OR households < 300)",
        "households BETWEEN 300 AND 400",
        "households NOT BETWEEN 300 AND 400",
        "level IN ('street', 'district')",
        "level NOT IN ('street', 'district')",
        "name LIKE '%街道'",
        "code LIKE '530103__1%'",
        "area_m2 >= 1e6 AND area_m2 <= 2e6",
        "kind < level",
        "S_INTERSECTS(geometry, POLYGON((102.7 25,102.76 25,102.76 25.08,102.7 25.08,102.7 25)))",
        "S_WITHIN(geometry, POLYGON((102.7 25,102.76 25,102.76 25.08,102.7 25.08,102.7 25)))",
        "S_CONTAINS(geometry, POINT(102.73 25.05)) AND level <> 'district'",
        "S_DISJOINT(geometry, LINESTRING(102.7 25,102.8 25.2))",
    ],
)
def test_the_same_grids_match(demo_client, grids, written):
    """Every kind of predicate that both know, on every grid."""
    theirs = [grid["id"] for grid in grids if cql2.parse_text(written).matches(grid)]

    ours = [one["id"] for one in demo_client.get(ITEMS, params={"filter": written, "limit": 1000}).json()["features"]]

    assert ours == theirs
    assert 0 < len(ours) < 325
