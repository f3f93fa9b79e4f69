"""What the OGC API says of itself: landing page, conformance, collections, queryables."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from gis_service.api.ogc_links import GEOJSON, JSON, REL, SCHEMA, link, ogc_url
from gis_service.domain.feature import GEOMETRY, Collection
from gis_service.domain.feature_crs import CRS84, FEATURE_CRS
from gis_service.domain.predicate import Kind
from gis_service.use_cases.read_features import Extent

_SPEC = "http://www.opengis.net/spec/"

CONFORMANCE = tuple(
    f"{_SPEC}{spec}/conf/{name}"
    for spec, names in {
        "ogcapi-common-1/1.0": ("core", "landing-page", "json"),
        "ogcapi-common-2/1.0": ("collections", "json"),
        "ogcapi-features-1/1.0": ("core", "geojson"),
        "ogcapi-features-2/1.0": ("crs",),
        "ogcapi-features-3/1.0": ("queryables", "queryables-query-parameters", "filter", "features-filter"),
        "cql2/1.0": (
            "cql2-text",
            "basic-cql2",
            "advanced-comparison-operators",
            "basic-spatial-functions",
            "basic-spatial-functions-plus",
            "temporal-functions",
            "property-property",
        ),
        "ogcapi-tiles-1/1.0": (
            "core",
            "tileset",
            "tilesets-list",
            "dataset-tilesets",
            "geodata-tilesets",
            "collections-selection",
            "mvt",
        ),
        "tms/2.0": (
            "tilematrixset",
            "json-tilematrixset",
            "tilematrixsetlimits",
            "json-tilematrixsetlimits",
            "tilesetmetadata",
            "json-tilesetmetadata",
        ),
    }.items()
    for name in names
)
"""Classes of the standards that are kept whole; docs/ogc.md tells what is done beyond them."""

_TYPES: dict[Kind, dict[str, str]] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "instant": {"type": "string", "format": "date-time"},
}


def landing_page(request: Request) -> dict[str, Any]:
    """Return what is found where."""
    return {
        "title": "gis-service",
        "description": "Grids, buildings and incidents of grid governance 网格化治理",
        "attribution": request.state.attribution,
        "links": [
            link("self", ogc_url(request), JSON, "This document"),
            link("service-desc", f"{request.base_url}openapi.json", JSON, "The API, described"),
            link("service-doc", f"{request.base_url}docs", "text/html", "The API, to be read"),
            link("conformance", ogc_url(request, "/conformance"), JSON, "Conformance classes"),
            link("data", ogc_url(request, "/collections"), JSON, "Collections of features"),
            link(f"{REL}tilesets-vector", ogc_url(request, "/tiles"), JSON, "Vector tiles"),
            link(f"{REL}tiling-schemes", ogc_url(request, "/tileMatrixSets"), JSON, "Tile matrix sets"),
        ],
    }


def collection_document(request: Request, collection: Collection, extent: Extent) -> dict[str, Any]:
    """Return a collection and where its features, queryables and tiles are."""
    path = f"/collections/{collection.name}"
    document: dict[str, Any] = {
        "id": collection.name,
        "title": collection.title,
        "description": collection.description,
        "itemType": "feature",
        "crs": list(FEATURE_CRS),
        "storageCrs": CRS84,
        "links": [
            link("self", ogc_url(request, path), JSON, collection.title),
            link("items", ogc_url(request, f"{path}/items"), GEOJSON, "Its features"),
            link(f"{REL}queryables", ogc_url(request, f"{path}/queryables"), SCHEMA, "What they are filtered by"),
            link(f"{REL}tilesets-vector", ogc_url(request, f"{path}/tiles"), JSON, "Its vector tiles"),
        ],
    }
    known: dict[str, Any] = {}
    if extent.bounds is not None:
        known["spatial"] = {"bbox": [extent.bounds], "crs": CRS84}
    if extent.since is not None:
        known["temporal"] = {"interval": [[extent.since, None]]}
    return document | ({"extent": known} if known else {})


def queryables_document(request: Request, collection: Collection) -> dict[str, Any]:
    """Return the JSON Schema of what the features of a collection can be filtered by.

    Source:
        OGC 19-079r2 (Features, Part 3: Filtering), 6.2.
    """
    properties: dict[str, Any] = {one.name: {**_TYPES[one.kind], "title": one.title} for one in collection.properties}
    properties[GEOMETRY] = {
        "title": "Where it is",
        "format": f"geometry-{collection.geometry}",
        "x-ogc-role": "primary-geometry",
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ogc_url(request, f"/collections/{collection.name}/queryables"),
        "type": "object",
        "title": collection.title,
        "properties": properties,
        "additionalProperties": False,
    }
