"""Points as lines of JSON, each answered by one line (NDJSON)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import orjson
from anyio import to_thread

from gis_service.api.lines import LONGEST_LINE_BYTES, LineSplitter
from gis_service.errors import ServiceError
from gis_service.use_cases.locate_batch import BatchGround, locate_each

LINES_AT_ONCE = 10_000

Name: TypeAlias = str | int | None
"""What a line calls itself, None for nothing."""

_NUMBERS = {float, int}
_NAMES = {str, int, type(None)}


class _Asked(NamedTuple):
    """The point of a line."""

    lon: float
    lat: float
    name: Name


class _Refused(NamedTuple):
    """Why a line has no owner."""

    code: str
    detail: str
    name: Name = None


class _Points(NamedTuple):
    """The points of lines as columns, in order; lines that have none are refused by their place."""

    lons: list[float]
    lats: list[float]
    names: list[Name]
    refused: dict[int, _Refused]


async def answer_lines(pieces: AsyncIterator[bytes], ground: BatchGround, crs: str) -> AsyncGenerator[bytes]:
    """Yield an answer for each line of a body, as the lines come and in their order.

    A refusal that ends the stream is told in a last line before it is raised.
    """
    splitter, answers = LineSplitter(), LineAnswers(ground, crs)
    try:
        async for piece in pieces:
            lines = splitter.feed(piece)
            for start in range(0, len(lines), LINES_AT_ONCE):
                yield await to_thread.run_sync(answers.answer, lines[start : start + LINES_AT_ONCE])
        yield await to_thread.run_sync(answers.answer, splitter.end())
    except ServiceError as error:
        yield orjson.dumps({"error": {"code": error.code, "detail": error.detail}}) + b"\n"
        raise


class LineAnswers:
    """Answers lines, and counts them from 1."""

    def __init__(self, ground: BatchGround, crs: str) -> None:
        self._ground = ground
        self._crs = crs
        self._count = 0
        self._endings = _Endings(ground)

    def answer(self, lines: list[bytes | None]) -> bytes:
        """Return a line for each of the next lines, None standing for one that was too long.

        Raises:
            UnavailableError: the database is asked and does not answer.
        """
        points = _read_alike(lines) or _read_each(lines)
        lons, lats = np.array(points.lons, np.float64), np.array(points.lats, np.float64)
        owners, reasons = locate_each(self._ground, lons, lats, self._crs)
        endings = map(self._endings.__getitem__, owners.tolist())
        answers: list[bytes | _Refused] = [
            b"{" + ending if name is None else b'{"id":%b,%b' % (orjson.dumps(name), ending)
            for name, ending in zip(points.names, endings, strict=True)
        ]
        for place, reason in reasons.items():
            answers[place] = _Refused(*reason, points.names[place])
        following = iter(answers)
        numbers = range(self._count + 1, self._count + 1 + len(lines))
        self._count += len(lines)
        return b"".join(
            _failed(number, one) if isinstance(one, _Refused) else one
            for number, one in zip(
                numbers, (points.refused.get(place) or next(following) for place in range(len(lines))), strict=True
            )
        )


class _Endings(dict[int, bytes]):
    """The ends of answers, which all answers with one owner share."""

    def __init__(self, ground: BatchGround) -> None:
        self._ground = ground

    def __missing__(self, owner: int) -> bytes:
        answer = {"code": self._ground.codes[owner], "edition": self._ground.edition}
        ending = self[owner] = orjson.dumps(answer)[1:] + b"\n"
        return ending


def _read_alike(lines: list[bytes | None]) -> _Points | None:
    """Return the points of lines that are all good and of the usual form; None for any others.

    Says what ``_read_each`` says, several times faster.
    """
    try:
        values = [*map(orjson.loads, lines)]  # type: ignore[arg-type]  # None is refused, as it should be
        names = [value.get("id") for value in values]
        lons = [value["lon"] for value in values]
        lats = [value["lat"] for value in values]
    except (orjson.JSONDecodeError, AttributeError, KeyError):
        return None
    if not ({*map(type, lons)} | {*map(type, lats)} <= _NUMBERS and {*map(type, names)} <= _NAMES):
        return None
    if any("crs" in value or "at" in value for value in values):
        return None
    return _Points(lons, lats, names, {})


def _read_each(lines: list[bytes | None]) -> _Points:
    """Return the points of lines of any form, and why others have none."""
    points = _Points([], [], [], {})
    for place, line in enumerate(lines):
        read = _read_line(line)
        if isinstance(read, _Refused):
            points.refused[place] = read
        else:
            points.lons.append(read.lon)
            points.lats.append(read.lat)
            points.names.append(read.name)
    return points


def _read_line(line: bytes | None) -> _Asked | _Refused:
    if line is None:
        return _Refused("line-too-long", f"the line is longer than {LONGEST_LINE_BYTES} bytes")
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        if not line.strip():
            return _Refused("empty-line", "the line is empty")
        return _Refused("invalid-json", f"the line is not valid JSON: {error}")
    if type(value) is dict:
        return _read_object(value)
    if type(value) is not list or len(value) != 2:  # noqa: PLR2004 - longitude and latitude
        return _Refused("invalid-input", "the line must be an object with lon and lat, or an array of the two")
    return _checked(value[0], value[1], None)


def _read_object(members: dict[str, Any]) -> _Asked | _Refused:
    name = members.get("id")
    if type(name) not in _NAMES:
        return _Refused("invalid-input", "id must be a string or an integer of at most 64 bits")
    for member in ("lon", "lat"):
        if member not in members:
            return _Refused("invalid-input", f"{member} is missing", name)
    for parameter in ("crs", "at"):
        if parameter in members:
            return _Refused("invalid-input", f"{parameter} is the same for all lines; it goes into the query", name)
    return _checked(members["lon"], members["lat"], name)


def _checked(lon: Any, lat: Any, name: Name) -> _Asked | _Refused:  # noqa: ANN401 - whatever JSON holds
    # By type and not by conversion: NumPy would take "1" and true for numbers.
    if type(lon) not in _NUMBERS:
        return _Refused("invalid-input", "lon must be a number", name)
    if type(lat) not in _NUMBERS:
        return _Refused("invalid-input", "lat must be a number", name)
    return _Asked(lon, lat, name)


def _failed(number: int, why: _Refused) -> bytes:
    name = {} if why.name is None else {"id": why.name}
    return orjson.dumps({"line": number, **name, "error": {"code": why.code, "detail": why.detail}}) + b"\n"
