"""Whose ground a point is, in words: the same answer from memory and from the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

import orjson

from grid_boundaries.locate.answers import Match


@dataclass(frozen=True, slots=True)
class NamedGrid:
    """A grid as an answer names it; ``json`` is code, name and level, rendered once for all answers of an edition."""

    code: str
    name: str
    level: str
    kind: str
    json: bytes

    @classmethod
    def make(cls, code: str, name: str, level: str, kind: str) -> Self:
        """Return a grid with its rendering."""
        return cls(code, name, level, kind, orjson.dumps({"code": code, "name": name, "level": level}))


@dataclass(frozen=True, slots=True)
class CoveringGrid:
    """A grid whose closed polygon covers an asked point; ``rank`` is that of its level."""

    code: str
    rank: int
    is_on_edge: bool
    has_children: bool


@dataclass(frozen=True, slots=True)
class NearestGrid:
    """The grid nearest to a point that lies in none."""

    code: str
    distance_m: float


@dataclass(frozen=True, slots=True)
class Question:
    """A point to look up: degrees in WGS 84; ``at`` None asks for now.

    ``known_at`` asks as one would have answered then: by the editions that were published by that instant.
    ``accuracy_m`` is the radius that holds the true place with the probability ``confidence``.
    """

    lon: float
    lat: float
    at: datetime | None = None
    known_at: datetime | None = None
    accuracy_m: float | None = None
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class PointAnswer:
    """Whose ground a point is in one edition.

    ``lon`` and ``lat`` are the point as it was tested, on the lattice.  ``chain`` has the root first and the owner
    last.  ``nearest`` is there when ``owner`` is not.  ``candidates`` are codes with probabilities, the likeliest
    first; the share outside all grids is what they lack to 1.
    """

    edition: int
    lon: float
    lat: float
    match: Match
    owner: NamedGrid | None
    chain: tuple[NamedGrid, ...] = ()
    tied_with: tuple[str, ...] = ()
    nearest: NearestGrid | None = None
    candidates: tuple[tuple[str, float], ...] = ()
