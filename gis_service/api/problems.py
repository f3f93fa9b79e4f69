"""Refusals as RFC 9457 problems; the only place that knows HTTP numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.access import refuse_first
from gis_service.api.media_types import is_json, media_type_of, must_be_json
from gis_service.errors import (
    BadAddressError,
    ClashError,
    ForbiddenError,
    InputFault,
    NotFoundError,
    PreconditionFailedError,
    RuleBrokenError,
    ServiceError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
)

STATUS: dict[type[ServiceError], HTTPStatus] = {
    BadAddressError: HTTPStatus.BAD_REQUEST,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ClashError: HTTPStatus.CONFLICT,
    PreconditionFailedError: HTTPStatus.PRECONDITION_FAILED,
    RuleBrokenError: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnauthenticatedError: HTTPStatus.UNAUTHORIZED,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}
OGC = "/ogc"
"""Below this address a request that is wrong whatever is stored is a 400: OGC 17-069r4, 7.1 and 7.2."""

RETRY_AFTER_S = "2"
MEDIA_TYPE = "application/problem+json"

# Codes of what the framework itself refuses.
FRAMEWORK_CODES = {
    HTTPStatus.BAD_REQUEST: "bad-request",
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body-too-large",
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: "range-not-satisfiable",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported-media-type",
}


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    faults: Sequence[InputFault] = (),
    members: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem document; ``code`` is stable, ``detail`` is for people."""
    body: dict[str, Any] = {
        "type": f"urn:gis-service:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if faults:
        body["errors"] = [_fault(fault) for fault in faults]
    body.update(members or {})
    # A 404 of now may be a 200 of the next minute: no cache may keep a refusal.
    kept = {"Cache-Control": "no-store", **(headers or {})}
    return Response(orjson.dumps(body), status, media_type=MEDIA_TYPE, headers=kept)


def status_of(error: ServiceError) -> HTTPStatus:
    """Return the number of a refusal: the nearest listed ancestor gives it."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), HTTPStatus.INTERNAL_SERVER_ERROR)


def problem_of(error: ServiceError) -> Response:
    """Return the problem that a refusal means."""
    status = status_of(error)
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if status == HTTPStatus.SERVICE_UNAVAILABLE or error.members.get("retry"):
        headers["Retry-After"] = RETRY_AFTER_S
    return problem(status, error.code, error.detail, faults=error.faults, members=error.members, headers=headers)


def install_problems(app: FastAPI) -> None:
    """Let every refusal of the application leave as a problem."""

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, ServiceError)  # noqa: S101 - what the handler is registered for
        if isinstance(error, RuleBrokenError) and f"{request.url.path}/".startswith(f"{OGC}/"):
            return problem(HTTPStatus.BAD_REQUEST, error.code, error.detail, faults=error.faults)
        return problem_of(error)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - what the handler is registered for
        try:
            await refuse_first(request)
        except ServiceError as refusal:
            return problem_of(refusal)
        given = media_type_of(request)
        # A body of another type is not parsed: the framework says that it is no object.
        if any(entry["loc"] == ("body",) for entry in error.errors()) and given and not is_json(given):
            return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", must_be_json(given))
        return problem_of_validation(error.errors())

    async def by_framework(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - what the handler is registered for
        code = FRAMEWORK_CODES.get(HTTPStatus(error.status_code), "refused")
        return problem(error.status_code, code, _sentence_of(error), headers=error.headers)

    app.add_exception_handler(ServiceError, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, by_framework)


def _sentence_of(error: HTTPException) -> str:
    # The router says no more than the name of the number; what to do instead is known here.
    if error.status_code == HTTPStatus.NOT_FOUND and error.detail == HTTPStatus.NOT_FOUND.phrase:
        return "there is nothing at this address; /docs lists those that there are"
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and error.headers:
        return f"this address takes {error.headers['Allow']} only"
    return str(error.detail)


def problem_of_validation(entries: Sequence[Mapping[str, Any]]) -> Response:
    """Return the problem that errors of validation mean, each with its place as FastAPI gives it."""
    faults = [_fault_of(entry) for entry in entries]
    if any(entry["type"] == "json_invalid" for entry in entries):
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-json", "the body is not valid JSON")
    first = f"{faults[0].pointer or 'the body'}: {faults[0].detail}" if faults else "the request is not valid"
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", first, faults=faults)


def _fault_of(entry: Mapping[str, Any]) -> InputFault:
    where, *path = (str(step) for step in entry["loc"])
    sentence = entry["msg"].removeprefix("Value error, ")
    if where == "body":
        return InputFault("".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path), sentence)
    return InputFault(path[0] if path else where, sentence)


def _fault(fault: InputFault) -> dict[str, str]:
    # RFC 6901: the empty pointer is the whole body; a bare word is a parameter of the query, path or header.
    kind = "pointer" if fault.pointer == "" or fault.pointer.startswith("/") else "parameter"
    return {kind: fault.pointer, "detail": fault.detail}
