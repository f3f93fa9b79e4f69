from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis_service.domain.cql2_text import LONGEST, MOST_DEEP, parse_cql2
from gis_service.domain.feature import COLLECTIONS
from gis_service.domain.feature_crs import FEATURE_CRS, STORED
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
    Spatial,
    Temporal,
    Times,
    Value,
)
from gis_service.domain.queryables import resolve
from gis_service.errors import RuleBrokenError

GRIDS = COLLECTIONS["grids"].kinds
INCIDENTS = COLLECTIONS["incidents"].kinds
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
A = Named("a")


def places_left_out(read):
    """The same with every place in the text set to 1, so that trees compare by what they say."""
    if isinstance(read, tuple):
        return tuple(map(places_left_out, read))
    if not is_dataclass(read):
        return read
    told = {one.name: places_left_out(getattr(read, one.name)) for one in fields(read)}
    return replace(read, **told | {name: 1 for name in told if name in {"at", "depth"}})


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a = 1", Comparison("=", A, Value("number", 1.0))),
        ("a<>-1.5e2", Comparison("<>", A, Value("number", -150.0))),
        ("a = 'it''s'", Comparison("=", A, Value("text", "it's"))),
        ('"a" = 网格', Comparison("=", A, Named("网格"))),
        ("a like 'x%'", Likeness(A, "x%")),
        ("a NOT LIKE '_'", Negation(Likeness(A, "_"))),
        ("a BETWEEN 1 AND 2", Between(A, Value("number", 1.0), Value("number", 2.0))),
        ("a NOT IN ('x')", Negation(Membership(A, (Value("text", "x"),)))),
        ("a IS NOT NULL", Negation(Absence(A))),
        ("TRUE", Constant(value=True)),
    ],
)
def test_each_kind_of_predicate_is_read(text, read):
    """Comparison, LIKE, BETWEEN, IN, IS NULL, TRUE; words in either case, quotes doubled."""
    assert places_left_out(parse_cql2(text)) == read


def test_and_binds_closer_than_or_and_not_closest():
    """A OR b AND NOT c is a OR (b AND (NOT c)); a name may begin with a word of the language."""
    one, two, three = (Comparison("=", Named(name), Value("number", 1.0)) for name in ("android", "b", "c"))

    read = places_left_out(parse_cql2("android=1 OR b=1 AND NOT c=1"))

    assert read == Junction("or", (one, Junction("and", (two, Negation(three)))))


def test_geometries_are_read_with_all_their_kinds():
    """Well-known text with heights and in collections, and boxes of four and of six numbers."""
    for written, expected in (
        ("POINT Z (1 2 3)", shapely.Point(1, 2)),
        ("MULTIPOINT((1 2),(3 4))", shapely.MultiPoint([(1, 2), (3, 4)])),
        ("BBOX(1,2,3,4)", shapely.box(1, 2, 3, 4)),
        ("BBOX(1,2,0,3,4,9)", shapely.box(1, 2, 3, 4)),
        (
            "GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))",
            shapely.GeometryCollection([shapely.Point(1, 2), shapely.LineString([(0, 0), (1, 1)])]),
        ),
    ):
        read = parse_cql2(f"S_INTERSECTS(geometry,{written})")
        assert isinstance(read, Spatial)
        assert read.right.value.equals(expected)


def test_a_date_is_a_day_and_an_interval_may_be_open():
    """From the first microsecond of the 1st of January, without end; ends may be properties."""
    read = parse_cql2("T_DURING(a, INTERVAL('2026-01-01', '..'))")
    assert read == Temporal("during", Times(Named("a", 10), Named("a", 10)), Times(NEW_YEAR, None))

    read = parse_cql2("T_AFTER(INTERVAL(a, '..'), DATE('2026-01-01'))")
    assert read.left == Times(Named("a", 18), None)
    assert read.right == Times(NEW_YEAR, NEW_YEAR.replace(hour=23, minute=59, second=59, microsecond=999999))


