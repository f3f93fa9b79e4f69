from __future__ import annotations

import pytest

from gis_service.domain.nearest_stock import StockNearby, take_in_turn
from gis_service.domain.resource import Resource


def stocks(*quantities: float) -> list[StockNearby]:
    return [
        StockNearby(Resource(f"R{n}", "r", "tent", one, "顶", 0.0, 0.0, "general"), float(n))
        for n, one in enumerate(quantities)
    ]


@pytest.mark.parametrize(
    ("quantities", "wanted", "taken"),
    [
        ((3, 4, 5), 8, [3, 4, 1]),
        ((3, 4, 5), 7, [3, 4]),
        ((3, 4, 5), 12, [3, 4, 5]),
        ((3, 4, 5), 12.5, []),
        ((), 1, []),
    ],
)
def test_the_first_are_taken_whole_until_there_is_enough(quantities, wanted, taken):
    assert [one.quantity for one in take_in_turn(stocks(*quantities), wanted)] == taken


def test_rounding_asks_for_no_further_place():
    """Ten times 0.7 litres are 7, though the sum of the doubles is not; the eleventh is not gone to."""
    assert len(take_in_turn(stocks(*[0.7] * 11), 7.0)) == 10
