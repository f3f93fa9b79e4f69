"""Incidents counted, as JSON and as a sheet."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Depends, Query, Security
from fastapi.security import HTTPAuthorizationCredentials
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.access import BEARER, permission_of
from gis_service.api.count_sheet import FIGURES, RATES, counts_csv
from gis_service.api.dependencies import Work
from gis_service.api.incidents import parse_states, working_zone
from gis_service.api.instants import Instant
from gis_service.api.openapi_words import NUMBER, array_of, nullable, object_of
from gis_service.api.query import only_known_parameters, wrong_parameter
from gis_service.api.schemas_incidents import Channel
from gis_service.domain.access import Principal
from gis_service.domain.incident_count import (
    DIMENSIONS,
    MOST_DIMENSIONS,
    CountFilter,
    CountQuestion,
    IncidentCounts,
    Key,
    Tally,
)
from gis_service.snapshots.holder import SnapshotHolder
from gis_service.use_cases.count_incidents import count_incidents

router = APIRouter(tags=["incidents"])

_GRID = object_of({name: {"type": "string"} for name in ("code", "name", "level")})
_WORD = nullable({"type": ["string", "integer"]})
_SUMS: dict[str, Any] = {
    **{name: {"type": "integer"} for name in FIGURES},
    **{name: nullable(NUMBER) for name in RATES},
}
_ROW = object_of(
    {
        "grid": nullable(_GRID),
        **{name: _WORD for name in DIMENSIONS if name != "grid"},
        **_SUMS,
    },
    *DIMENSIONS,
    *_SUMS,
)
_COUNTS = object_of(
    {
        "edition": nullable({"type": "integer"}),
        "by": array_of({"type": "string", "enum": list(DIMENSIONS)}),
        "level": nullable({"type": "string"}),
        "since": {"type": "string", "format": "date-time", "description": "for the public: the months counted"},
        "until": {"type": "string", "format": "date-time", "description": "for the public: up to before this"},
        "total": object_of(_SUMS, *_SUMS),
        "rows": array_of(_ROW),
    },
    "since",
    "until",
)
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "application/json": {"schema": _COUNTS},
            "text/csv": {"schema": {"type": "string"}},
        },
        "headers": {"X-Edition": {"schema": {"type": "integer"}, "description": "as asked for; absent without"}},
    }
}


async def parse_dimensions(
    by: Annotated[
        list[str] | None,
        Query(description=f"up to {MOST_DIMENSIONS} of {', '.join(DIMENSIONS)}; may repeat, or be comma separated"),
    ] = None,
) -> tuple[str, ...]:
    """Return what is counted by, the grid when nothing is said."""
    wanted = [word for given in by or ("grid",) for word in given.split(",")]
    if unknown := [word for word in wanted if word not in DIMENSIONS]:
        raise wrong_parameter("by", f"has {unknown[0][:64]!r}, which is none of {', '.join(DIMENSIONS)}")
    if len(set(wanted)) < len(wanted):
        raise wrong_parameter("by", "names something twice")
    if len(wanted) > MOST_DIMENSIONS:
        raise wrong_parameter("by", f"names {len(wanted)} things; it takes up to {MOST_DIMENSIONS}")
    return tuple(wanted)


async def parse_channels(
    channel: Annotated[list[str] | None, Query(description="may repeat, or be comma separated")] = None,
) -> tuple[str, ...]:
    """Return the channels asked for; none asks for all."""
    wanted = tuple(word for given in channel or () for word in given.split(","))
    known = get_args(Channel)
    if unknown := [word for word in wanted if word not in known]:
        raise wrong_parameter("channel", f"has {unknown[0][:64]!r}, which is none of {', '.join(known)}")
    return wanted


async def who_asks(
    request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]
) -> Principal:
    """Return the caller; the public without a token."""
    return await permission_of(request)


async def held_snapshots(request: Request) -> SnapshotHolder:
    """Return the editions in memory."""
    snapshots: SnapshotHolder = request.state.snapshots
    return snapshots


@router.get(
    "/v1/statistics/incidents",
    response_class=Response,
    responses=_RESPONSES,
    dependencies=[Depends(only_known_parameters)],
)
def get_incident_counts(  # noqa: PLR0917 - a route names all that it takes
    principal: Annotated[Principal, Depends(who_asks)],
    snapshots: Annotated[SnapshotHolder, Depends(held_snapshots)],
    zone: Annotated[ZoneInfo, Depends(working_zone)],
    work: Work,
    by: Annotated[tuple[str, ...], Depends(parse_dimensions)],
    states: Annotated[tuple[str, ...], Depends(parse_states)],
    channels: Annotated[tuple[str, ...], Depends(parse_channels)],
    level: Annotated[
        str | None, Query(pattern="^[a-z][a-z0-9_]{0,63}$", description="rolls grids up to this level")
    ] = None,
    depth: Annotated[int | None, Query(ge=1, le=10, description="words of a category that count; 1: the top")] = None,
    edition: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="count by the ground of this edition, not by owner")
    ] = None,
    grid: Annotated[str | None, Query(pattern="^[0-9A-Za-z]{1,32}$", description="and all grids below it")] = None,
    category: Annotated[
        str | None, Query(pattern=r"^[a-z_]+(\.[a-z_]+)*$", max_length=200, description="and all below it")
    ] = None,
    department: Annotated[str | None, Query(pattern="^[0-9A-Za-z_.-]{1,64}$")] = None,
    since: Annotated[Instant | None, Query(description="happened at this instant or later")] = None,
    until: Annotated[Instant | None, Query(description="happened before this instant")] = None,
    written: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
    lang: Annotated[Literal["zh", "en"], Query(description="of the headers of CSV")] = "en",
) -> Response:
    """Count incidents, with rates, by up to four things; each caller what they may see, the public by grid alone."""
    if level is not None and "grid" not in by:
        raise wrong_parameter("level", "rolls grids up, and nothing is counted by grid; add it to by")
    if depth is not None and "category" not in by:
        raise wrong_parameter("depth", "cuts categories, and nothing is counted by category; add it to by")
    wanted = CountFilter(states, channels, grid, category, department, since, until)
    question = CountQuestion(by, wanted, level, depth, edition)
    counts = count_incidents(question, principal, snapshots, zone, work)
    headers = {"Vary": "Authorization"} | ({} if edition is None else {"X-Edition": str(edition)})
    if written == "csv":
        headers["Content-Disposition"] = 'attachment; filename="incidents.csv"'
        return Response(counts_csv(counts, lang), media_type="text/csv", headers=headers)
    return Response(orjson.dumps(_counts_json(counts)), media_type="application/json", headers=headers)


def _counts_json(counts: IncidentCounts) -> dict[str, Any]:
    question = counts.question
    return {
        "edition": question.edition,
        "by": list(question.by),
        "level": question.level,
        **_months_counted(counts),
        "total": _figures(counts, counts.total),
        "rows": [_key(counts, key) | _figures(counts, tally) for key, tally in counts.rows],
    }


def _key(counts: IncidentCounts, key: Key) -> dict[str, Any]:
    told: dict[str, Any] = dict(zip(counts.question.by, key, strict=True))
    if told.get("grid") is not None:
        grid = counts.grids[told["grid"]]
        told["grid"] = {"code": grid.code, "name": grid.name, "level": grid.level}
    return told


def _months_counted(counts: IncidentCounts) -> dict[str, Any]:
    if not counts.is_rounded:
        return {}
    wanted = counts.question.wanted
    return {name: at for name, at in (("since", wanted.since), ("until", wanted.until)) if at is not None}


def _figures(counts: IncidentCounts, tally: Tally) -> dict[str, Any]:
    names = ("count",) if counts.is_rounded else (*FIGURES, *RATES)
    return {name: getattr(tally, name) for name in names}
