"""Photos of incidents: added, listed, shown to those who see the incident, and removed."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Path, Query
from pydantic import AfterValidator
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.access import require
from gis_service.api.dependencies import Work
from gis_service.api.incidents import CANONICAL_UUID, IncidentId, Reader, working_zone
from gis_service.api.media_types import media_type_of
from gis_service.api.multipart import MULTIPART, read_file
from gis_service.api.schemas_incidents import storable, with_words
from gis_service.domain.access import Principal
from gis_service.domain.photo import Photo
from gis_service.errors import NotFoundError, TooLargeError
from gis_service.files.photo_store import PhotoStore
from gis_service.use_cases.add_photo import PhotoReceipt, add_photo
from gis_service.use_cases.read_photos import find_photo, list_photos
from gis_service.use_cases.remove_photo import remove_photo

router = APIRouter(tags=["incidents"])

IMAGES = ("image/jpeg", "image/png", "image/heic", "image/heif")
PHOTOS_AT_A_TIME = 2
"""A photo takes some 300 MB while it is decoded: others wait, and hold no thread meanwhile."""

JPEG = "image/jpeg"
PRIVATE = "private, no-cache"
"""A browser may keep a photo, and asks each time whether it may still show it."""

decoding = CapacityLimiter(PHOTOS_AT_A_TIME)

_FILE = {"schema": {"type": "string", "format": "binary"}}
_FORM = {"schema": {"type": "object", "properties": {"photo": _FILE["schema"]}, "required": ["photo"]}}
_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {**dict.fromkeys(IMAGES, _FILE), MULTIPART: _FORM}}
}
JSON: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {}}}}
ADDED: dict[int | str, dict[str, Any]] = {
    201: {"description": "Kept.", "content": {"application/json": {}}},
    200: {"description": "The same file was added before.", "content": {"application/json": {}}},
}
SHOWN: dict[int | str, dict[str, Any]] = {
    200: {"content": {JPEG: _FILE}},
    304: {"description": "The caller has it."},
}


async def read_photo(request: Request) -> bytes:
    """Return the file of the request; one that is too large is not kept in memory."""
    given, limit = media_type_of(request), request.state.photo_limit_bytes
    if given not in {*IMAGES, MULTIPART}:
        known = ", ".join((*IMAGES, MULTIPART))
        raise HTTPException(415, f"the Content-Type must be one of {known}; it is {given or 'missing'}")
    body = bytearray()
    is_too_large = False
    # Read to its end all the same, so that the client reads the answer instead of a reset connection.
    async for piece in request.stream():
        is_too_large = is_too_large or len(body) + len(piece) > limit
        if is_too_large:
            body.clear()
        else:
            body += piece
    if is_too_large:
        raise TooLargeError(
            f"the photo is larger than {limit} bytes; send a smaller one / 照片过大", code="photo-too-large"
        )
    whole = bytes(body)
    return read_file(whole, request.headers["content-type"]) if given == MULTIPART else whole


async def parse_photo_id(photo_id: Annotated[str, Path(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])]) -> UUID:
    """Return the id in the path; what is no UUID is the id of nothing."""
    if CANONICAL_UUID.fullmatch(photo_id) is None:
        raise NotFoundError(f"the incident has no photo {photo_id[:64]}")
    return UUID(photo_id)


async def photo_store(request: Request) -> PhotoStore:
    """Return where photos lie; async, so that it takes no worker thread."""
    store: PhotoStore = request.state.photos
    return store


PhotoId = Annotated[UUID, Depends(parse_photo_id)]
Store = Annotated[PhotoStore, Depends(photo_store)]


@router.post(
    "/v1/incidents/{incident_id}/photos",
    status_code=201,
    response_class=Response,
    responses=ADDED,
    openapi_extra=_BODY,
)
async def post_photo(
    principal: Annotated[Principal, Depends(require("worker", "router", "dispatcher"))],
    incident_id: IncidentId,
    body: Annotated[bytes, Depends(read_photo)],
    store: Store,
    zone: Annotated[ZoneInfo, Depends(working_zone)],
    work: Work,
) -> Response:
    """Add a photo; its own position and time are told here as a hint, and are in no file that is kept."""
    add = partial(
        add_photo,
        incident_id,
        body,
        principal=principal,
        store=store,
        zone=zone,
        now=datetime.now(UTC),
        work=work,
    )
    receipt = await to_thread.run_sync(add, limiter=decoding)
    headers = {"Location": _address(receipt.photo), "Cache-Control": "no-store"}
    return _json(_receipt_json(receipt), 200 if receipt.replayed else 201, headers)


@router.get("/v1/incidents/{incident_id}/photos", response_class=Response, responses=JSON)
def get_photos(principal: Reader, incident_id: IncidentId, work: Work) -> Response:
    """Return the photos of an incident, the oldest first."""
    photos = list_photos(incident_id, principal, work)
    return _json({"photos": [_photo_json(photo) for photo in photos], "next": None})


@router.get("/v1/incidents/{incident_id}/photos/{photo_id}", response_class=Response, responses=SHOWN)
def get_photo(
    request: Request,
    principal: Reader,
    incident_id: IncidentId,
    photo_id: PhotoId,
    store: Store,
    work: Work,
    size: Annotated[Literal["full", "thumb"], Query(description="thumb: at most 320 pixels long")] = "full",
) -> Response:
    """Return a photo as JPEG."""
    photo = find_photo(incident_id, photo_id, principal, work)
    tag = f'"{photo.hash.hex()}-{size}"'
    headers = {"ETag": tag, "Cache-Control": PRIVATE, "Content-Disposition": "inline"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(store.read(photo.file(size)), media_type=JPEG, headers=headers)


@router.delete("/v1/incidents/{incident_id}/photos/{photo_id}", status_code=204)
def delete_photo(
    principal: Annotated[Principal, Depends(require("dispatcher"))],
    incident_id: IncidentId,
    photo_id: PhotoId,
    store: Store,
    work: Work,
    reason: Annotated[
        str,
        Query(min_length=1, max_length=500, description="kept in the record of the incident"),
        AfterValidator(storable),
        AfterValidator(with_words),
    ],
) -> None:
    """Remove a photo for good, with its files; who did and why stays in the record."""
    remove_photo(incident_id, photo_id, reason, principal=principal, store=store, now=datetime.now(UTC), work=work)


def _address(photo: Photo) -> str:
    return f"/v1/incidents/{photo.incident_id}/photos/{photo.id}"


def _photo_json(photo: Photo) -> dict[str, Any]:
    return {
        "id": str(photo.id),
        "url": _address(photo),
        "thumb_url": f"{_address(photo)}?size=thumb",
        "width": photo.width,
        "height": photo.height,
        "size_bytes": photo.size_bytes,
        "sha256": photo.hash.hex(),
        "added_at": photo.added_at,
        "added_by": photo.added_by,
    }


def _receipt_json(receipt: PhotoReceipt) -> dict[str, Any]:
    hint = None
    if receipt.hint is not None:
        point = receipt.hint.point
        hint = {
            "point": None if point is None else {"lon": point.lon, "lat": point.lat},
            "taken_at": receipt.hint.taken_at,
            "distance_m": receipt.distance_m,
        }
    return {**_photo_json(receipt.photo), "hint": hint}


def _json(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(
        orjson.dumps(body, option=orjson.OPT_UTC_Z), status, media_type="application/json", headers=headers
    )
