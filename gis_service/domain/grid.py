"""A grid as the service shows it."""

from __future__ import annotations

from dataclasses import dataclass

from gis_service.domain.edition import Bounds


@dataclass(frozen=True, slots=True)
class GridRecord:
    """One grid in one edition; ``geometry`` is its GeoJSON, ready to be sent."""

    code: str
    name: str
    level: str
    parent: str | None
    kind: str
    households: int | None
    area_m2: float
    label_lon: float
    label_lat: float
    geometry: str


@dataclass(frozen=True, slots=True)
class GridSpan:
    """One state of a grid and the editions in which it held: from ``since`` to before ``until``, None for now."""

    since: int
    until: int | None
    name: str
    level: str
    parent: str | None
    kind: str
    households: int | None
    area_m2: float


@dataclass(frozen=True, slots=True)
class GridFilter:
    """Which grids of an edition are asked for; None asks for all.  ``after`` is the last code of the page before."""

    level: str | None = None
    parent: str | None = None
    kind: str | None = None
    bbox: Bounds | None = None
    text: str | None = None
    after: str | None = None
    limit: int = 100
