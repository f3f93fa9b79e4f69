"""Incidents: reported, read and listed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Depends, Header, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.access import require
from gis_service.api.audit_notes import note_read
from gis_service.api.dependencies import Box, Work
from gis_service.api.incidents_openapi import INCIDENT_ANSWER, KEY_PARAMETER, POST_RESPONSES
from gis_service.api.instants import Instant
from gis_service.api.paging import decode_cursor, encode_cursor, link_next
from gis_service.api.schemas_incidents import IncidentIn, events_json, incidents_json
from gis_service.domain.access import CORE, IMPORTANT, ROLES, Principal
from gis_service.domain.alarms import AlarmShares
from gis_service.domain.incident import STATES, IncidentFilter, IncidentRecord
from gis_service.domain.place import ChainLink, Locate
from gis_service.errors import InputFault, NotFoundError, RuleBrokenError
from gis_service.use_cases import read_incidents
from gis_service.use_cases.find_owners_now import find_owners_now
from gis_service.use_cases.find_place import find_place
from gis_service.use_cases.report_incident import report_incident

router = APIRouter(tags=["incidents"])

_TAG = re.compile(r'(?:W/)?"[^"]*"')
_VERSION_TAG = re.compile(r'"([0-9]{1,10})"')
VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,255}")
CANONICAL_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
JSON: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {}}}}


async def place_at(request: Request) -> Locate:
    """Return the lookup of whose ground a point was; async, so that it takes no worker thread."""
    return partial(find_place, request.state.snapshots, request.state.open_work)


async def working_zone(request: Request) -> ZoneInfo:
    """Return the time zone of working days."""
    zone: ZoneInfo = request.state.timezone
    return zone


async def alarm_shares(request: Request) -> AlarmShares:
    """Return when the clocks of incidents ring."""
    shares: AlarmShares = request.state.alarms
    return shares


OwnersNow: TypeAlias = Callable[[Sequence[IncidentRecord]], list[ChainLink | None]]


async def owners_now(request: Request) -> OwnersNow:
    """Return the lookup of whose incidents would be now; async, so that it takes no worker thread."""
    state = request.state
    return lambda records: find_owners_now(records, state.snapshots.current, state.open_work)


async def read_key(
    key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", include_in_schema=False),  # told in incidents_openapi.py: it is required
    ] = None,
) -> str:
    """Return the key of the request: 1 to 255 visible ASCII characters."""
    if key is None:
        raise _bad_key(
            "is missing: send a new one with each request, and the same one with each retry of it", "missing"
        )
    if VISIBLE_ASCII.fullmatch(key) is None:
        raise _bad_key("must be 1 to 255 visible ASCII characters", "invalid")
    return key


async def read_versions(
    if_match: Annotated[
        str | None, Header(description="the incident's ETag as last seen; an incident at another version is a 412")
    ] = None,
) -> frozenset[int] | None:
    """Return the versions that the caller means; None when any will do (RFC 9110, 13.1.1)."""
    if if_match is None or if_match.strip() == "*":
        return None
    tags = [tag.strip() for tag in if_match.split(",")]
    if not all(_TAG.fullmatch(tag) for tag in tags):
        sentence = 'must be * or entity tags in double quotes, like "7"'
        raise RuleBrokenError(f"the header If-Match {sentence}", faults=[InputFault("If-Match", sentence)])
    return frozenset(int(found[1]) for tag in tags if (found := _VERSION_TAG.fullmatch(tag)))


async def parse_id(incident_id: Annotated[str, Path(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])]) -> UUID:
    """Return the id in the path; what is no UUID as RFC 9562 writes it, in small letters, is the id of nothing."""
    if CANONICAL_UUID.fullmatch(incident_id) is None:
        raise NotFoundError(f"incident {incident_id[:64]} is not there")
    return UUID(incident_id)


async def parse_states(
    state: Annotated[list[str] | None, Query(description="may repeat, or be comma separated")] = None,
) -> tuple[str, ...]:
    """Return the states asked for; none asks for all."""
    wanted = tuple(word for given in state or () for word in given.split(","))
    if unknown := [word for word in wanted if word not in STATES]:
        sentence = f"{unknown[0][:64]!r} is no state; the states are {', '.join(STATES)}"
        raise RuleBrokenError(f"state: {sentence}", faults=[InputFault("state", sentence)])
    return wanted


def _bad_key(sentence: str, what: str) -> RuleBrokenError:
    fault = InputFault("Idempotency-Key", sentence)
    return RuleBrokenError(f"the header Idempotency-Key {sentence}", code=f"idempotency-key-{what}", faults=[fault])


Reader = Annotated[Principal, Depends(require(*ROLES))]
IncidentId = Annotated[UUID, Depends(parse_id)]
"""To be named after the caller: dependencies are asked in order, and who shows no token learns nothing of ids."""


@router.post(
    "/v1/incidents",
    status_code=201,
    response_class=Response,
    responses=POST_RESPONSES,
    openapi_extra={"parameters": [KEY_PARAMETER]},
)
def post_incident(
    body: IncidentIn,
    principal: Annotated[Principal, Depends(require("worker", "router", "dispatcher"))],
    key: Annotated[str, Depends(read_key)],
    locate: Annotated[Locate, Depends(place_at)],
    zone: Annotated[ZoneInfo, Depends(working_zone)],
    alarms: Annotated[AlarmShares, Depends(alarm_shares)],
    find_owners: Annotated[OwnersNow, Depends(owners_now)],
    work: Work,
) -> Response:
    """Report an incident; the answer says whose it is, who must act, by when, and why."""
    now = datetime.now(UTC)
    receipt = report_incident(
        body.to_request(key, now),
        principal=principal,
        locate=locate,
        zone=zone,
        now=now,
        work=work,
        alarms=alarms,
    )
    headers = {"Location": f"/v1/incidents/{receipt.incident.id}"}
    if receipt.replayed:
        headers["Idempotency-Replayed"] = "true"
    return answer_incident(receipt.incident, principal, find_owners, 200 if receipt.replayed else 201, headers)


@router.get("/v1/incidents", response_class=Response, responses=JSON)
def get_incidents(  # noqa: PLR0917 - a route names all that it takes
    request: Request,
    principal: Reader,
    work: Work,
    box: Box,
    find_owners: Annotated[OwnersNow, Depends(owners_now)],
    states: Annotated[tuple[str, ...], Depends(parse_states)],
    grid: Annotated[str | None, Query(pattern="^[0-9A-Za-z]{1,32}$", description="and all grids below it")] = None,
    category: Annotated[
        str | None, Query(pattern=r"^[a-z_]+(\.[a-z_]+)*$", max_length=200, description="and all below it")
    ] = None,
    since: Annotated[Instant | None, Query(description="happened at this instant or later")] = None,
    until: Annotated[Instant | None, Query(description="happened before this instant")] = None,
    overdue: Annotated[bool | None, Query(description="not handled, and its deadline has passed")] = None,
    external_id: Annotated[
        str | None,
        Query(pattern=r"^[^\x00]{1,200}$", description="the number that another system, or a door's page, gave it"),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Return the incidents that match, the newest reported first; each caller sees their own ground."""
    wanted = IncidentFilter(
        states=states,
        grid=grid,
        category=category,
        since=since,
        until=until,
        bbox=box,
        overdue=overdue,
        external_id=external_id,
        after=None if cursor is None else _after(cursor),
        limit=limit + 1,
    )
    records = read_incidents.find_incidents(wanted, principal, work)
    following = encode_cursor(records[limit - 1].id.hex) if len(records) > limit else None
    shown = records[:limit]
    note_read(request, classes_shown(shown, principal), len(shown), [one.id for one in shown])
    answers = incidents_json(shown, principal, find_owners(shown))
    response = _json({"incidents": answers, "next": following})
    link_next(request, response, following)
    return response


