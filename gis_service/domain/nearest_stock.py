"""Where the nearest stock is that is enough: of one place, or of several together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gis_service.domain.resource import Resource

_ROUNDING = 1e-12
"""Ten times 0.7 is a little less than 7, as doubles add up."""


@dataclass(frozen=True, slots=True)
class StockQuestion:
    """So much of a kind, near a place (degrees, WGS 84), still of use on a day; ``unit`` None: of its only unit."""

    kind: str
    quantity: float
    lon: float
    lat: float
    usable_on: date
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class StockNearby:
    """A stock and the geodesic distance to it."""

    resource: Resource
    distance_m: float


@dataclass(frozen=True, slots=True)
class Taken:
    """How much to take of a stock."""

    stock: StockNearby
    quantity: float


@dataclass(frozen=True, slots=True)
class NearestStock:
    """Where to fetch what is asked for.

    ``single`` are the nearest places that have enough alone.  Without one, ``together`` are the nearest that have
    enough between them, and without those, all that is ``available`` is too little.  ``available`` is None where it
    was not added up.  ``owners`` are grids by the code of the resource.
    """

    edition: int
    unit: str | None
    single: Sequence[StockNearby]
    together: Sequence[Taken]
    available: float | None
    owners: dict[str, str | None]


def take_in_turn(stocks: Sequence[StockNearby], quantity: float) -> list[Taken]:
    """Return how much to take of each stock, the first ones whole, until there is enough; empty when there never is.

    Of stocks in the order of their distance these are the nearest that have enough between them: no others reach
    less far.
    """
    taken: list[Taken] = []
    missing = quantity
    for stock in stocks:
        share = min(stock.resource.quantity, missing)
        taken.append(Taken(stock, share))
        missing -= share
        if missing <= _ROUNDING * quantity:
            return taken
    return []
