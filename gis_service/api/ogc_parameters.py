"""What a request for features asks: its parameters, read by hand, since a collection's properties are among them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from uuid import UUID

from shapely.geometry.base import BaseGeometry
from starlette.datastructures import QueryParams

from gis_service.api.paging import bad_cursor, decode_cursor, encode_cursor
from gis_service.api.query import text_of, wrong_parameter
from gis_service.domain.cql2_text import parse_cql2
from gis_service.domain.feature import Collection, FeatureFilter, FeaturePage, Position, Property
from gis_service.domain.feature_crs import CRS84, FEATURE_CRS, FeatureCrs, OutOfCrsError
from gis_service.domain.predicate import Comparison, Junction, Named, Predicate, Value
from gis_service.domain.queryables import resolve
from gis_service.domain.time_span import TimeSpan, TimeSpanError, parse_instant, parse_interval

DEFAULT_LIMIT = 100
FILTER_LANGUAGE = "cql2-text"
FIXED_PARAMETERS = (
    "bbox",
    "bbox-crs",
    "datetime",
    "limit",
    "cursor",
    "crs",
    "filter",
    "filter-lang",
    "filter-crs",
)

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_WHOLE = re.compile(r"0*([1-9]\d*)", re.ASCII)
_SIDES = {4: (0, 1, 2, 3), 6: (0, 1, 3, 4)}
"""Where the two corners stand in a box without and with heights."""
_OF_THE_PAGE = ("limit", "cursor", "crs", "f")
"""Parameters that may change from page to page."""


@dataclass(frozen=True, slots=True)
class ItemsRequest:
    """A page of features that somebody asks for."""

    wanted: FeatureFilter
    limit: int
    crs: FeatureCrs
    position: Position | None
    digest: str
    """Of what chooses the features: a cursor serves the list that it was given with alone."""

    def cursor_behind(self, page: FeaturePage) -> str:
        """Return where the page after this one begins; it has at least one feature."""
        return encode_cursor(self.digest, *page.editions, page.matched, page.records[-1].id)


def parse_items(query: QueryParams, collection: Collection) -> ItemsRequest:
    """Return what the parameters ask for.

    A ``limit`` above what the collection gives at once is taken for that: OGC 17-069r4, 7.15.2.

    Raises:
        RuleBrokenError: a parameter is given twice or wrong; its name is told.
    """
    for name, value in query.multi_items():
        if "\0" in value:
            raise wrong_parameter(name[:64], "holds the character U+0000")
    limit = _parse_limit(query, collection)
    area = _parse_area(query)
    predicate = _parse_predicate(query, collection)
    digest = _digest(query, collection)
    return ItemsRequest(
        wanted=FeatureFilter(predicate=predicate, area=area, times=parse_times(query)),
        limit=limit,
        crs=parse_crs(query, "crs"),
        position=_parse_position(query, collection, digest),
        digest=digest,
    )


def parse_crs(query: QueryParams, name: str) -> FeatureCrs:
    """Return the system that a parameter names, CRS84 when it is not given."""
    uri = text_of(query, name)
    found = FEATURE_CRS.get(CRS84 if uri is None else uri)
    if found is None:
        raise wrong_parameter(
            name, "names no system of this collection, which lists them under crs; CRS84 is " + CRS84
        )
    return found


def parse_times(query: QueryParams) -> TimeSpan | None:
    """Return the stretch of time that ``datetime`` names."""
    written = text_of(query, "datetime")
    try:
        return None if written is None else parse_interval(written)
    except TimeSpanError as error:
        raise wrong_parameter("datetime", f": {error}; an interval is written first/last, .. for no end") from None


def convert_geometry(geometry: str, crs: FeatureCrs) -> str:
    """Return a GeoJSON geometry in the system asked for."""
    try:
        return crs.convert_geojson(geometry)
    except OutOfCrsError as error:
        raise wrong_parameter("crs", str(error)) from None


def _parse_limit(query: QueryParams, collection: Collection) -> int:
    written = text_of(query, "limit")
    if written is None:
        return DEFAULT_LIMIT
    whole = _WHOLE.fullmatch(written)
    if whole is None:
        raise wrong_parameter("limit", "must be a whole number, 1 or more")
    # Nine digits are more than any collection gives; thousands would be more than int takes.
    return min(int(whole[1][:9]), collection.most)


def _parse_area(query: QueryParams) -> BaseGeometry | None:
    crs = parse_crs(query, "bbox-crs")
    written = text_of(query, "bbox")
    if written is None:
        return None
    numbers = [part.strip() for part in written.split(",")]
    sides = _SIDES.get(len(numbers))
    if sides is None or not all(map(_NUMBER.fullmatch, numbers)):
        raise wrong_parameter("bbox", "must be four numbers, or six with heights: the lower corner, then the upper")
    try:
        return crs.box_to_degrees(*(float(numbers[side]) for side in sides))
    except OutOfCrsError as error:
        raise wrong_parameter("bbox", str(error)) from None


def _parse_predicate(query: QueryParams, collection: Collection) -> Predicate | None:
    language = text_of(query, "filter-lang")
    if language not in {None, FILTER_LANGUAGE}:
        raise wrong_parameter("filter-lang", f"must be {FILTER_LANGUAGE}")
    crs = parse_crs(query, "filter-crs")
    written = text_of(query, "filter")
    parts: list[Predicate] = []
    if written is not None:
        parts.append(resolve(parse_cql2(written), collection.kinds, crs))
    for one in collection.properties:
        value = text_of(query, one.name)
        if value is not None:
            parts.append(Comparison("=", Named(one.name), _parse_value(one, value)))
    return None if not parts else Junction("and", tuple(parts))


def _parse_value(one: Property, written: str) -> Value:
    if one.kind == "text":
        return Value("text", written)
    if one.kind == "instant":
        try:
            return Value("instant", parse_instant(written))
        except TimeSpanError as error:
            raise wrong_parameter(one.name, f": {error}") from None
    if not _NUMBER.fullmatch(written) or float(written) in {float("inf"), float("-inf")}:
        raise wrong_parameter(one.name, "must be a number")
    return Value("number", float(written))


def _digest(query: QueryParams, collection: Collection) -> str:
    choice = sorted(pair for pair in query.multi_items() if pair[0] not in _OF_THE_PAGE)
    written = repr((collection.name, choice)).encode()
    return hashlib.blake2b(written, digest_size=9).hexdigest()


def _parse_position(query: QueryParams, collection: Collection, digest: str) -> Position | None:
    cursor = text_of(query, "cursor")
    if cursor is None:
        return None
    bound_to, first, last, matched, after = decode_cursor(cursor, str, int, int, int, str)
    if bound_to != digest or not (0 <= first <= last and matched >= 0) or "\0" in after:
        raise bad_cursor()
    if collection.is_restricted:
        try:
            UUID(after)
        except ValueError:
            raise bad_cursor() from None
    return Position((first, last), matched, after)
