"""Many reports at once, as a phone sends them that was without a signal for days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.access import require
from gis_service.api.audit_notes import note_read
from gis_service.api.duplex import DuplexResponse, pieces_of
from gis_service.api.incident_lines import LONGEST_LINE_BYTES, Answer, answer_lines
from gis_service.api.incidents import OwnersNow, alarm_shares, owners_now, place_at, working_zone
from gis_service.api.incidents_openapi import INCIDENT_SCHEMA
from gis_service.api.media_types import NDJSON, media_type_of
from gis_service.api.schemas_incidents import IncidentLine, incidents_json
from gis_service.domain.access import Principal
from gis_service.domain.alarms import AlarmShares
from gis_service.domain.place import Locate
from gis_service.errors import ServiceError
from gis_service.use_cases.report_incident import Receipt
from gis_service.use_cases.report_incidents import report_incidents

router = APIRouter(tags=["incidents"])

_LINE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "one of incident and problem; the last line may lack its number, when the stream ends early",
    "properties": {
        "line": {"type": "integer", "minimum": 1},
        "status": {"type": "integer"},
        "incident": INCIDENT_SCHEMA,
        "problem": {"type": "object"},
    },
    "required": ["status"],
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"a report on each line, of at most {LONGEST_LINE_BYTES} bytes; blank lines are passed over",
        "content": {NDJSON: {"schema": {"type": "string"}}},
    }
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "A line for each report, in their order.", "content": {NDJSON: {"schema": _LINE_SCHEMA}}}
}


async def only_ndjson(request: Request) -> None:
    """Refuse a body of another type (415)."""
    given = media_type_of(request)
    if given != NDJSON:
        raise HTTPException(415, f"the Content-Type must be {NDJSON}; it is {given or 'missing'}")


@router.post(
    "/v1/incidents/batch",
    response_class=Response,
    responses=RESPONSES,
    openapi_extra=_BODY,
)
async def post_incidents(
    request: Request,
    principal: Annotated[Principal, Depends(require("worker", "router", "dispatcher"))],
    _: Annotated[None, Depends(only_ndjson)],
    locate: Annotated[Locate, Depends(place_at)],
    zone: Annotated[ZoneInfo, Depends(working_zone)],
    alarms: Annotated[AlarmShares, Depends(alarm_shares)],
    find_owners: Annotated[OwnersNow, Depends(owners_now)],
) -> Response:
    """Report many incidents, a line each; every line is answered by a line, and is stored when it is."""
    open_work = request.state.open_work

    def take_in(lines: Sequence[IncidentLine]) -> list[Answer]:
        now = datetime.now(UTC)
        outcomes = report_incidents(
            [line.to_request(line.idempotency_key, now) for line in lines],
            principal=principal,
            locate=locate,
            zone=zone,
            now=now,
            work=open_work(),
            alarms=alarms,
        )
        receipts = [one for one in outcomes if isinstance(one, Receipt)]
        records = [one.incident for one in receipts]
        note_read(request, (), len(records), [one.id for one in records])
        told = iter(zip(receipts, incidents_json(records, principal, find_owners(records)), strict=True))
        return [one if isinstance(one, ServiceError) else _answered(*next(told)) for one in outcomes]

    return DuplexResponse(answer_lines(pieces_of(request), take_in), NDJSON, {})


def _answered(receipt: Receipt, incident: dict[str, Any]) -> Answer:
    return 200 if receipt.replayed else 201, incident
