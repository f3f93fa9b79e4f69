"""Stocks as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from starlette.requests import Request

from gis_service.domain.nearest_stock import NearestStock, StockNearby
from gis_service.domain.resource import Resource, expiry_of


@dataclass(frozen=True, slots=True)
class Shelf:
    """By which expiry is told: the day today, where the service is, and how many days ahead is soon."""

    today: date
    soon_days: int


async def shelf_of(request: Request) -> Shelf:
    """Return by what expiry is told; async, so that it takes no worker thread."""
    return Shelf(datetime.now(UTC).astimezone(request.state.timezone).date(), request.state.expiring_soon_days)


def resource_json(one: Resource, owner: str | None, shelf: Shelf) -> dict[str, Any]:
    """Return a stock, whose ground it lies on, and how it keeps."""
    return {
        "code": one.code,
        "name": one.name,
        "kind": one.kind,
        "quantity": one.quantity,
        "unit": one.unit,
        "expires_on": one.expires_on,
        "expiry": expiry_of(one.expires_on, shelf.today, shelf.soon_days),
        "grid": owner,
        "point": {"lon": one.lon, "lat": one.lat},
    }


def nearest_json(answer: NearestStock, lon: float, lat: float, shelf: Shelf) -> dict[str, Any]:
    """Return where to fetch what was asked for, from a place in degrees."""

    def nearby(stock: StockNearby) -> dict[str, Any]:
        one = stock.resource
        return {
            **resource_json(one, answer.owners.get(one.code), shelf),
            "distance_m": round(stock.distance_m, 1),
        }

    return {
        "edition": answer.edition,
        "point": {"lon": lon, "lat": lat},
        "unit": answer.unit,
        "enough": bool(answer.single or answer.together),
        "single": [nearby(stock) for stock in answer.single],
        "together": [{**nearby(taken.stock), "take": taken.quantity} for taken in answer.together],
        "available": answer.available,
    }
