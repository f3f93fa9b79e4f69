"""Collections of features, as data, and how features of them are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from shapely.geometry.base import BaseGeometry

from gis_service.domain.predicate import Kind, Predicate
from gis_service.domain.time_span import TimeSpan

GEOMETRY = "geometry"
"""The name under which filters know the place of a feature."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property of the features of a collection."""

    name: str
    kind: Kind
    title: str


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection: ``geometry`` is what its features are, ``most`` how many come at once at most.

    ``is_restricted`` says that it is for tokens alone, each seeing what lies in its scope.
    """

    name: str
    title: str
    description: str
    geometry: str
    most: int
    properties: tuple[Property, ...]
    is_restricted: bool = False

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """Return the kind of all that features can be filtered by, the geometry included."""
        return {one.name: one.kind for one in self.properties} | {GEOMETRY: "geometry"}


_ALL = (
    Collection(
        name="grids",
        title="Grids 网格",
        description="Grids of all levels in the edition in force, or with datetime in the one in force then",
        geometry="multipolygon",
        most=1_000,
        properties=(
            Property("code", "text", "Code of the grid, never used again"),
            Property("name", "text", "Name"),
            Property("level", "text", "Level of the tree; see /v1/levels"),
            Property("parent", "text", "Code of the parent; null at the root"),
            Property("kind", "text", "standard or dedicated"),
            Property("households", "integer", "Households; null when not known"),
            Property("area_m2", "number", "Geodesic area in square metres"),
        ),
    ),
    Collection(
        name="buildings",
        title="Buildings 楼栋",
        description="Buildings, each with the grid that owns it in the edition in force, or in the one of datetime",
        geometry="point",
        most=10_000,
        properties=(
            Property("code", "text", "Code of the building"),
            Property("name", "text", "Name"),
            Property("use", "text", "What it is used for"),
            Property("storeys", "integer", "Storeys; null when not known"),
            Property("households", "integer", "Households"),
            Property("grid", "text", "Code of the owner; null when no grid covers it"),
        ),
    ),
    Collection(
        name="incidents",
        title="Incidents 事件",
        description="Incidents on the ground of the token, the newest reported first; datetime is when they happened",
        geometry="point",
        most=10_000,
        properties=(
            Property("category", "text", "Category, dotted"),
            Property("severity", "text", "general, larger or major"),
            Property("state", "text", "State"),
            Property("channel", "text", "How it was reported"),
            Property("owner", "text", "Code of the grid that owns it; null when unlocated"),
            Property("department", "text", "Code of the department that must act"),
            Property("response_class", "text", "immediate, same_day or within_3_days"),
            Property("occurred_at", "instant", "When it happened"),
            Property("reported_at", "instant", "When it was reported"),
            Property("due_at", "instant", "Deadline of its handling"),
        ),
        is_restricted=True,
    ),
)

COLLECTIONS: Mapping[str, Collection] = MappingProxyType({one.name: one for one in _ALL})


@dataclass(frozen=True, slots=True)
class FeatureFilter:
    """Which features are asked for; None asks for all.

    ``area`` is in degrees.  ``editions`` are the first and the last of those in force in the stretch of time, both 0
    when there were none; ``times`` is that stretch, where features have times of their own.
    """

    predicate: Predicate | None = None
    area: BaseGeometry | None = None
    times: TimeSpan | None = None
    editions: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class FeatureRecord:
    """One feature; ``geometry`` is its GeoJSON in degrees, None where it has no place."""

    id: str
    properties: Mapping[str, str | int | float | datetime | None]
    geometry: str | None


@dataclass(frozen=True, slots=True)
class FeaturePage:
    """Features in their order, how many match in all, and whether others follow.

    ``editions`` are those of ``FeatureFilter``.
    """

    records: tuple[FeatureRecord, ...]
    matched: int
    editions: tuple[int, int]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: behind the feature ``after``, in a list of ``matched`` features of these editions."""

    editions: tuple[int, int]
    matched: int
    after: str


class PositionError(ValueError):
    """A position in editions that were not in force in the stretch of time that is asked for."""
