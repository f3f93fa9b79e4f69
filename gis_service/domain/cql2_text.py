"""Reads filters written in CQL2 text.

Lark reads in linear time and without recursion; what it finds is nested no deeper than ``MOST_DEEP``, so that whoever
walks through it may recurse.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Literal, NoReturn

import shapely
from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken, v_args
from shapely.geometry.base import BaseGeometry

from gis_service.domain.cql2_grammar import GRAMMAR
from gis_service.domain.feature_crs import box_of
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
from gis_service.domain.time_span import TimeSpan, TimeSpanError, parse_instant, span_between
from gis_service.errors import InputFault, RuleBrokenError

LONGEST = 8_000
"""Characters of a filter: a polygon of some 300 corners."""

MOST_DEEP = 16
"""Predicates within one another; ANDs or ORs in a row count as one."""

_BOX_SIDES = {4: (0, 1, 2, 3), 6: (0, 1, 3, 4)}
"""Where west, south, east and north stand in a box without and with heights."""

_GEOS_CLASS = re.compile(r"^\w+Exception: ")

_WORDS = {
    "$END": "the end",
    "NAME": "a property",
    "QUOTED": "a quoted property",
    "STRING": "a 'text'",
    "NUMBER": "a number",
    "COMPARISON": "a comparison",
    "SPATIAL": "S_INTERSECTS(…) or its like",
    "TEMPORAL": "T_DURING(…) or its like",
    "WKT": "a geometry such as POINT(…)",
    "BOOLEAN": "TRUE, FALSE",
    "LPAR": "(",
    "RPAR": ")",
    "COMMA": ",",
}


def parse_cql2(text: str) -> Predicate:
    """Return the predicate that a filter writes; names are not looked up and geometries not converted yet.

    Raises:
        RuleBrokenError: ``bad-filter``; the sentence tells where: the first character is 1.
    """
    if len(text) > LONGEST:
        raise bad_filter(f"has {len(text)} characters; {LONGEST} are taken", LONGEST + 1)
    if "\0" in text:
        raise bad_filter("holds the character U+0000", text.index("\0") + 1)
    try:
        return _parser().parse(text)  # type: ignore[return-value]  # the transformer makes predicates of trees
    except UnexpectedInput as error:
        raise _unexpected(error, text) from None


def bad_filter(sentence: str, at: int) -> RuleBrokenError:
    """Return the refusal of a filter; ``at`` is the place in its text, the first character being 1."""
    told = f"at character {at} {sentence}"
    return RuleBrokenError(f"filter {told}", code="bad-filter", faults=[InputFault("filter", told)])


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", transformer=_Reader(), maybe_placeholders=False)


def _unexpected(error: UnexpectedInput, text: str) -> RuleBrokenError:
    at = error.pos_in_stream
    expected: set[str] = set()
    if isinstance(error, UnexpectedToken):
        expected = set(error.accepts or error.expected)
        at = len(text) if error.token.type == "$END" else at
    elif isinstance(error, UnexpectedCharacters):
        expected = set(error.allowed or ())
    place = len(text) if at is None or at < 0 else at
    found = repr(text[place : place + 20]) if place < len(text) else "the end"
    words = sorted(_WORDS.get(name, name.strip("_")) for name in expected)
    return bad_filter(f"is {found}, where one of these was expected: {', '.join(words)}", place + 1)


def _too_deep(depth: int) -> NoReturn:
    raise bad_filter(f"begins a filter nested {depth} deep; {MOST_DEEP} are taken", 1)


def _depth(part: Predicate) -> int:
    return part.depth if isinstance(part, Junction | Negation) else 0


def _at(token: Token) -> int:
    return (token.start_pos or 0) + 1


def _unquoted(token: Token) -> str:
    return token[1:-1].replace("''", "'").replace("\\'", "'")


@v_args(inline=True)
class _Reader(Transformer[Token, Predicate]):
    """Makes predicates of what the parser reduces, from the innermost on."""

    def start(self, predicate: Predicate) -> Predicate:
        return predicate

    def any_of(self, *parts: Predicate) -> Junction:
        return self._joined("or", parts)

    def all_of(self, *parts: Predicate) -> Junction:
        return self._joined("and", parts)

    def _joined(self, word: Literal["and", "or"], parts: Sequence[Predicate]) -> Junction:
        depth = 1 + max(map(_depth, parts))
        return Junction(word, tuple(parts), depth) if depth <= MOST_DEEP else _too_deep(depth)

    def negation(self, _: Token, part: Predicate) -> Negation:
        depth = 1 + _depth(part)
        return Negation(part, depth) if depth <= MOST_DEEP else _too_deep(depth)

    def constant(self, word: Token) -> Constant:
        return Constant(word.upper() == "TRUE")

    def comparison(self, left: Term, operator: Token, right: Term) -> Comparison:
        return Comparison(str(operator), left, right)

    def like(self, term: Term, pattern: Token) -> Likeness:
        written = _unquoted(pattern)
        if (len(written) - len(written.rstrip("\\"))) % 2:
            raise bad_filter("has a pattern that ends with a lone backslash", _at(pattern))
        return Likeness(term, written)

    def not_like(self, term: Term, _: Token, pattern: Token) -> Negation:
        return Negation(self.like(term, pattern))

    def between(self, term: Term, low: Term, high: Term) -> Between:
        return Between(term, low, high)

    def not_between(self, term: Term, _: Token, low: Term, high: Term) -> Negation:
        return Negation(Between(term, low, high))

    def within(self, term: Term, *among: Term) -> Membership:
        return Membership(term, among)

    def not_within(self, term: Term, _: Token, *among: Term) -> Negation:
        return Negation(Membership(term, among))

    def absent(self, term: Term) -> Absence | Constant:
        return Absence(term) if isinstance(term, Named) else Constant(value=False)

    def present(self, term: Term, _: Token) -> Negation | Constant:
        return Negation(Absence(term)) if isinstance(term, Named) else Constant(value=True)

    def spatial(self, word: Token, left: Term, right: Term) -> Spatial:
        return Spatial(word[2:].lower(), left, right)

    def temporal(self, word: Token, left: Term | Times, right: Term | Times) -> Temporal:
        return Temporal(word[2:].lower(), _times(left), _times(right))

    def interval(self, start: Named | tuple[str, int], end: Named | tuple[str, int]) -> Times:
        if isinstance(start, Named) or isinstance(end, Named):
            return Times(_end(start, is_start=True), _end(end, is_start=False))
        try:
            span = span_between(start[0], end[0])
        except TimeSpanError as error:
            raise bad_filter(f"begins an interval: {error}", start[1]) from None
        return Times(span.start, span.end)

    def moment(self, token: Token) -> tuple[str, int]:
        return _unquoted(token), _at(token)

    def instant(self, word: Token, written: Token) -> Value:
        return Value("instant", _span(_unquoted(written), _at(written)), _at(word))

    def text(self, token: Token) -> Value:
        return Value("text", _unquoted(token), _at(token))

    def number(self, token: Token) -> Value:
        if not math.isfinite(float(token)):
            raise bad_filter("has a number that is too large", _at(token))
        return Value("number", float(token), _at(token))

    def boolean(self, token: Token) -> Value:
        return Value("boolean", token.upper() == "TRUE", _at(token))

    def name(self, token: Token) -> Named:
        return Named(str(token), _at(token))

    def quoted(self, token: Token) -> Named:
        return Named(token[1:-1].replace('""', '"'), _at(token))

    def position(self, *numbers: Token) -> str:
        return " ".join(numbers)

    def body(self, *parts: str | tuple[str, int]) -> str:
        return f"({','.join(part if isinstance(part, str) else part[0] for part in parts)})"

    def geometry(self, word: Token, *rest: Token | str) -> tuple[str, int]:
        return f"{word} {' '.join(rest)}", _at(word)

    def shape(self, written: tuple[str, int]) -> Value:
        text, at = written
        try:
            shape = shapely.force_2d(shapely.from_wkt(text))
        except shapely.errors.GEOSException as error:
            reason = _GEOS_CLASS.sub("", str(error))
            raise bad_filter(f"begins what is no well-known text: {reason}", at) from None
        return Value("geometry", _sound(shape, at), at)

    def box(self, word: Token, *numbers: Token) -> Value:
        sides = _BOX_SIDES.get(len(numbers))
        if sides is None:
            raise bad_filter("begins a BBOX that has neither four numbers nor six", _at(word))
        west, south, east, north = (float(numbers[side]) for side in sides)
        if west > east or south > north:
            raise bad_filter("begins a BBOX with its upper corner; the lower comes first", _at(word))
        return Value("geometry", _sound(box_of(west, south, east, north), _at(word)), _at(word))


def _sound(shape: BaseGeometry, at: int) -> BaseGeometry:
    if not all(map(math.isfinite, shape.bounds)):
        raise bad_filter("begins a geometry with a number that is too large", at)
    if not shape.is_valid:
        raise bad_filter(f"begins a geometry that is not valid: {shapely.is_valid_reason(shape)}", at)
    return shape


def _span(written: str, at: int) -> TimeSpan:
    try:
        return parse_instant(written)
    except TimeSpanError as error:
        raise bad_filter(f"has no time: {error}", at) from None


def _times(term: Term | Times) -> Times:
    if isinstance(term, Times):
        return term
    if isinstance(term, Named):
        return Times(term, term)
    assert isinstance(term.value, TimeSpan)  # noqa: S101 - the grammar lets nothing else in
    return Times(term.value.start, term.value.end)


def _end(end: Named | tuple[str, int], *, is_start: bool) -> Named | datetime | None:
    if isinstance(end, Named):
        return end
    written, at = end
    if written in {"..", ""}:
        return None
    span = _span(written, at)
    return span.start if is_start else span.end
