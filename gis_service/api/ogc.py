"""OGC API - Features: collections, what they can be filtered by, and their features.

Source:
    OGC 17-069r4 (Part 1: Core), 18-058r1 (Part 2: CRS), 19-079r2 (Part 3: Filtering), 21-065r2 (CQL2).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path
from fastapi.security import HTTPAuthorizationCredentials
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.access import BEARER, permission_as, permission_of
from gis_service.api.audit_notes import note_read
from gis_service.api.dependencies import Work
from gis_service.api.ogc_documents import CONFORMANCE, collection_document, landing_page, queryables_document
from gis_service.api.ogc_links import GEOJSON, JSON, SCHEMA, link, ogc_url, refuse_unknown
from gis_service.api.ogc_openapi import (
    FORMAT,
    ITEM_PARAMETERS,
    ITEMS_PARAMETERS,
    QUERYABLES_RESPONSES,
    items_responses,
)
from gis_service.api.ogc_parameters import (
    FIXED_PARAMETERS,
    convert_geometry,
    parse_crs,
    parse_items,
    parse_times,
)
from gis_service.api.paging import bad_cursor
from gis_service.domain.access import GENERAL, IMPORTANT, ROLES, Principal
from gis_service.domain.feature import COLLECTIONS, Collection, FeaturePage, FeatureRecord, PositionError
from gis_service.domain.feature_crs import FeatureCrs
from gis_service.errors import NotFoundError
from gis_service.use_cases.read_features import find_features, read_extent, read_feature

router = APIRouter(tags=["ogc"])


async def parse_collection(
    request: Request,
    collection_id: Annotated[str, Path(json_schema_extra={"enum": list(COLLECTIONS)}, examples=["grids"])],
    _: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
) -> Collection:
    """Return the collection in the path; one that is restricted takes a token."""
    found = COLLECTIONS.get(collection_id)
    if found is None:
        raise NotFoundError(f"there is no collection {collection_id[:64]!r}; there are {', '.join(COLLECTIONS)}")
    if found.is_restricted:
        await permission_as(request, *ROLES)
    return found


Caller = Annotated[Principal, Depends(permission_of)]
Chosen = Annotated[Collection, Depends(parse_collection)]


@router.get("/ogc", openapi_extra=FORMAT)
def get_landing_page(request: Request) -> dict[str, Any]:
    """Return what the OGC API offers."""
    refuse_unknown(request)
    return landing_page(request)


@router.get("/ogc/conformance", openapi_extra=FORMAT)
def get_conformance(request: Request) -> dict[str, Any]:
    """Return the conformance classes that are kept."""
    refuse_unknown(request)
    return {"conformsTo": CONFORMANCE}


@router.get("/ogc/collections", openapi_extra=FORMAT)
def get_collections(request: Request, principal: Caller, work: Work) -> dict[str, Any]:
    """Return the collections; those that are restricted are told to tokens."""
    refuse_unknown(request)
    seen = [one for one in COLLECTIONS.values() if not one.is_restricted or principal.role in ROLES]
    return {
        "links": [link("self", ogc_url(request, "/collections"), JSON, "This document")],
        "collections": [collection_document(request, one, read_extent(one, work)) for one in seen],
    }


@router.get("/ogc/collections/{collection_id}", openapi_extra=FORMAT)
def get_collection(request: Request, collection: Chosen, work: Work) -> dict[str, Any]:
    """Return one collection."""
    refuse_unknown(request)
    return collection_document(request, collection, read_extent(collection, work))


@router.get(
    "/ogc/collections/{collection_id}/queryables",
    response_class=Response,
    responses=QUERYABLES_RESPONSES,
    openapi_extra=FORMAT,
)
def get_queryables(request: Request, collection: Chosen) -> Response:
    """Return what the features of a collection can be filtered by, as JSON Schema."""
    refuse_unknown(request)
    return Response(orjson.dumps(queryables_document(request, collection)), media_type=SCHEMA)


@router.get(
    "/ogc/collections/{collection_id}/items",
    response_class=Response,
    responses=items_responses(one=False),
    openapi_extra=ITEMS_PARAMETERS,
)
def get_items(request: Request, collection: Chosen, principal: Caller, work: Work) -> Response:
    """Return the features of a collection that match, in pages, as GeoJSON."""
    names = [one.name for one in collection.properties]
    refuse_unknown(request, *FIXED_PARAMETERS, *names, formats=("json", "geojson"))
    asked = parse_items(request.query_params, collection)
    try:
        page = find_features(collection, asked.wanted, principal, work, position=asked.position, limit=asked.limit)
    except PositionError:
        raise bad_cursor() from None
    note_read(request, (_class_of(collection),), len(page.records), [one.id for one in page.records])
    links = [
        link("self", str(request.url), GEOJSON, "This page"),
        link("collection", ogc_url(request, f"/collections/{collection.name}"), JSON, collection.title),
    ]
    headers: dict[str, str] = {}
    if page.has_more:
        following = request.url.include_query_params(cursor=asked.cursor_behind(page))
        links.append(link("next", str(following), GEOJSON, "The next page"))
        headers["Link"] = f'<{following}>; rel="next"'
    body = {
        "type": "FeatureCollection",
        "timeStamp": datetime.now(UTC),
        "numberMatched": page.matched,
        "numberReturned": len(page.records),
        "links": links,
        "features": [_feature(record, asked.crs) for record in page.records],
    }
    return _answer(body, asked.crs, _edition(collection, page), headers)


@router.get(
    "/ogc/collections/{collection_id}/items/{feature_id}",
    response_class=Response,
    responses=items_responses(one=True),
    openapi_extra=ITEM_PARAMETERS,
)
def get_item(request: Request, collection: Chosen, feature_id: str, principal: Caller, work: Work) -> Response:
    """Return one feature as GeoJSON."""
    refuse_unknown(request, "crs", "datetime", formats=("json", "geojson"))
    crs, times = parse_crs(request.query_params, "crs"), parse_times(request.query_params)
    page = read_feature(collection, feature_id, times, principal, work)
    note_read(request, (_class_of(collection),), 1)
    links = [
        link("self", str(request.url), GEOJSON, "This feature"),
        link("collection", ogc_url(request, f"/collections/{collection.name}"), JSON, collection.title),
    ]
    return _answer(_feature(page.records[0], crs) | {"links": links}, crs, _edition(collection, page), {})


def _class_of(collection: Collection) -> str:
    return IMPORTANT if collection.is_restricted else GENERAL


def _feature(record: FeatureRecord, crs: FeatureCrs) -> dict[str, Any]:
    geometry = None if record.geometry is None else orjson.Fragment(convert_geometry(record.geometry, crs))
    return {"type": "Feature", "id": record.id, "properties": record.properties, "geometry": geometry}


def _edition(collection: Collection, page: FeaturePage) -> int | None:
    """Return the edition whose state the features show, the last of several; None where they are of none."""
    return None if collection.is_restricted else page.editions[1] or None


def _answer(body: dict[str, Any], crs: FeatureCrs, edition: int | None, headers: dict[str, str]) -> Response:
    headers = headers | {"Content-Crs": f"<{crs.uri}>"}
    if edition is not None:
        body = body | {"edition": edition}
        headers["X-Edition"] = str(edition)
    return Response(orjson.dumps(body, option=orjson.OPT_UTC_Z), media_type=GEOJSON, headers=headers)
