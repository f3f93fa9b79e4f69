"""The public page of a door, for phones: whose ground it is, who serves there, and a form to report a problem."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from gis_service.api.dependencies import Work
from gis_service.api.door_desk import DoorDesk
from gis_service.api.door_html import FOLDER, door_html, unknown_html
from gis_service.api.door_words import DoorLanguage, choose_language
from gis_service.api.instants import Instant
from gis_service.api.plates import TypedCode
from gis_service.api.problems import status_of
from gis_service.domain.form_token import sign_form
from gis_service.errors import ServiceError
from gis_service.use_cases.find_door import find_door
from gis_service.use_cases.read_door import Door, read_door

router = APIRouter(tags=["buildings"])

# Nothing from elsewhere, no inline script or style; a chosen photo is shown from memory.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS = {
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(self), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Language",
    "X-Content-Type-Options": "nosniff",
}
FILES = {
    "door.css": "text/css; charset=utf-8",
    "door.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "queue.js": "text/javascript; charset=utf-8",
    "worker.js": "text/javascript; charset=utf-8",
}

_SAYS_NOT_FOUND = ("unknown-building", "unknown-entrance", "ambiguous-alias", "no-edition")
"""Refusals that a page explains, with what may be meant; another leaves as a problem."""


@router.get("/b/static/{name}", include_in_schema=False)
def get_file(request: Request, name: str) -> Response:
    """Return a script or the style of the page."""
    if name not in FILES:
        raise HTTPException(404)
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    if name == "worker.js":
        # It serves the pages beside its folder, and asks for nothing but its own service.
        headers |= {
            "Service-Worker-Allowed": request.url.path.removesuffix("static/worker.js"),
            "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        }
    return FileResponse(Path(FOLDER, name), media_type=FILES[name], headers=headers)


@router.get(
    "/b/{code}",
    response_class=HTMLResponse,
    responses={404: {"content": {"text/html": {}}}, 409: {"content": {"text/html": {}}}},
)
def get_door(
    request: Request,
    code: TypedCode,
    lang: Annotated[Literal["zh", "en"] | None, Query(description="as the browser likes when left out")] = None,
    at: Annotated[Instant | None, Query(description="as it was at this instant")] = None,
    accept_language: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> HTMLResponse:
    """Return the public page of a building or a door; of a mistyped code one that says which may be meant."""
    language: DoorLanguage = lang or choose_language(accept_language)
    asked = None if at is None else at.isoformat()
    found = _door_or_refusal(request, code, at)
    if isinstance(found, ServiceError):
        page = unknown_html(code, found, language, asked)
        return HTMLResponse(page, status_of(found), headers=PAGE_HEADERS)
    desk: DoorDesk = request.state.door
    now = datetime.now(UTC)
    day = (at or now).astimezone(request.state.timezone).date().isoformat()
    token = sign_form(desk.secret, found.answer.found.building.code, now)
    return HTMLResponse(door_html(found, language, token=token, at=asked, day=day), headers=PAGE_HEADERS)


@router.get("/b/{code}/form")
def get_form(request: Request, code: TypedCode, work: Work) -> JSONResponse:
    """Return a new token for the form of a door's page: a report that waited for the net needs one."""
    desk: DoorDesk = request.state.door
    building = find_door(code, work)
    token = sign_form(desk.secret, building, datetime.now(UTC))
    return JSONResponse({"building": building, "token": token}, headers={"Cache-Control": "no-store"})


def _door_or_refusal(request: Request, code: str, at: datetime | None) -> Door | ServiceError:
    desk: DoorDesk = request.state.door
    try:
        return read_door(
            code,
            at,
            snapshots=request.state.snapshots,
            open_work=request.state.open_work,
            told=desk.contacts,
            zone=request.state.timezone,
            now=datetime.now(UTC),
        )
    except ServiceError as error:
        if error.code not in _SAYS_NOT_FOUND:
            raise
        return error
