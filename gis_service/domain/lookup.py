"""Whose ground a point is, in words: the same answer from memory and from the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

import orjson

from grid_boundaries.locate.answers import Match
from grid_boundaries.locate.readings import Reading


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
class Given:
    """A point as the caller wrote it: in the system ``crs``, longitude or easting first."""

    x: float
    y: float
    crs: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """That a point makes sense only when it is read otherwise than declared; the codes are stable.

    ``looks-swapped``: with latitude first, in the system ``crs`` that was declared.  ``looks-like-other-crs``: in
    the system ``crs``.  ``owner`` is the code of the grid that it would lie in then.
    """

    code: str
    crs: str
    owner: str
    message: str
    message_zh: str

    @classmethod
    def of(cls, reading: Reading, owner: str, given: Given, distance_m: float) -> Self:
        """Return the doubt that a reading inside ``owner`` raises about a point so far outside."""
        away = f"the point lies {distance_m:.0f} m outside all grids"
        away_zh = f"该点在所有网格之外 {distance_m:.0f} 米"
        if reading.is_swapped:
            message = f"{away}, but with latitude first it lies in {owner}: are longitude and latitude swapped?"
            message_zh = f"{away_zh}，但若纬度在前则位于 {owner}：经纬度是否写反？"
            return cls("looks-swapped", reading.crs, owner, message, message_zh)
        message = f"{away}, but read as {reading.crs} it lies in {owner}: is it {reading.crs} and not {given.crs}?"
        message_zh = (
            f"{away_zh}，但按 {reading.crs} 解读则位于 {owner}：坐标系是否为 {reading.crs} 而非 {given.crs}？"
        )
        return cls("looks-like-other-crs", reading.crs, owner, message, message_zh)


@dataclass(frozen=True, slots=True)
class Question:
    """A point to look up: degrees in WGS 84; ``at`` None asks for now.

    ``known_at`` asks as one would have answered then: by the editions that were published by that instant.
    ``accuracy_m`` is the radius that holds the true place with the probability ``confidence``.
    ``given`` is the point as it was written: with it the answer may come with a doubt about the system.
    An edition older than ``min_edition``, which the caller has seen, does not answer.
    """

    lon: float
    lat: float
    at: datetime | None = None
    known_at: datetime | None = None
    accuracy_m: float | None = None
    confidence: float = 0.95
    given: Given | None = None
    min_edition: int = 0


@dataclass(frozen=True, slots=True)
class PointAnswer:
    """Whose ground a point is in one edition.

    ``lon`` and ``lat`` are the point as it was tested, on the lattice.  ``chain`` has the root first and the owner
    last.  ``nearest`` is there when ``owner`` is not.  ``candidates`` are codes with probabilities, the likeliest
    first; the share outside all grids is what they lack to 1.  ``warning`` may be there when ``owner`` is not.
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
    warning: Doubt | None = None
