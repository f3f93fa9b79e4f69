"""Read the photos of an incident: for those who see the incident."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.photo import Photo
from gis_service.errors import NotFoundError
from gis_service.use_cases.read_incidents import incident_seen


def list_photos(incident_id: UUID, principal: Principal, work: UnitOfWork) -> Sequence[Photo]:
    """Return the photos of an incident, the oldest first.

    Raises:
        NotFoundError: the incident is not there, or not for this caller.
    """
    with work:
        incident_seen(incident_id, principal, work)
        return work.photos.of_incident(incident_id)


def find_photo(incident_id: UUID, photo_id: UUID, principal: Principal, work: UnitOfWork) -> Photo:
    """Return one photo of an incident.

    Raises:
        NotFoundError: the incident or the photo is not there, or not for this caller.
    """
    with work:
        incident_seen(incident_id, principal, work)
        photo = work.photos.get(incident_id, photo_id)
    if photo is None or photo.removed_at is not None:
        raise NotFoundError(f"the incident has no photo {photo_id}")
    return photo
