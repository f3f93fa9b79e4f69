"""Holds a predicate against what the features of a collection can be filtered by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shapely.geometry.base import BaseGeometry

from gis_service.domain.cql2_text import bad_filter
from gis_service.domain.feature_crs import FeatureCrs, OutOfCrsError
from gis_service.domain.predicate import (
    Absence,
    Between,
    Comparison,
    Junction,
    Kind,
    Likeness,
    Membership,
    Named,
    Negation,
    Predicate,
    Spatial,
    Temporal,
    Term,
    Value,
)

_ONE_SORT: Mapping[Kind, str] = {
    "text": "text",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "instant": "instant",
    "geometry": "geometry",
}
_OF_COLLECTIONS = ("intersects", "disjoint")
"""What can be told of a GEOMETRYCOLLECTION; PostGIS takes it for nothing else."""


def resolve(predicate: Predicate, kinds: Mapping[str, Kind], crs: FeatureCrs) -> Predicate:
    """Return the predicate with its geometries in degrees; all its names are known and its terms fit each other.

    Args:
        predicate: as it was read.
        kinds: what features can be filtered by, by name.
        crs: the system of the predicate's geometries.

    Raises:
        RuleBrokenError: ``bad-filter``, with the place.
    """
    return _Resolution(kinds, crs).of(predicate)


class _Resolution:
    def __init__(self, kinds: Mapping[str, Kind], crs: FeatureCrs) -> None:
        self._kinds = kinds
        self._crs = crs

    def of(self, predicate: Predicate) -> Predicate:  # noqa: C901 - one case for each kind of predicate
        match predicate:
            case Junction():
                return replace(predicate, parts=tuple(map(self.of, predicate.parts)))
            case Negation():
                return replace(predicate, part=self.of(predicate.part))
            case Comparison():
                self._refuse_different(predicate.left, predicate.right)
            case Between():
                self._refuse_different(predicate.term, predicate.low, predicate.high)
            case Membership():
                self._refuse_different(predicate.term, *predicate.among)
            case Likeness():
                if self._sort(predicate.term) != "text":
                    raise bad_filter("is no text; LIKE is for texts", predicate.term.at)
            case Absence():
                self._sort(predicate.term)
            case Spatial():
                left, right = self._place(predicate.left, predicate), self._place(predicate.right, predicate)
                return replace(predicate, left=left, right=right)
            case Temporal():
                for end in (predicate.left.start, predicate.left.end, predicate.right.start, predicate.right.end):
                    if isinstance(end, Named) and self._sort(end) != "instant":
                        raise bad_filter(f"names {end.name}, which is no time", end.at)
        return predicate

    def _sort(self, term: Term) -> str:
        if isinstance(term, Value):
            return _ONE_SORT[term.kind]
        kind = self._kinds.get(term.name)
        if kind is None:
            known = ", ".join(self._kinds)
            raise bad_filter(f"names {term.name[:64]!r}; features can be filtered by {known}", term.at)
        return _ONE_SORT[kind]

    def _refuse_different(self, first: Term, *others: Term) -> None:
        sort = self._sort(first)
        if sort == "geometry":
            raise bad_filter("is a geometry; it is asked for by S_INTERSECTS and its like", first.at)
        for other in others:
            found = self._sort(other)
            if found != sort:
                hint = (
                    "; an instant is written TIMESTAMP('2026-07-01T00:00:00Z')" if "instant" in {sort, found} else ""
                )
                raise bad_filter(f"compares {found} with {sort}{hint}", other.at)

    def _place(self, term: Term, spatial: Spatial) -> Term:
        if self._sort(term) != "geometry":
            raise bad_filter(f"is no geometry; the property is called {self._geometries()}", term.at)
        if isinstance(term, Named):
            return term
        assert isinstance(term.value, BaseGeometry)  # noqa: S101 - its kind says so
        if term.value.geom_type == "GeometryCollection" and spatial.relation not in _OF_COLLECTIONS:
            told = " and ".join(f"S_{relation.upper()}" for relation in _OF_COLLECTIONS)
            raise bad_filter(f"begins a GEOMETRYCOLLECTION, which only {told} take", term.at)
        try:
            return replace(term, value=self._crs.to_degrees(term.value))
        except OutOfCrsError as error:
            raise bad_filter(f"begins a geometry that {error}", term.at) from None

    def _geometries(self) -> str:
        return ", ".join(name for name, kind in self._kinds.items() if kind == "geometry")
