"""Devices that watch: which are silent, and which were heard of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.access import require
from gis_service.api.area_events import json_answer
from gis_service.api.audit_notes import note_read
from gis_service.api.dependencies import Box, JsonOrLines, Work
from gis_service.api.duplex import DuplexResponse, pieces_of
from gis_service.api.emergency_openapi import DEVICES_RESPONSES
from gis_service.api.instants import Instant
from gis_service.api.json_model import read_model
from gis_service.api.media_types import NDJSON
from gis_service.api.paging import encode_cursor, link_next
from gis_service.api.people_openapi import HEARTBEATS_RESPONSES, body_or_lines
from gis_service.api.query import only_known_parameters
from gis_service.api.resources import Caller, Cursor, Kind, OnGrid, code_of
from gis_service.api.schemas_devices import device_json
from gis_service.api.schemas_incidents import Text
from gis_service.api.told_lines import tell_refused
from gis_service.domain.access import Principal
from gis_service.domain.device import DeviceFilter
from gis_service.errors import NotFoundError, ServiceError
from gis_service.use_cases.find_devices import find_devices
from gis_service.use_cases.hear_devices import hear_devices

router = APIRouter(tags=["emergency"], dependencies=[Depends(only_known_parameters)])


LINES_AT_ONCE = 5_000
"""Heartbeats stored by one statement."""


class Heartbeat(BaseModel):
    """A device that was heard of."""

    model_config = ConfigDict(extra="forbid")

    code: Text
    at: Instant | None = Field(default=None, description="now when left out; an instant to come is now")


class HeartbeatsIn(BaseModel):
    """Devices that were heard of; of a device that comes twice, the last instant counts."""

    model_config = ConfigDict(extra="forbid")

    heartbeats: list[Heartbeat] = Field(max_length=10_000)


@router.get("/v1/devices", response_class=Response, responses=DEVICES_RESPONSES)
def get_devices(  # noqa: PLR0917 - a route names all that it takes
    request: Request,
    principal: Caller,
    work: Work,
    box: Box,
    kind: Kind = None,
    grid: OnGrid = None,
    silent: Annotated[
        bool | None, Query(description="not heard of for longer than its kind allows; neither: it never reports")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Cursor = None,
) -> Response:
    """Return the devices that match, by code; what is not general, to who works on that ground."""
    after = None if cursor is None else code_of(cursor)
    edition, found, owners = find_devices(DeviceFilter(kind, grid, box, silent, after, limit + 1), principal, work)
    following = encode_cursor(found[limit - 1].device.code) if len(found) > limit else None
    note_read(request, {one.device.data_class for one in found[:limit]}, len(found[:limit]))
    told = [device_json(one, owners.get(one.device.code)) for one in found[:limit]]
    response = json_answer({"edition": edition, "devices": told, "next": following})
    link_next(request, response, following)
    return response


@router.post(
    "/v1/devices/heartbeats",
    response_class=Response,
    responses=HEARTBEATS_RESPONSES,
    openapi_extra=body_or_lines(HeartbeatsIn, "on each line a code and, if not now, the instant"),
)
def post_heartbeats(
    request: Request,
    principal: Annotated[Principal, Depends(require("router", "dispatcher"))],
    body: JsonOrLines,
    work: Work,
) -> Response:
    """Take down which devices were heard of, as a list or one a line; never moves one back in time."""
    if body is None:
        told = tell_refused(
            pieces_of(request),
            Heartbeat,
            lambda lines: _hear(lines, principal, request.state.open_work()),
            words=("heard",),
            at_once=LINES_AT_ONCE,
        )
        return DuplexResponse(told, NDJSON, {})
    given = read_model(HeartbeatsIn, body)
    unknown = hear_devices([(one.code, one.at) for one in given.heartbeats], principal, work)
    named = {one.code for one in given.heartbeats}
    return json_answer({"heard": len(named) - len(unknown), "unknown": unknown})


def _hear(lines: Sequence[Heartbeat], principal: Principal, work: Work) -> list[str | ServiceError]:
    unknown = set(hear_devices([(one.code, one.at) for one in lines], principal, work))
    return [
        NotFoundError(f"there is no device {one.code!r} that you may see", code="unknown-device")
        if one.code in unknown
        else "heard"
        for one in lines
    ]