@router.get("/v1/incidents/{incident_id}", response_class=Response, responses=INCIDENT_ANSWER)
def get_incident(
    request: Request,
    principal: Reader,
    incident_id: IncidentId,
    find_owners: Annotated[OwnersNow, Depends(owners_now)],
    work: Work,
) -> Response:
    """Return one incident; its ETag is its version, for If-Match."""
    record = read_incidents.read_incident(incident_id, principal, work)
    note_read(request, classes_shown([record], principal), 1)
    return answer_incident(record, principal, find_owners)


@router.get("/v1/incidents/{incident_id}/events", response_class=Response, responses=JSON)
def get_events(principal: Reader, incident_id: IncidentId, work: Work) -> Response:
    """Return what happened to one incident, the oldest first."""
    return _json(events_json(read_incidents.read_events(incident_id, principal, work)))


def classes_shown(records: Iterable[IncidentRecord], principal: Principal) -> tuple[str, ...]:
    """Return the data classes of incidents as this caller gets them: who reported one is core."""
    tells_reporters = CORE in principal.data_classes and any(one.in_charge for one in records)
    return (IMPORTANT, CORE) if tells_reporters else (IMPORTANT,)


def answer_incident(
    record: IncidentRecord,
    principal: Principal,
    find_owners: OwnersNow,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return one incident as this caller gets it, with its version as its ETag."""
    (answer,) = incidents_json([record], principal, find_owners([record]))
    return _json(answer, status, {"ETag": f'"{record.version}"', **(headers or {})})


def _after(cursor: str) -> UUID:
    (last,) = decode_cursor(cursor, str)
    try:
        return UUID(last)
    except ValueError:
        sentence = "is no cursor of this list; take it from 'next' of the page before"
        fault = InputFault("cursor", sentence)
        raise RuleBrokenError(f"cursor {sentence}", code="bad-cursor", faults=[fault]) from None


def _json(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(
        orjson.dumps(body, option=orjson.OPT_UTC_Z), status, media_type="application/json", headers=headers
    )
