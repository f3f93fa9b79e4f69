"""Who did and read what: for auditors, who are in the record themselves."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gis_service.api.access import require
from gis_service.api.area_events import json_answer
from gis_service.api.audit_notes import note_read
from gis_service.api.dependencies import Work
from gis_service.api.incidents import working_zone
from gis_service.api.instants import Instant
from gis_service.api.paging import bad_cursor, decode_cursor, encode_cursor, link_next
from gis_service.api.query import only_known_parameters
from gis_service.domain.access import IMPORTANT, Principal
from gis_service.domain.audit import AuditFilter, StoredEvent, Unusual, UnusualLimits
from gis_service.use_cases.read_audit import find_acts, find_all_acts, find_unusual

router = APIRouter(tags=["audit"], dependencies=[Depends(only_known_parameters)])

COLUMNS = (
    "id",
    "at",
    "act",
    "name",
    "role",
    "scope",
    "address",
    "method",
    "route",
    "objects",
    "query",
    "count",
    "classes",
    "purpose",
    "status",
    "request_id",
)
_DAY = timedelta(days=1)
_LARGEST = 2**63 - 1
_EXPORTED_AT_ONCE = 1000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "the acts", "content": {"application/json": {}, "text/csv": {}}}
}

Auditor = Annotated[Principal, Depends(require("auditor"))]
Words = Annotated[str | None, Query(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]


async def unusual_limits(request: Request) -> UnusualLimits:
    """Return when reading is unusual."""
    limits: UnusualLimits = request.state.unusual_limits
    return limits


@router.get("/v1/audit", response_class=Response, responses=_ANSWERS)
def get_audit(  # noqa: PLR0917 - a route names all that it takes
    request: Request,
    principal: Auditor,
    work: Work,
    name: Words = None,
    role: Words = None,
    act: Annotated[Literal["read", "write", "export", "refusal", "unrecorded"] | None, Query()] = None,
    route: Words = None,
    object_id: Annotated[
        str | None,
        Query(alias="object", min_length=1, max_length=200, pattern=r"^[^\x00]+$", description="id or code"),
    ] = None,
    data_class: Annotated[Literal["important", "core"] | None, Query(alias="class")] = None,
    status: Annotated[int | None, Query(ge=100, le=599)] = None,
    request_id: Words = None,
    since: Annotated[Instant | None, Query(description="at this instant or later")] = None,
    until: Annotated[Instant | None, Query(description="before this instant")] = None,
    form: Annotated[
        Literal["json", "csv"], Query(alias="format", description="csv: all that match, without pages")
    ] = "json",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Return acts, the newest first; who has a scope sees the acts of callers within it."""
    before = None if cursor is None else int(decode_cursor(cursor, int)[0])
    if before is not None and not 0 <= before <= _LARGEST:
        raise bad_cursor()
    wanted = AuditFilter(
        name, role, act, route, object_id, data_class, status, request_id, since, until, before, limit + 1
    )
    if form == "csv":
        note_read(request, (IMPORTANT,), 0)
        found = find_all_acts(replace(wanted, limit=_EXPORTED_AT_ONCE), principal, work)
        return StreamingResponse(
            _noted_lines(request, found),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="audit.csv"', "Cache-Control": "no-store"},
        )
    acts = find_acts(wanted, principal, work)
    following = encode_cursor(acts[limit - 1].id) if len(acts) > limit else None
    note_read(request, (IMPORTANT,), len(acts[:limit]))
    response = json_answer({"acts": [_act_json(one) for one in acts[:limit]], "next": following})
    response.headers["Cache-Control"] = "no-store"
    link_next(request, response, following)
    return response


@router.get("/v1/audit/unusual", response_class=Response, responses={200: {"content": {"application/json": {}}}})
def get_unusual(
    request: Request,
    principal: Auditor,
    work: Work,
    zone: Annotated[ZoneInfo, Depends(working_zone)],
    limits: Annotated[UnusualLimits, Depends(unusual_limits)],
    since: Annotated[Instant | None, Query(description="a day before until, when left out")] = None,
    until: Annotated[Instant | None, Query(description="now, when left out")] = None,
) -> Response:
    """Return the hours in which somebody read unusually much, or core data at night, the newest first."""
    end = until or datetime.now(UTC)
    begin = since or (end - _DAY if end - datetime.min.replace(tzinfo=UTC) > _DAY else end)
    found = find_unusual(begin, end, limits, zone, principal, work)
    note_read(request, (IMPORTANT,), len(found))
    response = json_answer({"since": begin, "until": end, "unusual": [_unusual_json(one, zone) for one in found]})
    response.headers["Cache-Control"] = "no-store"
    return response


def _act_json(one: StoredEvent) -> dict[str, Any]:
    return {column: one.id if column == "id" else getattr(one.event, column) for column in COLUMNS}


def _unusual_json(one: Unusual, zone: ZoneInfo) -> dict[str, Any]:
    reading = one.reading
    return {
        "name": reading.name,
        "role": reading.role,
        "hour": reading.hour.astimezone(zone).isoformat(),
        "things": reading.things,
        "core_reads": reading.core,
        "usual": None if reading.usual is None else round(reading.usual, 1),
        "reasons": list(one.reasons),
    }


def _noted_lines(request: Request, acts: Iterable[StoredEvent]) -> Iterator[str]:
    """Yield the lines of a CSV with headers, noting how many were sent.

    Cells that a spreadsheet would reckon with are quoted by an apostrophe.  Ids and classes are parted by spaces.
    """
    yield _line(COLUMNS)
    for one in acts:
        note_read(request, (IMPORTANT,), 1)
        told = _act_json(one)
        told |= {"at": one.event.at.isoformat(), "objects": " ".join(one.event.objects)}
        yield _line(_harmless(value) for value in (told | {"classes": " ".join(one.event.classes)}).values())


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _line(cells: Iterable[object]) -> str:
    written = StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()
