"""Add a photo to an incident: made clean, stored once, and recorded when it is there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from uuid_utils.compat import uuid7

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.incident import IncidentRecord, NewEvent
from gis_service.domain.photo import Photo, PhotoHint
from gis_service.errors import ClashError, NotFoundError
from gis_service.files.photo_image import clean_photo, read_hint
from gis_service.files.photo_store import PhotoStore, PhotoStoreError
from gis_service.use_cases.read_incidents import incident_seen
from grid_boundaries.measure import GEOD

MOST_PHOTOS = 20
"""Of one incident."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PhotoReceipt:
    """A photo as it is kept, and what it said of itself, which is not; ``distance_m`` is from there to the incident.

    ``replayed`` when the same file had been added to the incident before.
    """

    photo: Photo
    hint: PhotoHint | None
    distance_m: float | None
    replayed: bool


def add_photo(
    incident_id: UUID,
    body: bytes,
    *,
    principal: Principal,
    store: PhotoStore,
    zone: ZoneInfo,
    now: datetime,
    work: UnitOfWork,
) -> PhotoReceipt:
    """Add a photo to an incident, however often it is sent.

    Files are written before the row that tells of them, each under a name of its own: a row without its files there
    never is.  Files without a row are left where a process is killed in between.

    Args:
        incident_id: of the incident.
        body: a JPEG, PNG or HEIC.
        principal: who adds it.
        store: where files lie.
        zone: of cameras that do not say theirs.
        now: the instant.
        work: a transaction not yet begun.

    Raises:
        NotFoundError: the incident is not there, or not for this caller.
        RuleBrokenError: as ``clean_photo``.
        TooLargeError: as ``clean_photo``.
        ClashError: the incident has 20 photos, code ``too-many-photos``.
        UnavailableError: the store or the database does not answer.
    """
    source_hash = hashlib.sha256(body).digest()
    with work:
        incident = incident_seen(incident_id, principal, work)
        earlier = _earlier(incident, source_hash, work)
    if earlier is not None:
        return _receipt(incident, earlier, read_hint(body, zone), replayed=True)
    clean = clean_photo(body, zone)
    photo = Photo(
        id=uuid7(),
        incident_id=incident_id,
        source_hash=source_hash,
        hash=hashlib.sha256(clean.jpeg).digest(),
        width=clean.width,
        height=clean.height,
        size_bytes=len(clean.jpeg),
        added_at=now,
        added_by=principal.name,
    )
    try:
        store.write(photo.file("full"), clean.jpeg)
        store.write(photo.file("thumb"), clean.thumbnail)
        earlier = _record(photo, principal, work)
    except (ClashError, NotFoundError, PhotoStoreError):
        # After these there is no row for sure; after a commit that was not answered there may be one.
        _tidy(photo, store)
        raise
    if earlier is not None:
        _tidy(photo, store)
        return _receipt(incident, earlier, clean.hint, replayed=True)
    return _receipt(incident, photo, clean.hint, replayed=False)


def _record(photo: Photo, principal: Principal, work: UnitOfWork) -> Photo | None:
    """Store the row of a photo; return the one that was quicker with the same file, if there is one."""
    with work:
        work.photos.lock(photo.incident_id)
        incident = incident_seen(photo.incident_id, principal, work)
        earlier = _earlier(incident, photo.source_hash, work)
        if earlier is not None:
            return earlier
        work.photos.add(photo)
        event = NewEvent(
            incident_id=incident.id,
            at=photo.added_at,
            kind="photographed",
            actor=principal.name,
            from_state=incident.state,
            to_state=incident.state,
            facts={"photo": str(photo.id)},
        )
        work.incidents.add([], [event])
        work.commit()
    return None


def _earlier(incident: IncidentRecord, source_hash: bytes, work: UnitOfWork) -> Photo | None:
    earlier = work.photos.find(incident.id, source_hash)
    if earlier is None and work.photos.count(incident.id) >= MOST_PHOTOS:
        raise ClashError(
            f"the incident has {MOST_PHOTOS} photos, and takes no more / 该事件照片已达 {MOST_PHOTOS} 张上限",
            code="too-many-photos",
        )
    return earlier


def _receipt(incident: IncidentRecord, photo: Photo, hint: PhotoHint | None, *, replayed: bool) -> PhotoReceipt:
    distance_m = None
    if hint is not None and hint.point is not None and incident.point is not None:
        taken, happened = hint.point, incident.point
        distance_m = round(float(GEOD.inv(taken.lon, taken.lat, happened.lon, happened.lat)[2]), 1)
    return PhotoReceipt(photo, hint, distance_m, replayed)


def _tidy(photo: Photo, store: PhotoStore) -> None:
    try:
        store.remove(photo.files)
    except PhotoStoreError:
        _log.warning("files without a row are left in the photo store", names=photo.files)
