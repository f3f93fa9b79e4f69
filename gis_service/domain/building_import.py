"""An import of buildings that goes on where it was broken off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from shapely.geometry import MultiPolygon


@dataclass(frozen=True, slots=True)
class UnfinishedImport:
    """What is known of an import that has begun: rows up to ``last_row`` are done, ``rejected`` ones are left out."""

    id: int
    last_row: int
    stored: int
    rejected: frozenset[int]
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NewBuilding:
    """A building to be stored, in degrees, EPSG:4326; ``owner`` is None where no grid has its point."""

    code: str
    name: str
    address: str
    use: str
    storeys: int | None
    households: int
    built_on: date | None
    verified_on: date | None
    lon: float
    lat: float
    footprint: MultiPolygon | None
    owner: str | None


@dataclass(frozen=True, slots=True)
class ExportedBuilding:
    """A building as an export tells it; ``grid`` is its owner in the edition that was asked for."""

    code: str
    name: str
    address: str
    use: str
    storeys: int | None
    households: int
    lon: float
    lat: float
    built_on: date | None
    verified_on: date | None
    grid: str | None
    footprint: MultiPolygon | None
