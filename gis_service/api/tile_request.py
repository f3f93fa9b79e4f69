"""What all routes of tiles have in common: reading the address, sending the bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.content_coding import Coding
from gis_service.api.tile_body import TRUNCATED, truncation_of
from gis_service.errors import BadAddressError, NotFoundError
from tiles.address import TileAddress, TileAddressError, TileZoomError
from tiles.etag import names_etag
from tiles.layers import LayerListError, TileLayer, UnknownLayerError, parse_layers
from tiles.matrix_sets import MATRIX_SETS, WEB_MERCATOR, TileMatrixSet

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"


def read_layers(request: Request, known: Mapping[str, TileLayer]) -> tuple[TileLayer, ...]:
    """Return the layers that the URL names.

    Raises:
        BadAddressError: it names none, one twice or too many.
        NotFoundError: ``no-layer``.
    """
    try:
        return parse_layers(request.path_params["layers"], known)
    except LayerListError as error:
        raise BadAddressError(str(error)) from error
    except UnknownLayerError as error:
        raise NotFoundError(str(error), code="no-layer") from error


def read_matrix_set(request: Request, known: Mapping[str, TileMatrixSet] = MATRIX_SETS) -> TileMatrixSet:
    """Return the tile matrix set that the URL names; Web Mercator when it names none.

    Raises:
        NotFoundError: ``no-matrix-set``.
    """
    written = request.path_params.get("matrix", WEB_MERCATOR.id)
    if written not in known:
        sentence = f"there is no tile matrix set {written!r} here; there are {', '.join(known)}"
        raise NotFoundError(sentence, code="no-matrix-set")
    return known[written]


def read_address(request: Request, known: Mapping[str, TileMatrixSet] = MATRIX_SETS) -> TileAddress:
    """Return the tile that the URL names.

    Raises:
        BadAddressError: there is no such tile in the pyramid.
        NotFoundError: it is deeper than is served; ``no-matrix-set``.
    """
    written = request.path_params
    matrix = read_matrix_set(request, known)
    try:
        return TileAddress.parse(written["z"], written["x"], written["y"], matrix)
    except TileZoomError as error:
        raise NotFoundError(str(error)) from error
    except TileAddressError as error:
        raise BadAddressError(str(error)) from error


def answer_tile(request: Request, body: bytes, coding: Coding, headers: Mapping[str, str]) -> Response:
    """Return a tile, which is in that coding already; 204 when it is empty."""
    if not body:
        return Response(status_code=204, headers=headers)
    told = {**headers, "Content-Length": str(len(body))}
    if truncated := truncation_of(body):
        told[TRUNCATED] = truncated
    if coding != "identity":
        told["Content-Encoding"] = coding
    return Response(b"" if request.method == "HEAD" else body, media_type=MEDIA_TYPE, headers=told)


def answer_document(request: Request, document: object, headers: Mapping[str, str]) -> Response:
    """Return a document as JSON with a tag made of its bytes; 304 when the caller has it already."""
    body = orjson.dumps(document)
    told = {**headers, "ETag": f'"{hashlib.blake2b(body, digest_size=15).hexdigest()}"'}
    if names_etag(request.headers.get("if-none-match"), told["ETag"]):
        return Response(status_code=304, headers=told)
    return Response(body, media_type="application/json", headers=told)
