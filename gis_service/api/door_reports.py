"""What residents report from the page of a door: no token, so everything else is asked for."""

from __future__ import annotations

import hashlib
import math
import time
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import orjson
from anyio import to_thread
from fastapi import APIRouter, Depends
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gis_service.api.door_desk import DoorDesk, network_of
from gis_service.api.incident_photos import Store, decoding
from gis_service.api.incidents import alarm_shares, place_at, read_key, working_zone
from gis_service.api.incidents_openapi import KEY_PARAMETER
from gis_service.api.instants import Instant
from gis_service.api.media_types import media_type_of
from gis_service.api.multipart import MULTIPART, Form, read_form
from gis_service.api.plates import TypedCode
from gis_service.api.problems import problem
from gis_service.api.schemas_incidents import Text, storable, with_words
from gis_service.domain.alarms import AlarmShares
from gis_service.domain.form_token import is_form_signed
from gis_service.domain.incident import DeclaredPoint, Report
from gis_service.domain.place import Locate
from gis_service.errors import ForbiddenError, InputFault, RuleBrokenError, TooLargeError
from gis_service.use_cases.find_door import find_door
from gis_service.use_cases.report_at_door import report_at_door
from gis_service.use_cases.report_incident import IncidentRequest

router = APIRouter(tags=["buildings"])

FIELDS_BYTES = 64 * 1024
"""What a form may have beside its photo."""

LONGEST_TEXT = 500

_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["category", "text", "token"],
    "properties": {
        "category": {"type": "string"},
        "text": {"type": "string", "maxLength": LONGEST_TEXT},
        "token": {"type": "string", "description": "from the page, or from /b/{code}/form"},
        "lon": {"type": "number", "description": "where it is when not at the door; WGS 84"},
        "lat": {"type": "number"},
        "accuracy_m": {"type": "number"},
        "written_at": {"type": "string", "format": "date-time", "description": "when it was seen; now when left out"},
        "photo": {"type": "string", "format": "binary"},
    },
}
_OPENAPI = {
    "parameters": [KEY_PARAMETER],
    "requestBody": {"required": True, "content": {MULTIPART: {"schema": _FORM}}},
}


class DoorReport(BaseModel):
    """The fields of the form; ``website`` is one that people do not see, and programs fill in."""

    model_config = ConfigDict(extra="forbid")

    category: Text
    text: Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(storable), AfterValidator(with_words)]
    token: Annotated[str, Field(max_length=200)]
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    accuracy_m: Annotated[float, Field(ge=0, le=100_000)] | None = None
    written_at: Instant | None = None
    website: str = ""

    def to_request(self, key: str, typed: str, photo: bytes | None, now: datetime) -> IncidentRequest:
        """Return the report for the use case: at the door, or where the phone was.

        A report that waited in a phone happened when it was written; a phone whose clock runs ahead is not believed.
        """
        said = self.model_dump(mode="json", exclude={"token", "website"}, exclude_none=True)
        said |= {"door": typed, "photo": None if photo is None else hashlib.sha256(photo).hexdigest()}
        is_here = self.lon is None or self.lat is None
        report = Report(
            category=self.category,
            severity="general",
            channel="resident",
            description=self.text.strip(),
            occurred_at=now if self.written_at is None else min(self.written_at, now),
            building_code=typed if is_here else None,
            locus=None if is_here else f"门牌 {typed} 处扫码上报 / reported from the plate {typed}",
            accuracy_m=None if is_here else self.accuracy_m,
        )
        point = None if self.lon is None or self.lat is None else DeclaredPoint(self.lon, self.lat, "EPSG:4326")
        body_hash = hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).digest()
        return IncidentRequest(report, key, body_hash, point=point)


async def read_report_form(request: Request) -> Form:
    """Return the form of the request; one that is too large is not kept in memory."""
    if media_type_of(request) != MULTIPART:
        raise HTTPException(415, f"the Content-Type must be {MULTIPART}")
    limit = request.state.photo_limit_bytes + FIELDS_BYTES
    body, size = bytearray(), 0
    # Read to its end all the same, so that the client reads the answer instead of a reset connection.
    async for piece in request.stream():
        size += len(piece)
        if size <= limit:
            body += piece
        else:
            body.clear()
    if size > limit:
        raise TooLargeError(
            f"the report is larger than {limit} bytes; send a smaller photo / 照片过大", code="photo-too-large"
        )
    return read_form(bytes(body), request.headers["content-type"])


@router.post(
    "/b/{code}/reports",
    status_code=201,
    response_class=Response,
    responses={
        201: {"description": "Taken in.", "content": {"application/json": {}}},
        200: {"description": "The same report was taken in before.", "content": {"application/json": {}}},
    },
    openapi_extra=_OPENAPI,
)
async def post_report(
    request: Request,
    code: TypedCode,
    key: Annotated[str, Depends(read_key)],
    form: Annotated[Form, Depends(read_report_form)],
    locate: Annotated[Locate, Depends(place_at)],
    zone: Annotated[ZoneInfo, Depends(working_zone)],
    alarms: Annotated[AlarmShares, Depends(alarm_shares)],
    store: Store,
) -> Response:
    """Take in a report from the form of a door's page; the answer is a number to quote, and nothing else."""
    report = _parse(form)

    def take_in() -> Response:
        now = datetime.now(UTC)
        wait_s = _admit(request, find_door(code, request.state.open_work()), report, now)
        if wait_s:
            return _too_many(wait_s)
        receipt = report_at_door(
            report.to_request(key, code.strip(), form.file, now),
            form.file,
            locate=locate,
            store=store,
            zone=zone,
            now=now,
            alarms=alarms,
            open_work=request.state.open_work,
        )
        photo = None if receipt.photo_refused is None else "refused" if receipt.photo_refused else "kept"
        answer = {"number": receipt.number, "photo": photo}
        headers = {"Cache-Control": "no-store"}
        return JSONResponse(answer, 200 if receipt.replayed else 201, headers=headers)

    return await to_thread.run_sync(take_in, limiter=None if form.file is None else decoding)


def _parse(form: Form) -> DoorReport:
    try:
        report = DoorReport.model_validate(form.fields)
    except ValidationError as error:
        entries = error.errors(include_context=False, include_input=False)
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in entries]) from None
    if (report.lon is None) != (report.lat is None):
        missing = "/lon" if report.lon is None else "/lat"
        fault = InputFault(missing, "is missing; a position takes both lon and lat")
        raise RuleBrokenError(f"{missing}: {fault.detail}", faults=[fault])
    if report.website:
        raise RuleBrokenError("the form was filled in by a program", code="form-refused")
    return report


def _admit(request: Request, building: str, report: DoorReport, now: datetime) -> float:
    """Return 0 for a report to be taken in, or the seconds to wait before the next one.

    Raises:
        ForbiddenError: its form was not loaded from here, or too long ago: code ``form-expired``.
    """
    desk: DoorDesk = request.state.door
    if not is_form_signed(report.token, desk.secret, building, now):
        raise ForbiddenError(
            "the form was not loaded from this page, or too long ago; load it again / 页面已过期，请刷新后再提交",
            code="form-expired",
        )
    host = None if request.client is None else request.client.host
    return desk.of_address.take(network_of(host), time.monotonic()) or desk.of_building.take(
        building, time.monotonic()
    )


def _too_many(wait_s: float) -> Response:
    after = str(math.ceil(wait_s))
    detail = f"too many reports from here; try again in {after} s / 上报过于频繁，请 {after} 秒后再试"
    return problem(429, "too-many-reports", detail, headers={"Retry-After": after})
