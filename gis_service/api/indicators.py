"""Themes of the map: what is measured by grid, how fresh it is, and values to colour grids by."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.access import permission_of, require
from gis_service.api.audit_notes import note_read
from gis_service.api.dependencies import Body, Work
from gis_service.api.grids import LARGEST_NUMBER, EditionNumber
from gis_service.api.indicators_openapi import (
    CHANGE_RESPONSES,
    DEFINITIONS_BODY,
    IMPORT_RESPONSES,
    LIST_RESPONSES,
    VALUES_BODY,
    VALUES_RESPONSES,
)
from gis_service.api.media_types import prefers_csv
from gis_service.api.paging import bad_cursor, decode_cursor, encode_cursor, link_next
from gis_service.api.query import only_known_parameters
from gis_service.api.rules import Form, State, Whole, Zone, require_editor
from gis_service.api.schemas_indicators import definition_change_json, definitions_json, import_json, map_json
from gis_service.domain.access import Principal
from gis_service.domain.indicator_rows import definition_row
from gis_service.domain.indicator_view import read_period
from gis_service.errors import InputFault, RuleBrokenError
from gis_service.files.indicator_files import DEFINITION_FORM, VALUE_FORM, read_indicator_file
from gis_service.files.row_files import write_csv
from gis_service.use_cases.change_indicators import change_indicators
from gis_service.use_cases.import_indicators import GivenValues, import_indicators
from gis_service.use_cases.read_indicators import Span, ValueQuestion, list_definitions, read_values

router = APIRouter(tags=["indicators"], dependencies=[Depends(only_known_parameters)])


_CODE = re.compile("[0-9A-Za-z]{1,32}")


async def parse_period(
    period: Annotated[
        str | None,
        Query(
            max_length=32,
            description="2025, 2025-Q3, 2025-H2, 2025-07 or 2025-07-01/2025-08-01; the newest by default",
        ),
    ] = None,
) -> Span | None:
    """Return the period of a request."""
    if period is None:
        return None
    try:
        return read_period(period)
    except ValueError as error:
        raise RuleBrokenError(
            f"period {error}", code="bad-period", faults=[InputFault("period", str(error))]
        ) from None


Caller = Annotated[Principal, Depends(permission_of)]
Code = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Period = Annotated[Span | None, Depends(parse_period)]
LevelCode = Annotated[str | None, Query(pattern="^[a-z_]{1,32}$", description="grids of this level alone")]
GridCode = Annotated[str | None, Query(pattern="^[0-9A-Za-z]{1,32}$", description="this grid and all below it")]
Cursor = Annotated[str | None, Query(max_length=500)]


@router.get("/v1/indicators", response_class=Response, responses=LIST_RESPONSES)
def get_indicators(request: Request, principal: Caller, zone: Zone, work: Work) -> Response:
    """Return the indicators of the classes that the caller sees, as JSON, or as CSV for who accepts `text/csv`."""
    listed = list_definitions(principal, work)
    headers = {"Cache-Control": "no-cache", "Vary": "Accept, Authorization"}
    if prefers_csv(request.headers.get("accept")):
        headers |= {
            "ETag": f'"{listed.tag}.csv"',
            "Content-Disposition": 'attachment; filename="indicators.csv"',
        }
        body = write_csv(DEFINITION_FORM, map(definition_row, listed.indicators))
        return Response(body, media_type="text/csv", headers=headers)
    headers["ETag"] = f'"{listed.tag}.json"'
    told = {"indicators": definitions_json(listed, datetime.now(zone).date()), "next": None}
    return Response(orjson.dumps(told), media_type="application/json", headers=headers)


@router.put("/v1/indicators", response_class=Response, responses=CHANGE_RESPONSES, openapi_extra=DEFINITIONS_BODY)
def put_indicators(
    _: Annotated[Principal, Depends(require_editor)],
    state: State,
    form: Form,
    body: Body,
    work: Work,
    *,
    whole: Whole = False,
) -> Response:
    """Put definitions by their codes, all or nothing."""
    rows = read_indicator_file(DEFINITION_FORM, body, form).rows
    change = change_indicators(rows, work, whole=whole, expected=state)
    return Response(
        orjson.dumps(definition_change_json(change)),
        media_type="application/json",
        headers={"Cache-Control": "no-cache", "ETag": f'"{change.tag}.json"'},
    )


@router.get("/v1/indicators/{code}/values", response_class=Response, responses=VALUES_RESPONSES)
def get_values(  # noqa: PLR0917 - a route names all that it takes
    request: Request,
    principal: Caller,
    code: Code,
    work: Work,
    period: Period,
    grid: GridCode = None,
    level: LevelCode = None,
    edition: EditionNumber = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
    cursor: Cursor = None,
) -> Response:
    """Return the values of an indicator by the codes of grids; what is not general, within the scope alone."""
    after = None
    if cursor is not None:
        # Edition and period travel in the cursor: neither a publish nor an import between two pages mixes anything.
        edition, written, after = decode_cursor(cursor, int, str, str)
        period = _period_in(written)
        if not (1 <= edition <= LARGEST_NUMBER and _CODE.fullmatch(after)):
            raise bad_cursor()
    question = ValueQuestion(code, edition, period, level, grid, after, limit + 1)
    shown = read_values(question, principal, work)
    following = None
    if len(shown.values) > limit and shown.period is not None:
        last = shown.values[limit - 1].value
        following = encode_cursor(shown.edition, f"{last.since}/{last.until}", last.grid_code)
    told = map_json(shown, principal, following, limit)
    note_read(request, (shown.indicator.data_class,), len(shown.values[:limit]), [code])
    headers = {"Cache-Control": "no-cache", "Vary": "Authorization"}
    response = Response(orjson.dumps(told), media_type="application/json", headers=headers)
    link_next(request, response, following)
    return response


@router.post(
    "/v1/indicators/{code}/values", response_class=Response, responses=IMPORT_RESPONSES, openapi_extra=VALUES_BODY
)
def post_values(
    principal: Annotated[Principal, Depends(require("dispatcher"))],
    code: Code,
    form: Form,
    body: Body,
    work: Work,
    edition: EditionNumber = None,
    source: Annotated[
        str, Query(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f,]+$", description="of rows that name none")
    ] = "import",
    *,
    dry_run: Annotated[bool, Query(description="true: say what would be stored, and store nothing")] = False,
) -> Response:
    """Store values measured of grids of the caller's scope, all or nothing, and roll them up the tree."""
    file = read_indicator_file(VALUE_FORM, body, form)
    given = GivenValues(file.rows, file.lines, code, source, edition)
    number, told = import_indicators(given, principal, work, dry_run=dry_run)
    answer = import_json(number, told, dry_run=dry_run)
    return Response(orjson.dumps(answer), media_type="application/json", headers={"Cache-Control": "no-cache"})


def _period_in(written: str) -> Span:
    try:
        return read_period(written)
    except ValueError:
        raise bad_cursor() from None
