"""The clocks of incidents: paused, gone on with, and extended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from gis_service.api.access import require
from gis_service.api.dependencies import Work
from gis_service.api.incidents import (
    IncidentId,
    OwnersNow,
    alarm_shares,
    answer_incident,
    owners_now,
    read_versions,
    working_zone,
)
from gis_service.api.incidents_openapi import INCIDENT_ANSWER
from gis_service.api.instants import Instant
from gis_service.api.schemas_incidents import storable
from gis_service.domain.access import Principal
from gis_service.domain.alarms import AlarmShares
from gis_service.errors import ForbiddenError
from gis_service.use_cases.change_clocks import ClockAct, change_clocks

router = APIRouter(tags=["incidents"])

ASK = "ask-extension"
_WITHOUT_REASON = ("resume", "grant-extension")


class ClockActIn(BaseModel):
    """What is done to the clocks of an incident; ``until`` is the deadline that is asked for, and only then given."""

    model_config = ConfigDict(extra="forbid")

    act: Literal["pause", "resume", "ask-extension", "grant-extension", "refuse-extension"]
    reason: Annotated[str, Field(max_length=4000), AfterValidator(storable)] = Field(
        default="", description="needed to pause, to ask and to refuse"
    )
    until: Instant | None = None

    @model_validator(mode="after")
    def _says_what_is_needed(self) -> ClockActIn:
        if self.act not in _WITHOUT_REASON and not self.reason.strip():
            msg = f"reason is needed: say why, to {self.act}"
            raise ValueError(msg)
        if (self.act == ASK) != (self.until is not None):
            msg = f"until belongs to {ASK}, and is needed there"
            raise ValueError(msg)
        return self


@router.post("/v1/incidents/{incident_id}/clocks", response_class=Response, responses=INCIDENT_ANSWER)
def post_clocks(
    principal: Annotated[Principal, Depends(require("worker", "router", "dispatcher"))],
    incident_id: IncidentId,
    body: ClockActIn,
    if_match: Annotated[frozenset[int] | None, Depends(read_versions)],
    zone: Annotated[ZoneInfo, Depends(working_zone)],
    alarms: Annotated[AlarmShares, Depends(alarm_shares)],
    find_owners: Annotated[OwnersNow, Depends(owners_now)],
    work: Work,
) -> Response:
    """Pause an incident or go on, ask for an extension, grant or refuse it; all but asking is a dispatcher's."""
    if body.act != ASK and not principal.places_incidents:
        raise ForbiddenError(f"the role {principal.role} may {ASK}; to {body.act} takes dispatcher")
    act = ClockAct(body.act, body.reason, body.until)
    changed = change_clocks(
        incident_id,
        act,
        principal=principal,
        zone=zone,
        clock=lambda: datetime.now(UTC),
        work=work,
        alarms=alarms,
        expected=if_match,
    )
    return answer_incident(changed, principal, find_owners)
