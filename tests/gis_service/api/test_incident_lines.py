from __future__ import annotations

import asyncio
import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from gis_service.api.incident_lines import LINES_AT_ONCE, LONGEST_LINE_BYTES, LineReader, answer_lines, groups_of
from gis_service.api.schemas_incidents import IncidentLine
from gis_service.errors import RuleBrokenError, TooLargeError, UnavailableError

REPORT = {
    "category": "hazard",
    "channel": "patrol",
    "description": "loose tile",
    "point": {"lon": 102.71, "lat": 25.01},
}


def line(key: object, **fields) -> bytes:
    return json.dumps({**REPORT, "idempotency_key": key, **fields}).encode()


def answer(*pieces: bytes | Exception, take_in=None) -> list[dict]:
    """Answer a body that comes in pieces; what is taken in is stored under its key, but "bad" is refused."""

    def store(reports):
        return [
            RuleBrokenError("no", code="refused")
            if one.idempotency_key == "bad"
            else (201, {"id": one.idempotency_key})
            for one in reports
        ]

    async def come():
        for piece in pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def collect():
        return [answered async for answered in answer_lines(come(), take_in or store)]

    return [json.loads(one) for one in b"".join(asyncio.run(collect())).splitlines()]


anything = (
    st.integers(0, 5).map(lambda number: line(f"k{number}"))
    | st.just(line("bad"))
    | st.sampled_from([b"", b" \t", b"{", b"[]", b"1", b"null", b"\xff", b'{"a":', line(1), line(""), line("a b")])
    | st.binary(max_size=20).map(lambda some: some.replace(b"\n", b""))
)


@given(
    lines=st.lists(anything, max_size=12),
    newline=st.sampled_from([b"\n", b"\r\n"]),
    is_ended=st.booleans(),
    cuts=st.lists(st.integers(0, 2000), max_size=5),
)
def test_every_line_that_is_not_blank_is_answered_once_and_in_order(lines, newline, is_ended, cuts):
    """However the body is cut, and whatever stands in it: good ones 201 under their own key, others 422."""
    body = newline.join(lines) + (newline if is_ended else b"")
    bounds = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})

    answers = answer(*(body[start:end] for start, end in pairwise(bounds)))

    expected = [number for number, one in enumerate(lines, 1) if one.strip()]
    assert [one["line"] for one in answers] == expected
    for one in answers:
        sent = lines[one["line"] - 1]
        is_good = sent in {line(f"k{number}") for number in range(6)}
        assert one["status"] == (201 if is_good else 422)
        assert ("incident" in one, "problem" in one) == (is_good, not is_good)
        if is_good:
            assert one["incident"]["id"] == json.loads(sent)["idempotency_key"]


@pytest.mark.parametrize(
    ("sent", "code", "pointer"),
    [
        (b"{", "invalid-json", None),
        (b"[1]", "invalid-input", ""),
        (json.dumps(REPORT).encode(), "invalid-input", "/idempotency_key"),
        (line("k", point={"lon": 1}), "invalid-input", "/point/lat"),
        (line("k", description="a\x00"), "invalid-input", "/description"),
        (line("k", description="\ud800"), "invalid-json", None),
        (line("k", surprise=1), "invalid-input", "/surprise"),
    ],
)
def test_what_is_wrong_with_a_line_is_named(sent, code, pointer):
    """The problem is that which the same body gets alone."""
    (answered,) = answer(sent)

    assert (answered["status"], answered["problem"]["code"]) == (422, code)
    assert pointer is None or answered["problem"]["errors"][0]["pointer"] == pointer


def test_a_line_that_is_too_long_is_passed_over():
    """413 for it alone; it is not kept in memory, and the next is taken."""
    answers = answer(b" " * (LONGEST_LINE_BYTES + 1), b" " * LONGEST_LINE_BYTES + b"\n" + line("k1"))

    assert [(one["line"], one["status"]) for one in answers] == [(1, 413), (2, 201)]


def test_a_hundred_lines_are_stored_together_and_a_key_once_in_a_group():
    """250 lines are groups of 100, 100 and 50; a key that comes again begins another."""
    lines = LineReader().read(b"\n".join(line(f"k{number}") for number in range(250)) + b"\n")
    again = LineReader().read(b"\n".join(line(key) for key in "abab") + b"\n")

    assert [len(group) for group in groups_of(lines)] == [LINES_AT_ONCE, LINES_AT_ONCE, 50]
    assert [[one.read.idempotency_key for one in group] for group in groups_of(again)] == [["a", "b"], ["a", "b"]]


def test_nothing_is_read_before_the_lines_before_it_are_answered():
    """Pieces are asked for one at a time: what is not asked for waits at the client."""
    seen = []

    def store(reports):
        seen.append([one.idempotency_key for one in reports])
        return [(201, {}) for _ in reports]

    async def come():
        yield line("k1") + b"\n"
        assert seen == [["k1"]]
        yield line("k2") + b"\n"
        assert seen == [["k1"], ["k2"]]

    async def drain():
        return [one async for one in answer_lines(come(), store)]

    assert len(asyncio.run(drain())) == 2


@pytest.mark.parametrize(
    ("refusal", "raised", "status"),
    [
        (UnavailableError("away"), UnavailableError, 503),
        (HTTPException(413, "too much"), TooLargeError, 413),
    ],
)
def test_a_stream_that_ends_early_says_why_in_its_last_line(refusal, raised, status):
    """What was answered before stands; then a line without a number, and the connection is cut."""
    answered = []

    async def come():
        yield line("k1") + b"\n"
        raise refusal

    async def collect():
        async for one in answer_lines(come(), lambda reports: [(201, {}) for _ in reports]):
            answered.append(json.loads(one))  # noqa: PERF401 - what comes before the refusal is looked at

    with pytest.raises(raised):
        asyncio.run(collect())

    assert [(one.get("line"), one["status"]) for one in answered] == [(1, 201), (None, status)]


def test_a_line_is_the_report_that_its_body_is_alone():
    """The key is no part of the body: a report may be sent alone, and again in a batch."""
    report = IncidentLine.model_validate({**REPORT, "idempotency_key": "k1", "severity": "general"})
    again = IncidentLine.model_validate({**REPORT, "idempotency_key": "k2"})

    assert report.to_request("k", None).body_hash == again.to_request("k", None).body_hash
