"""Levels, editions and grids, to be read by everybody."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.dependencies import Box, Work
from gis_service.api.instants import Instant
from gis_service.api.paging import bad_cursor, decode_cursor, encode_cursor, link_next
from gis_service.domain.edition import Edition
from gis_service.domain.grid import GridFilter, GridRecord
from gis_service.use_cases import read_ground

router = APIRouter(tags=["grids"])

GEOJSON = "application/geo+json"
CODE = re.compile(r"[0-9A-Za-z]{1,32}")
LARGEST_NUMBER = 2**31 - 1
EditionNumber = Annotated[int | None, Query(ge=1, le=LARGEST_NUMBER, description="number of an edition")]
At = Annotated[Instant | None, Query(description="the edition in force at this instant, RFC 3339 with offset")]
GridCode = Annotated[str, Path(pattern="^[0-9A-Za-z]{1,32}$", examples=["530103"])]


@router.get("/v1/levels")
def get_levels(
    request: Request,
    response: Response,
    work: Work,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> dict[str, Any]:
    """Return the levels of the tree, the root-most first."""
    after = None if cursor is None else decode_cursor(cursor, int)[0]
    levels = [level for level in read_ground.list_levels(work) if after is None or level.rank > after]
    following = encode_cursor(levels[limit - 1].rank) if len(levels) > limit else None
    link_next(request, response, following)
    told = [
        {
            "code": level.code,
            "rank": level.rank,
            "name": level.name,
            "name_en": level.name_en,
            "min_zoom": level.min_zoom,
            "max_zoom": level.max_zoom,
        }
        for level in levels[:limit]
    ]
    return {"levels": told, "next": following}


@router.get("/v1/editions")
def get_editions(
    request: Request,
    response: Response,
    work: Work,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> dict[str, Any]:
    """Return the editions, the oldest first."""
    after = 0 if cursor is None else decode_cursor(cursor, int)[0]
    if not 0 <= after <= LARGEST_NUMBER:
        raise bad_cursor()
    editions = read_ground.list_editions(work, after=after, limit=limit + 1)
    following = encode_cursor(editions[limit - 1].number) if len(editions) > limit else None
    link_next(request, response, following)
    return {"editions": [edition_json(edition) for edition in editions[:limit]], "next": following}


@router.get("/v1/editions/{number}")
def get_edition(number: Annotated[int, Path(ge=1)], work: Work) -> dict[str, Any]:
    """Return one edition with its certificate."""
    return edition_json(read_ground.read_edition(number, work))


@router.get("/v1/grids", response_class=Response, responses={200: {"content": {GEOJSON: {}}}})
def get_grids(  # noqa: PLR0917 - a route names all that it takes
    request: Request,
    work: Work,
    box: Box,
    level: Annotated[str | None, Query(max_length=64)] = None,
    parent: Annotated[str | None, Query(pattern="^[0-9A-Za-z]{1,32}$")] = None,
    kind: Literal["standard", "dedicated"] | None = None,
    q: Annotated[
        str | None,
        Query(min_length=1, max_length=100, pattern=r"^[^\x00]+$", description="part of a name, or start of a code"),
    ] = None,
    edition: EditionNumber = None,
    at: At = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Return the grids of an edition that match, as a GeoJSON FeatureCollection, by code."""
    after = None
    if cursor is not None:
        # The edition travels in the cursor: a publish between two pages mixes nothing.
        edition, after = decode_cursor(cursor, int, str)
        if not CODE.fullmatch(after):
            raise bad_cursor()
        at = None
    wanted = GridFilter(level=level, parent=parent, kind=kind, bbox=box, text=q, after=after, limit=limit + 1)
    number, records = read_ground.find_grids(wanted, edition=edition, at=at, work=work)
    following = encode_cursor(number, records[limit - 1].code) if len(records) > limit else None
    body = {
        "type": "FeatureCollection",
        "edition": number,
        "features": [_feature(record) for record in records[:limit]],
        "next": following,
    }
    response = Response(orjson.dumps(body), media_type=GEOJSON)
    link_next(request, response, following)
    return response


@router.get("/v1/grids/{code}", response_class=Response, responses={200: {"content": {GEOJSON: {}}}})
def get_grid(code: GridCode, work: Work, edition: EditionNumber = None, at: At = None) -> Response:
    """Return one grid as a GeoJSON Feature."""
    number, record = read_ground.read_grid(code, edition=edition, at=at, work=work)
    return Response(orjson.dumps({**_feature(record), "edition": number}), media_type=GEOJSON)


@router.get("/v1/grids/{code}/children", response_class=Response, responses={200: {"content": {GEOJSON: {}}}})
def get_children(
    request: Request,
    code: GridCode,
    work: Work,
    edition: EditionNumber = None,
    at: At = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Return the grids right below a grid, by code."""
    number, _ = read_ground.read_grid(code, edition=edition, at=at, work=work)
    return get_grids(request, work, None, parent=code, edition=number, limit=limit, cursor=cursor)


def edition_json(edition: Edition) -> dict[str, Any]:
    """Return an edition as it is answered."""
    return {
        "number": edition.number,
        "edition": edition.number,
        "effective_from": edition.effective_from.isoformat(),
        "published_at": edition.published_at.isoformat(),
        "note": edition.note,
        "grids": edition.grid_count,
        "checksum": edition.checksum,
        "certificate": edition.certificate,
        "bbox": edition.bounds,
    }


def _feature(record: GridRecord) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": record.code,
        "properties": {
            "code": record.code,
            "name": record.name,
            "level": record.level,
            "parent": record.parent,
            "kind": record.kind,
            "households": record.households,
            "area_m2": round(record.area_m2, 2),
            "label_point": [record.label_lon, record.label_lat],
        },
        "geometry": orjson.Fragment(record.geometry),
    }
