from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from starlette.datastructures import QueryParams

from gis_service.api.query import instant_of, needed_number_of, number_of, parse_instant, text_of
from gis_service.errors import RuleBrokenError


@pytest.mark.parametrize(("given", "number"), [("102.7", 102.7), ("-.5", -0.5), ("1e2", 100.0), ("+7.", 7.0)])
def test_decimal_numbers_are_read(given, number):
    """Signs, bare points and exponents."""
    assert number_of(QueryParams({"lon": given}), "lon") == number


@pytest.mark.parametrize("given", ["", "nan", "inf", "-Infinity", "1_0", "１２", "0x10", "1,5", " 1", "1e", "."])
def test_everything_else_is_refused(given):
    """What Python would take for a number, and what people might."""
    with pytest.raises(RuleBrokenError, match=r"^lon must be a finite decimal number") as refused:
        number_of(QueryParams({"lon": given}), "lon")
    assert refused.value.faults[0].pointer == "lon"


def test_a_number_too_large_for_a_double_is_infinite():
    """So that the range check may refuse it."""
    assert number_of(QueryParams({"lon": "1e999"}), "lon") == math.inf


def test_a_parameter_given_twice_is_refused():
    """Nobody can tell which one is meant."""
    with pytest.raises(RuleBrokenError, match=r"^crs is given more than once$"):
        text_of(QueryParams("crs=gcj02&crs=bd09"), "crs")


def test_a_missing_parameter_is_none_or_refused():
    """Where it may be missing, and where it may not."""
    assert number_of(QueryParams(""), "lon") is None
    assert instant_of(QueryParams(""), "at") is None
    with pytest.raises(RuleBrokenError, match=r"^lon is missing$"):
        needed_number_of(QueryParams(""), "lon")


@pytest.mark.parametrize(
    ("given", "instant"),
    [
        ("2026-07-01T08:00:00+08:00", datetime(2026, 7, 1, 8, tzinfo=timezone(timedelta(hours=8)))),
        ("2026-07-01t00:00:00z", datetime(2026, 7, 1, tzinfo=UTC)),
        ("2026-07-01 00:00:00.25Z", datetime(2026, 7, 1, 0, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-07-01T00:00:00.123456789Z", datetime(2026, 7, 1, 0, 0, 0, 123_456, tzinfo=UTC)),
    ],
)
def test_instants_of_rfc_3339_are_read(given, instant):
    """Small letters, a space, fractions beyond a microsecond."""
    assert parse_instant(given, "at") == instant


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("2026-07-01T08:00:00", "at must be RFC 3339 with an offset"),
        ("2026-07-01", "at must be RFC 3339 with an offset"),
        ("20260701T080000Z", "at must be RFC 3339 with an offset"),
        ("now", "at must be RFC 3339 with an offset"),
        ("2026-02-30T08:00:00Z", "at is no date"),
        ("2026-07-01T23:59:60Z", "at is no date"),
        ("2026-07-01T08:00:00 08:00", "in a query a plus sign is written %2B"),
    ],
)
def test_other_instants_are_refused(given, sentence):
    """No offset, no time, other forms of ISO 8601, no such day, a leap second, and a plus sign lost on the way."""
    with pytest.raises(RuleBrokenError, match=sentence):
        instant_of(QueryParams({"at": given}), "at")
