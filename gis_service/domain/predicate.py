"""What features are filtered by: a tree without text and without SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shapely.geometry.base import BaseGeometry

from gis_service.domain.time_span import TimeSpan

Kind = Literal["text", "integer", "number", "boolean", "instant", "geometry"]

COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")

SPATIAL_RELATIONS = (
    "intersects",
    "disjoint",
    "contains",
    "within",
    "equals",
    "touches",
    "crosses",
    "overlaps",
)

TEMPORAL_RELATIONS = (
    "after",
    "before",
    "contains",
    "disjoint",
    "during",
    "equals",
    "finishedby",
    "finishes",
    "intersects",
    "meets",
    "metby",
    "overlappedby",
    "overlaps",
    "startedby",
    "starts",
)


@dataclass(frozen=True, slots=True)
class Named:
    """A property by its name; ``at`` is its place in the filter's text, the first character being 1."""

    name: str
    at: int = 1


@dataclass(frozen=True, slots=True)
class Value:
    """A constant; an instant is kept as a stretch, since a date is a day.  Geometry is in degrees once resolved."""

    kind: Kind
    value: str | float | bool | TimeSpan | BaseGeometry
    at: int = 1


Term = Named | Value


@dataclass(frozen=True, slots=True)
class Times:
    """A stretch of time whose ends may be properties; None is without end."""

    start: Named | datetime | None
    end: Named | datetime | None


@dataclass(frozen=True, slots=True)
class Constant:
    """True or false for every feature."""

    value: bool


@dataclass(frozen=True, slots=True)
class Junction:
    """All of the parts, or any of them; ``depth`` counts the predicates within one another."""

    word: Literal["and", "or"]
    parts: tuple[Predicate, ...]
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Negation:
    """Not the part; unknown stays unknown."""

    part: Predicate
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two terms of one kind, compared by one of ``COMPARISONS``."""

    operator: str
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Between:
    """A term from low to high, both included."""

    term: Term
    low: Term
    high: Term


@dataclass(frozen=True, slots=True)
class Membership:
    """A term that equals one of several."""

    term: Term
    among: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Likeness:
    """A text that has a pattern: ``%`` stands for any characters, ``_`` for one, a backslash before takes it back."""

    term: Term
    pattern: str


@dataclass(frozen=True, slots=True)
class Absence:
    """A property that is not known."""

    term: Named


@dataclass(frozen=True, slots=True)
class Spatial:
    """Two geometries in one of ``SPATIAL_RELATIONS``."""

    relation: str
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Temporal:
    """Two stretches of time in one of ``TEMPORAL_RELATIONS``; an instant is a stretch that ends as it starts."""

    relation: str
    left: Times
    right: Times


Predicate = (
    Constant | Junction | Negation | Comparison | Between | Membership | Likeness | Absence | Spatial | Temporal
)
