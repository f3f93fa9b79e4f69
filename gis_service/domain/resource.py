"""Stocks for emergencies, and places that help."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


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
