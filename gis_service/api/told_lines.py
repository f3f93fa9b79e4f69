"""Lines of JSON of which only those are told that were refused, and at the end how many were taken (NDJSON)."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

import orjson
from anyio import CapacityLimiter, to_thread
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gis_service.api.lines import LineSplitter
from gis_service.api.problems import problem, problem_of, problem_of_validation
from gis_service.errors import ServiceError, TooLargeError

LONGEST_LINE_BYTES = 4 * 1024

GROUPS_AT_A_TIME = 2
"""Of one worker, as for incidents: more would leave no connection for others."""

_storing = CapacityLimiter(GROUPS_AT_A_TIME)

Model = TypeVar("Model", bound=BaseModel)
TakeIn: TypeAlias = Callable[[Sequence[Model]], Sequence[str | ServiceError]]
"""Stores lines, and answers each in their order with a word that is counted, or a refusal; may wait."""


async def tell_refused(
    pieces: AsyncIterator[bytes], model: type[Model], take_in: TakeIn[Model], *, words: Sequence[str], at_once: int
) -> AsyncGenerator[bytes]:
    """Yield a line for each line of a body that is refused, in their order, and at last one that counts them all.

    Args:
        pieces: the body, as it comes; blank lines are passed over.
        model: what a line is.
        take_in: stores up to ``at_once`` lines, in one transaction.
        words: that ``take_in`` may answer with.
        at_once: lines of a group.

    Raises:
        ServiceError: the stream cannot go on; a last line tells it before.  What was taken stands.
    """
    splitter = LineSplitter(LONGEST_LINE_BYTES)
    group = _Group(model, take_in)
    counted: Counter[str] = Counter(dict.fromkeys(("lines", *words, "refused"), 0))
    try:
        async for piece in pieces:
            for line in splitter.feed(piece):
                if group.add(line) == at_once:
                    yield await to_thread.run_sync(group.store, counted, limiter=_storing)
        for line in splitter.end():
            group.add(line)
        yield await to_thread.run_sync(group.store, counted, limiter=_storing)
        yield orjson.dumps(dict(counted)) + b"\n"
    except ServiceError as error:
        yield _problem_line({}, problem_of(error))
        raise
    except HTTPException as error:  # the body is longer than it may be
        refusal = TooLargeError(str(error.detail), code="body-too-large")
        yield _problem_line({}, problem_of(refusal))
        raise refusal from None


class _Group(Generic[Model]):
    """Lines that wait to be stored together; lines are counted from 1, blank ones with them."""

    def __init__(self, model: type[Model], take_in: TakeIn[Model]) -> None:
        self._model, self._take_in = model, take_in
        self._lines: list[tuple[int, bytes | None]] = []
        self._count = 0

    def add(self, line: bytes | None) -> int:
        """Add a line, None for one that is too long, and return how many wait."""
        self._count += 1
        if line is None or line.strip():
            self._lines.append((self._count, line))
        return len(self._lines)

    def store(self, counted: Counter[str]) -> bytes:
        """Store the lines that wait, and return what is to be told of them."""
        lines, self._lines = self._lines, []
        read = [(number, self._read(line)) for number, line in lines]
        models = [one for _, one in read if not isinstance(one, Response)]
        outcomes = iter(self._take_in(models) if models else ())
        told = []
        for number, one in read:
            outcome = one if isinstance(one, Response) else next(outcomes)
            if isinstance(outcome, ServiceError):
                outcome = problem_of(outcome)
            counted["lines"] += 1
            counted[outcome if isinstance(outcome, str) else "refused"] += 1
            if not isinstance(outcome, str):
                told.append(_problem_line({"line": number}, outcome))
        return b"".join(told)

    def _read(self, line: bytes | None) -> Model | Response:
        if line is None:
            return problem(413, "line-too-long", f"the line is longer than {LONGEST_LINE_BYTES} bytes")
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            return problem(422, "invalid-json", f"the line is not valid JSON: {error}")
        try:
            return self._model.model_validate(value)
        except ValidationError as error:
            return problem_of_validation([{**entry, "loc": ("body", *entry["loc"])} for entry in error.errors()])


def _problem_line(told: dict[str, Any], refused: Response) -> bytes:
    body = orjson.Fragment(bytes(refused.body))
    return orjson.dumps({**told, "status": refused.status_code, "problem": body}) + b"\n"
