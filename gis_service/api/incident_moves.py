"""Moving an incident along its loop."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Depends, Header
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.audit_notes import note_reason
from gis_service.api.dependencies import Work
from gis_service.api.incidents import (
    IncidentId,
    OwnersNow,
    Reader,
    alarm_shares,
    answer_incident,
    owners_now,
    read_key,
    read_versions,
    working_zone,
)
from gis_service.api.incidents_openapi import INCIDENT_ANSWER
from gis_service.api.schemas_incidents import Text, storable, with_words
from gis_service.domain.alarms import AlarmShares
from gis_service.domain.move_request import MoveRequest
from gis_service.use_cases.move_incident import RetryKey, move_incident

router = APIRouter(tags=["incidents"])

State = Literal[
    "reported",
    "accepted",
    "dispatched",
    "handled",
    "verified",
    "archived",
    "evaluated",
    "returned",
    "merged",
    "cancelled",
    "unlocated",
]
Words = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(storable), AfterValidator(with_words)]


class MoveIn(BaseModel):
    """A move.  What it needs besides ``to`` depends on the state that the incident has."""

    model_config = ConfigDict(extra="forbid")

    to: State = Field(description="the state wanted; the present one to hand over or to change the handler")
    note: Words | None = Field(default=None, description="what is to be remembered of it")
    reason: Words | None = Field(default=None, description="why")
    to_grid: Text | None = Field(default=None, description="the new owner, by hand-over")
    handler: Text | None = Field(default=None, description="mediation: the grid one tier up or down in the chain")
    department: Text | None = Field(default=None, description="who is to act; the one named by the rules if left out")
    into: UUID | None = Field(default=None, description="the incident that tells of the same")
    satisfaction: Annotated[int, Field(ge=1, le=5, strict=True)] | None = Field(
        default=None, description="1 worst to 5 best"
    )
    version: Annotated[int, Field(ge=1, le=2**31 - 1, strict=True)] | None = Field(
        default=None, description="the version last seen; an incident at another one is a 412"
    )

    def to_request(self) -> MoveRequest:
        """Return it for the use case, which is told the version apart."""
        return MoveRequest(**self.model_dump(exclude={"version"}))

    def hash_for(self, incident_id: UUID) -> bytes:
        """Return what is equal for two requests that say the same of one incident."""
        said = [str(incident_id), self.model_dump(mode="json")]
        return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).digest()


async def read_retry_key(
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="new for each move, the same for each retry of it; 1 to 255 visible ASCII characters",
        ),
    ] = None,
) -> str | None:
    """Return the key of the request, which may have none."""
    return None if key is None else await read_key(key)


@router.post("/v1/incidents/{incident_id}/transitions", response_class=Response, responses=INCIDENT_ANSWER)
def post_transition(  # noqa: PLR0917 - a route names all that it takes
    request: Request,
    principal: Reader,
    incident_id: IncidentId,
    body: MoveIn,
    if_match: Annotated[frozenset[int] | None, Depends(read_versions)],
    key: Annotated[str | None, Depends(read_retry_key)],
    zone: Annotated[ZoneInfo, Depends(working_zone)],
    alarms: Annotated[AlarmShares, Depends(alarm_shares)],
    find_owners: Annotated[OwnersNow, Depends(owners_now)],
    work: Work,
) -> Response:
    """Move an incident to another state, hand it over, or change its handler; a move that is not allowed is a 409."""
    note_reason(request, body.reason or body.note or "")
    moved = move_incident(
        incident_id,
        body.to_request(),
        principal=principal,
        clock=lambda: datetime.now(UTC),
        zone=zone,
        work=work,
        alarms=alarms,
        expected=_expected(if_match, body.version),
        retry=None if key is None else RetryKey(key, body.hash_for(incident_id)),
    )
    headers: dict[str, Any] = {"Idempotency-Replayed": "true"} if moved.replayed else {}
    return answer_incident(moved.incident, principal, find_owners, headers=headers)


def _expected(if_match: frozenset[int] | None, version: int | None) -> frozenset[int] | None:
    """Return the versions that both the header and the body mean."""
    if version is None:
        return if_match
    return frozenset({version}) if if_match is None else if_match & {version}
