"""Departments, and the rules by which incidents find department and deadline: tables to read, edit and try."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Depends, Header, Path, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.access import require
from gis_service.api.dependencies import Body, Work
from gis_service.api.incidents import working_zone
from gis_service.api.instants import Instant
from gis_service.api.media_types import CSV, charset_of, is_json, media_type_of, prefers_csv
from gis_service.api.plans import read_if_match
from gis_service.api.rules_openapi import CHANGE_RESPONSES, TABLES, TRIAL_RESPONSES, read_responses, rows_body
from gis_service.api.schemas_rules import change_json, trial_json
from gis_service.domain.access import ROLES, Principal
from gis_service.domain.rule_change import DECIDING_TABLES
from gis_service.domain.rule_sheet import write_row
from gis_service.errors import ForbiddenError, NotFoundError
from gis_service.files.rule_files import read_csv, read_json, write_csv, write_json
from gis_service.use_cases.change_rules import GivenRows, change_rules, read_table
from gis_service.use_cases.try_rules import MOST_TRIED, USUAL_LIMIT, TrialWindow, try_rules

router = APIRouter(tags=["rules"])

Reader = Annotated[Principal, Depends(require(*ROLES))]


async def require_editor(principal: Annotated[Principal, Depends(require("admin"))]) -> Principal:
    """Let through administrators of the whole ground: rules hold everywhere."""
    if principal.scope is not None:
        raise ForbiddenError("rules hold everywhere: this takes an admin's token without a scope")
    return principal


async def parse_table(table: Annotated[str, Path(json_schema_extra={"enum": list(TABLES)})]) -> str:
    """Return the table that the address names."""
    return _known(table, TABLES)


async def parse_deciding_table(table: Annotated[str, Path(json_schema_extra={"enum": list(DECIDING_TABLES)})]) -> str:
    """Return the table that the address names, whose rules decide about incidents."""
    return _known(table, DECIDING_TABLES)


async def read_state(
    if_match: Annotated[
        str | None, Header(description="the table's ETag as last seen; a table in another state is a 412")
    ] = None,
) -> frozenset[str] | None:
    """Return the tags of the states that the caller means, whichever form of the table they read."""
    tags = await read_if_match(if_match)
    return None if tags is None else frozenset(tag.removesuffix(".csv").removesuffix(".json") for tag in tags)


async def read_form(request: Request) -> str | None:
    """Return the charset of a CSV body, empty when it names none, or None for JSON; another type is a 415."""
    given = media_type_of(request)
    if given == CSV:
        return charset_of(request)
    if is_json(given):
        return None
    raise HTTPException(415, f"the Content-Type must be {CSV} or application/json; it is {given or 'missing'}")


Table = Annotated[str, Depends(parse_table)]
DecidingTable = Annotated[str, Depends(parse_deciding_table)]
Editor = Annotated[Principal, Depends(require_editor)]
State = Annotated[frozenset[str] | None, Depends(read_state)]
Form = Annotated[str | None, Depends(read_form)]
Zone = Annotated[ZoneInfo, Depends(working_zone)]
Whole = Annotated[
    bool, Query(alias="replace", description="true: these rows are all; rules that are not among them end now")
]


@router.get("/v1/departments", response_class=Response, responses=read_responses("departments"))
def get_departments(request: Request, _: Reader, zone: Zone, work: Work) -> Response:
    """Return the departments that act, as JSON, or as CSV for who accepts `text/csv`."""
    return _show("departments", request, zone, work)


@router.put(
    "/v1/departments", response_class=Response, responses=CHANGE_RESPONSES, openapi_extra=rows_body("departments")
)
def put_departments(_: Editor, state: State, form: Form, body: Body, work: Work, *, whole: Whole = False) -> Response:
    """Put departments into the table by their codes, all or nothing."""
    return _change(_given("departments", body, form, whole=whole), state, work)


@router.get("/v1/rules/{table}", response_class=Response, responses=read_responses(*TABLES))
def get_rules(request: Request, _: Reader, table: Table, zone: Zone, work: Work) -> Response:
    """Return a table of rules, those that have ended too, as JSON, or as CSV for who accepts `text/csv`."""
    return _show(table, request, zone, work)


@router.put(
    "/v1/rules/{table}", response_class=Response, responses=CHANGE_RESPONSES, openapi_extra=rows_body(*TABLES)
)
def put_rules(
    _: Editor, table: Table, state: State, form: Form, body: Body, work: Work, *, whole: Whole = False
) -> Response:
    """Put rows into a table of rules, each in the place of the one with its key, all or nothing."""
    return _change(_given(table, body, form, whole=whole), state, work)


@router.post(
    "/v1/rules/{table}/dry-run",
    response_class=Response,
    responses=TRIAL_RESPONSES,
    openapi_extra=rows_body(*DECIDING_TABLES),
)
def post_dry_run(
    _: Editor,
    table: DecidingTable,
    form: Form,
    body: Body,
    zone: Zone,
    work: Work,
    *,
    whole: Whole = False,
    since: Annotated[Instant | None, Query(description="reported then or later; 30 days before `until`")] = None,
    until: Annotated[Instant | None, Query(description="reported before that; now when left out")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_TRIED, description="incidents, the newest")] = USUAL_LIMIT,
) -> Response:
    """Say what rows would have changed for incidents already reported; nothing is written."""
    now = datetime.now(UTC)
    given = _given(table, body, form, whole=whole)
    trial = try_rules(given, TrialWindow.around(since, until, now, limit), work, now=now, zone=zone)
    return _json(trial_json(table, trial))


def _show(table: str, request: Request, zone: ZoneInfo, work: Work) -> Response:
    state = read_table(table, work)
    rows = [write_row(table, entry, zone) for entry in state.entries]
    headers = {"Cache-Control": "no-cache", "Vary": "Accept"}
    if prefers_csv(request.headers.get("accept")):
        headers |= {
            "ETag": f'"{state.tag}.csv"',
            "Content-Disposition": f'attachment; filename="{table}.csv"',
        }
        return Response(write_csv(table, rows), media_type="text/csv", headers=headers)
    headers["ETag"] = f'"{state.tag}.json"'
    return Response(write_json(table, rows), media_type="application/json", headers=headers)


def _change(given: GivenRows, expected: frozenset[str] | None, work: Work) -> Response:
    change, state = change_rules(given, work, now=datetime.now(UTC), expected=expected)
    return _json(change_json(given.table, change), {"ETag": f'"{state.tag}.json"'})


def _given(table: str, body: bytes, charset: str | None, *, whole: bool) -> GivenRows:
    file = read_json(table, body) if charset is None else read_csv(table, body, charset or None)
    return GivenRows(table, file.rows, whole, file.lines)


def _known(table: str, tables: Sequence[str]) -> str:
    if table not in tables:
        raise NotFoundError(f"there is no table {table[:64]!r} here; there are {', '.join(tables)}")
    return table


def _json(body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    told = {"Cache-Control": "no-cache", **(headers or {})}
    return Response(orjson.dumps(body, option=orjson.OPT_UTC_Z), media_type="application/json", headers=told)
