"""Incidents on redrawn ground: which wait for another owner, and their hand-over."""

from __future__ import annotations

from typing import Annotated, Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Depends
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from gis_service.api.access import require
from gis_service.api.dependencies import Work
from gis_service.api.history import Number
from gis_service.api.incidents import alarm_shares, working_zone
from gis_service.api.openapi_words import CODE, NUMBER, array_of, nullable, object_of
from gis_service.api.schemas_incidents import storable
from gis_service.domain.access import Principal
from gis_service.domain.alarms import AlarmShares
from gis_service.domain.hand_over import BulkHandOver, HandOver
from gis_service.use_cases.hand_over_incidents import hand_over_incidents
from gis_service.use_cases.list_hand_overs import list_hand_overs

router = APIRouter(tags=["incidents"])

MOST_NAMED = 10_000

_INTEGER = {"type": "integer"}
_ID = {"type": "string", "format": "uuid"}
_WAITING = object_of(
    {
        "edition": _INTEGER,
        "proposed_in": _INTEGER,
        "incidents": array_of(
            object_of(
                {
                    "id": _ID,
                    "version": _INTEGER,
                    "state": {"type": "string"},
                    "category": {"type": "string"},
                    "point": nullable(object_of({"lon": NUMBER, "lat": NUMBER})),
                    "owner": CODE,
                    "proposed_owner": nullable(CODE),
                }
            )
        ),
    }
)
_DONE = object_of(
    {
        "edition": _INTEGER,
        "proposed_in": _INTEGER,
        "handed_over": array_of(object_of({"id": _ID, "version": _INTEGER, "from": CODE, "to": CODE})),
        "left": array_of(
            object_of({"id": _ID, "why": {"type": "string", "enum": ["nobodys-ground", "not-waiting"]}})
        ),
    }
)


class HandOverIn(BaseModel):
    """Which of the waiting incidents are to be handed over: ``all``, or those named."""

    model_config = ConfigDict(extra="forbid")

    all: bool = False
    incidents: Annotated[list[UUID], Field(min_length=1, max_length=MOST_NAMED)] | None = None
    reason: Annotated[str, Field(max_length=1000), AfterValidator(storable)] = ""

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if self.all == (self.incidents is not None):
            msg = "say which: either all is true, or incidents names some"
            raise ValueError(msg)
        return self


@router.get(
    "/v1/editions/{number}/hand-overs",
    response_class=Response,
    responses={200: {"content": {"application/json": {"schema": _WAITING}}}},
)
def get_hand_overs(
    number: Number, work: Work, principal: Annotated[Principal, Depends(require("dispatcher", "planner", "auditor"))]
) -> Response:
    """Return the open incidents whose ground an edition gave to another grid, with the owner they should have."""
    found = list_hand_overs(number, principal, work)
    return _json(
        {
            "edition": found.edition,
            "proposed_in": found.proposed_in,
            "incidents": [_waiting(one) for one in found.hand_overs],
        }
    )


@router.post(
    "/v1/editions/{number}/hand-overs",
    response_class=Response,
    responses={200: {"content": {"application/json": {"schema": _DONE}}}},
)
def post_hand_overs(
    number: Number,
    body: HandOverIn,
    work: Work,
    principal: Annotated[Principal, Depends(require("dispatcher"))],
    zone: Annotated[ZoneInfo, Depends(working_zone)],
    alarms: Annotated[AlarmShares, Depends(alarm_shares)],
) -> Response:
    """Hand over all or some of them to the owners proposed, in one act; a second time it changes nothing."""
    wanted = None if body.incidents is None else set(body.incidents)
    return _json(_done(hand_over_incidents(number, wanted, body.reason, principal, work, zone=zone, alarms=alarms)))


def _waiting(one: HandOver) -> dict[str, Any]:
    incident = one.incident
    return {
        "id": str(incident.id),
        "version": incident.version,
        "state": incident.state,
        "category": incident.category,
        "point": None if incident.point is None else {"lon": incident.point.lon, "lat": incident.point.lat},
        "owner": incident.owner,
        "proposed_owner": one.proposed,
    }


def _done(act: BulkHandOver) -> dict[str, Any]:
    return {
        "edition": act.edition,
        "proposed_in": act.proposed_in,
        "handed_over": [
            {"id": str(one.id), "version": one.version, "from": one.from_code, "to": one.to_code} for one in act.done
        ],
        "left": [
            *({"id": str(one), "why": "nobodys-ground"} for one in act.nobodys),
            *({"id": str(one), "why": "not-waiting"} for one in act.not_waiting),
        ],
    }


def _json(body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")
