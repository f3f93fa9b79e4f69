"""Reports as lines of JSON, each answered by one line (NDJSON) once it is stored."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import orjson
from anyio import CapacityLimiter, to_thread
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gis_service.api.lines import LineSplitter
from gis_service.api.problems import problem, problem_of, problem_of_validation
from gis_service.api.schemas_incidents import IncidentLine
from gis_service.errors import ServiceError, TooLargeError

LONGEST_LINE_BYTES = 64 * 1024
"""A description may be 4,000 characters, each written with twelve."""

LINES_AT_ONCE = 100
"""Reports stored in one transaction: a phone sees an answer soon, and the disk is waited for once."""

Answer: TypeAlias = tuple[int, dict[str, Any]] | ServiceError
"""A status and an incident, or a refusal."""

TakeIn: TypeAlias = Callable[[Sequence[IncidentLine]], Sequence[Answer]]
"""Stores reports, whose keys all differ, and answers each in their order; may wait."""


BATCHES_AT_A_TIME = 2
"""Of one worker: more take no less time together, and would leave no connection for who sends one report."""

_storing = CapacityLimiter(BATCHES_AT_A_TIME)


class Line(NamedTuple):
    """A line that is not blank: a report, or the problem that it is."""

    number: int
    read: IncidentLine | Response


async def answer_lines(pieces: AsyncIterator[bytes], take_in: TakeIn) -> AsyncGenerator[bytes]:
    """Yield an answer for each line of a body that is not blank, as the lines come and in their order.

    No line is read on before those before it are stored and answered.  A refusal that ends the stream is told in a
    last line before it is raised; what was answered before stands.
    """
    reader = LineReader()
    try:
        async for piece in pieces:
            for group in groups_of(reader.read(piece)):
                yield await to_thread.run_sync(_answer, group, take_in, limiter=_storing)
        for group in groups_of(reader.end()):
            yield await to_thread.run_sync(_answer, group, take_in, limiter=_storing)
    except ServiceError as error:
        yield _last_line(error)
        raise
    except HTTPException as error:  # the body is longer than it may be
        refusal = TooLargeError(str(error.detail), code="body-too-large")
        yield _last_line(refusal)
        raise refusal from None


class LineReader:
    """Reads reports from bytes that come in any pieces, and counts lines from 1, blank ones with them."""

    def __init__(self) -> None:
        self._splitter = LineSplitter(LONGEST_LINE_BYTES)
        self._count = 0

    def read(self, piece: bytes) -> list[Line]:
        """Return the lines that end in a piece."""
        return self._parse(self._splitter.feed(piece))

    def end(self) -> list[Line]:
        """Return the line that no newline has ended, if there is one."""
        return self._parse(self._splitter.end())

    def _parse(self, lines: list[bytes | None]) -> list[Line]:
        numbered = enumerate(lines, self._count + 1)
        self._count += len(lines)
        return [Line(number, _read(line)) for number, line in numbered if line is None or line.strip()]


def groups_of(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Yield lines in groups to be stored together, in order: at most 100, and no key twice in one."""
    group: list[Line] = []
    keys: set[str] = set()
    for line in lines:
        key = line.read.idempotency_key if isinstance(line.read, IncidentLine) else None
        if len(group) == LINES_AT_ONCE or key in keys:
            yield group
            group, keys = [], set()
        group.append(line)
        if key is not None:
            keys.add(key)
    if group:
        yield group


def _answer(group: list[Line], take_in: TakeIn) -> bytes:
    reports = [line.read for line in group if isinstance(line.read, IncidentLine)]
    answers = iter(take_in(reports) if reports else ())
    return b"".join(
        _problem_line(line.number, line.read)
        if isinstance(line.read, Response)
        else _answer_line(line.number, next(answers))
        for line in group
    )


def _answer_line(number: int, answer: Answer) -> bytes:
    if isinstance(answer, ServiceError):
        return _problem_line(number, problem_of(answer))
    status, incident = answer
    told = {"line": number, "status": status, "incident": incident}
    return orjson.dumps(told, option=orjson.OPT_UTC_Z) + b"\n"


def _problem_line(number: int, refused: Response) -> bytes:
    told = {"line": number, "status": refused.status_code, "problem": orjson.Fragment(bytes(refused.body))}
    return orjson.dumps(told) + b"\n"


def _last_line(error: ServiceError) -> bytes:
    refused = problem_of(error)
    return orjson.dumps({"status": refused.status_code, "problem": orjson.Fragment(bytes(refused.body))}) + b"\n"


def _read(line: bytes | None) -> IncidentLine | Response:
    if line is None:
        return problem(413, "line-too-long", f"the line is longer than {LONGEST_LINE_BYTES} bytes")
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return problem(422, "invalid-json", f"the line is not valid JSON: {error}")
    try:
        return IncidentLine.model_validate(value)
    except ValidationError as error:
        # As FastAPI has it of a whole body.
        return problem_of_validation([{**entry, "loc": ("body", *entry["loc"])} for entry in error.errors()])
