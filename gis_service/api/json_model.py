"""Bodies that are parsed by hand, since FastAPI would take numbers and letters that nothing can hold."""

from __future__ import annotations

from typing import TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from gis_service.errors import InputFault, RuleBrokenError

Model = TypeVar("Model", bound=BaseModel)


def read_model(model: type[Model], body: bytes) -> Model:
    """Return a body as a model.

    Raises:
        RuleBrokenError: no JSON, code ``invalid-json``; or a member is missing, unknown or wrong: ``faults`` points
            at each.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RuleBrokenError(f"the body is not valid JSON: {error}", code="invalid-json") from None
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise refusal_of(error) from None


def refusal_of(error: ValidationError) -> RuleBrokenError:
    """Return the refusal of a body that is no such model; the faults point at its members."""
    faults = [
        InputFault("".join(f"/{step}" for step in entry["loc"]), entry["msg"].removeprefix("Value error, "))
        for entry in error.errors(include_url=False, include_context=False)
    ]
    first = f"{faults[0].pointer.removeprefix('/') or 'the body'}: {faults[0].detail}"
    return RuleBrokenError(first, faults=faults)
