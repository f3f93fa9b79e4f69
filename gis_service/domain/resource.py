"""Stocks for emergencies, and places that help."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class ResourceKind:
    """A kind of resource, a row of a table."""

    code: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Resource:
    """So much of one kind at one place (degrees); ``expires_on`` is the last day of use, None when it keeps."""

    code: str
    name: str
    kind: str
    quantity: float
    unit: str
    lon: float
    lat: float
    data_class: str
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class ResourceFilter:
    """Which resources to list, by code: up to ``limit`` that come after ``after``; None leaves a question open."""

    kind: str | None = None
    grid: str | None = None
    bbox: tuple[float, float, float, float] | None = None
    expires_before: date | None = None
    after: str | None = None
    limit: int = 100


def expiry_of(expires_on: date | None, today: date, soon_days: int) -> str:
    """Return ``keeps``, ``good``, ``soon`` or ``expired``: soon is within ``soon_days`` days from today on."""
    if expires_on is None:
        return "keeps"
    if expires_on < today:
        return "expired"
    return "soon" if expires_on - today <= timedelta(days=soon_days) else "good"
