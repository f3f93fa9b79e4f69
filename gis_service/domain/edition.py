"""A published state of all boundaries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees, EPSG:4326."""


@dataclass(frozen=True, slots=True)
class Edition:
    """A number, the instant from which it is in force, and the proof that it tiles its area."""

    number: int
    effective_from: datetime
    published_at: datetime
    published_by: str
    note: str
    grid_count: int
    checksum: str
    certificate: Mapping[str, Any]
    bounds: Bounds