@pytest.mark.parametrize(
    ("text", "at", "what"),
    [
        ("", 1, "is the end"),
        ("a = ", 5, "is the end"),
        ("a = 1 garbage", 7, "is 'garbage'"),
        ("name = ''; DROP TABLE grid", 10, "is '; DROP"),
        ("lower(name) = 'x'", 6, 'is "(name)'),
        ("a = 'x", 5, 'is "\'x"'),
        ("a = 'x\0'", 7, "U+0000"),
        ("a = 1e999", 5, "too large"),
        ("a LIKE 'x\\'", 8, "lone backslash"),
        ("S_WITHIN(a, POLYGON((0 0, 1 1)))", 13, "no well-known text: Points of LinearRing"),
        ("S_WITHIN(a, POLYGON((0 0, 1 1, 0 1, 1 0, 0 0)))", 13, "not valid"),
        ("S_WITHIN(a, BBOX(3,2,1,4))", 13, "the lower comes first"),
        ("S_WITHIN(a, BBOX(3,2,1))", 13, "neither four"),
        ("a > DATE('2026-02-30')", 10, "is no date"),
        ("T_AFTER(a, INTERVAL('2026-01-02','2026-01-01'))", 21, "ends before it starts"),
        ("x" * (LONGEST + 1), LONGEST + 1, "8000 are taken"),
        ("NOT " * (MOST_DEEP + 1) + "a=1", 1, "17 deep"),
        ("NOT (" * 1000 + "a=1" + ")" * 1000, 1, "17 deep"),
        ("(" * 4000 + "a=1", 4004, "is the end"),
    ],
)
def test_what_is_no_filter_is_refused_with_its_place(text, at, what):
    """The place counts characters from 1; nesting, length and numbers have bounds."""
    with pytest.raises(RuleBrokenError) as refused:
        parse_cql2(text)

    assert refused.value.code == "bad-filter"
    assert f"at character {at} " in refused.value.detail
    assert what in refused.value.detail


@pytest.mark.parametrize(
    ("text", "at", "what"),
    [
        ("nope = 1", 1, "can be filtered by code, name, level"),
        ("level = 5", 9, "compares number with text"),
        ("households LIKE '1%'", 1, "is no text"),
        ("geometry = 'x'", 1, "is a geometry"),
        ("S_WITHIN(name, POINT(1 2))", 10, "is no geometry; the property is called geometry"),
        ("S_WITHIN(geometry, POINT(100 200))", 20, "out of range"),
        ("S_TOUCHES(geometry, GEOMETRYCOLLECTION(POINT(1 2)))", 21, "S_INTERSECTS and S_DISJOINT"),
        ("T_AFTER(name, DATE('2026-01-01'))", 9, "is no time"),
    ],
)
def test_what_does_not_fit_the_collection_is_refused_with_its_place(text, at, what):
    """Names that are not there, and terms that do not go together."""
    with pytest.raises(RuleBrokenError) as refused:
        resolve(parse_cql2(text), GRIDS, STORED)

    assert f"at character {at} " in refused.value.detail
    assert what in refused.value.detail


def test_geometries_of_a_filter_are_converted_from_their_system():
    """EPSG:4490 writes latitude first."""
    read = parse_cql2("S_WITHIN(geometry, POINT(25 102.7))")

    resolved = resolve(read, GRIDS, FEATURE_CRS["http://www.opengis.net/def/crs/EPSG/0/4490"])

    assert resolved.right.value.equals(shapely.Point(102.7, 25))


MARKS = "AND OR NOT IN LIKE BETWEEN IS NULL TRUE ( ) , = <> 'x' ' \" 1 -1e5 1e999 \\ -- ; POINT DROP"
PIECES = (
    "POINT(1 2)",
    "BBOX(1,2,3,4)",
    "S_WITHIN(",
    "T_AFTER(",
    "DATE('2026-01-01')",
    "INTERVAL('..','..')",
    "TIMESTAMP('2026-01-01T00:00:00Z')",
)
WORDS = st.sampled_from([*INCIDENTS, *GRIDS, *MARKS.split(), *PIECES])


@given(st.one_of(st.text(max_size=40), st.lists(WORDS, max_size=12).map(" ".join)))
@settings(max_examples=300)
def test_any_text_is_read_or_refused(text):
    """Nothing else ever leaves: no text breaks the reader."""
    try:
        resolve(parse_cql2(text), INCIDENTS, STORED)
    except RuleBrokenError as refused:
        assert "at character" in refused.detail
