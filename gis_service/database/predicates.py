"""Predicates as SQL expressions: every name is a column of a fixed list, every constant a bind value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from geoalchemy2 import WKBElement
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Boolean, ColumnElement, DateTime, Double, Text, and_, func, literal, literal_column, not_, or_
from sqlalchemy import cast as as_type
from sqlalchemy.types import TypeEngine

from gis_service.database.geometry import to_column
from gis_service.domain.predicate import (
    Absence,
    Between,
    Comparison,
    Constant,
    Junction,
    Likeness,
    Membership,
    Named,
    Negation,
    Predicate,
    Spatial,
    Temporal,
    Term,
    Times,
    Value,
)
from gis_service.domain.time_span import TimeSpan

Columns = Mapping[str, ColumnElement[Any]]
_Sql = ColumnElement[Any]
_Condition = ColumnElement[bool]

_TYPES: Mapping[str, TypeEngine[Any]] = {
    "text": Text(),
    "integer": Double(),
    "number": Double(),
    "boolean": Boolean(),
}

_BEGINNING: _Sql = literal_column("CAST('-infinity' AS timestamptz)")
_END: _Sql = literal_column("CAST('infinity' AS timestamptz)")

_SCALAR: Mapping[str, Callable[[_Sql, _Sql], _Condition]] = {
    "=": lambda left, right: left == right,
    "<>": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}

_SPATIAL: Mapping[str, Callable[..., _Condition]] = {
    "intersects": func.ST_Intersects,
    "disjoint": lambda left, right: not_(func.ST_Intersects(left, right)),
    "contains": func.ST_Contains,
    "within": func.ST_Within,
    "equals": func.ST_Equals,
    "touches": func.ST_Touches,
    "crosses": func.ST_Crosses,
    "overlaps": func.ST_Overlaps,
}

_Span = tuple[_Sql, _Sql]

# Both ends belong to a stretch.  OGC 21-065r2 (CQL2), 7.9, after Allen's interval algebra.
_TEMPORAL: Mapping[str, Callable[[_Span, _Span], _Condition]] = {
    "after": lambda a, b: a[0] > b[1],
    "before": lambda a, b: a[1] < b[0],
    "contains": lambda a, b: and_(a[0] < b[0], a[1] > b[1]),
    "disjoint": lambda a, b: or_(a[1] < b[0], a[0] > b[1]),
    "during": lambda a, b: and_(a[0] > b[0], a[1] < b[1]),
    "equals": lambda a, b: and_(a[0] == b[0], a[1] == b[1]),
    "finishedby": lambda a, b: and_(a[0] < b[0], a[1] == b[1]),
    "finishes": lambda a, b: and_(a[0] > b[0], a[1] == b[1]),
    "intersects": lambda a, b: and_(a[0] <= b[1], a[1] >= b[0]),
    "meets": lambda a, b: a[1] == b[0],
    "metby": lambda a, b: a[0] == b[1],
    "overlappedby": lambda a, b: and_(a[0] > b[0], a[0] < b[1], a[1] > b[1]),
    "overlaps": lambda a, b: and_(a[0] < b[0], a[1] > b[0], a[1] < b[1]),
    "startedby": lambda a, b: and_(a[0] == b[0], a[1] > b[1]),
    "starts": lambda a, b: and_(a[0] == b[0], a[1] < b[1]),
}

# A date is a day: an instant within it equals it.
_INSTANT: Mapping[str, Callable[[_Span, _Span], _Condition]] = {
    "=": _TEMPORAL["intersects"],
    "<>": _TEMPORAL["disjoint"],
    "<": _TEMPORAL["before"],
    "<=": lambda a, b: a[0] <= b[1],
    ">": _TEMPORAL["after"],
    ">=": lambda a, b: a[1] >= b[0],
}


def condition(predicate: Predicate, columns: Columns) -> _Condition:  # noqa: C901, PLR0911 - one case for each kind
    """Return a resolved predicate as a condition; its names are keys of ``columns``."""
    match predicate:
        case Constant():
            return literal(predicate.value, Boolean())
        case Junction():
            parts = [condition(part, columns) for part in predicate.parts]
            return and_(*parts) if predicate.word == "and" else or_(*parts)
        case Negation():
            return not_(condition(predicate.part, columns))
        case Comparison():
            return _compare(predicate.operator, predicate.left, predicate.right, columns)
        case Between():
            low = _compare(">=", predicate.term, predicate.low, columns)
            return and_(low, _compare("<=", predicate.term, predicate.high, columns))
        case Membership():
            return or_(*(_compare("=", predicate.term, one, columns) for one in predicate.among))
        case Likeness():
            return _scalar(predicate.term, columns).like(predicate.pattern, escape="\\")
        case Absence():
            return columns[predicate.term.name].is_(None)
        case Spatial():
            left, right = _place(predicate.left, columns), _place(predicate.right, columns)
            return _SPATIAL[predicate.relation](left, right)
        case Temporal():
            return _TEMPORAL[predicate.relation](_times(predicate.left, columns), _times(predicate.right, columns))


def _compare(operator: str, left: Term, right: Term, columns: Columns) -> _Condition:
    if _is_instant(left, columns):
        return _INSTANT[operator](_span(left, columns), _span(right, columns))
    return _SCALAR[operator](_scalar(left, columns), _scalar(right, columns))


def _is_instant(term: Term, columns: Columns) -> bool:
    if isinstance(term, Value):
        return term.kind == "instant"
    return isinstance(columns[term.name].type, DateTime)


def _scalar(term: Term, columns: Columns) -> _Sql:
    if isinstance(term, Named):
        return columns[term.name]
    # The cast tells PostgreSQL the type also where nothing else does, as in 'a' = 'a'.
    return as_type(literal(term.value, _TYPES[term.kind]), _TYPES[term.kind])


def _place(term: Term, columns: Columns) -> _Sql | WKBElement:
    if isinstance(term, Named):
        return columns[term.name]
    assert isinstance(term.value, BaseGeometry)  # noqa: S101 - a resolved predicate has nothing else here
    return to_column(term.value)


def _span(term: Term, columns: Columns) -> _Span:
    if isinstance(term, Named):
        return columns[term.name], columns[term.name]
    assert isinstance(term.value, TimeSpan)  # noqa: S101 - a resolved predicate has nothing else here
    return _end(term.value.start, _BEGINNING, columns), _end(term.value.end, _END, columns)


def _times(times: Times, columns: Columns) -> _Span:
    return _end(times.start, _BEGINNING, columns), _end(times.end, _END, columns)


def _end(end: Named | datetime | None, otherwise: _Sql, columns: Columns) -> _Sql:
    if isinstance(end, Named):
        return columns[end.name]
    return otherwise if end is None else literal(end, DateTime(timezone=True))
