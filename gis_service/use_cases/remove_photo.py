"""Remove a photo of an incident for good: from sight at once, then its files, then its row."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.incident import NewEvent
from gis_service.errors import NotFoundError
from gis_service.files.photo_store import PhotoStore
from gis_service.use_cases.read_incidents import incident_seen


def remove_photo(
    incident_id: UUID,
    photo_id: UUID,
    reason: str,
    *,
    principal: Principal,
    store: PhotoStore,
    now: datetime,
    work: UnitOfWork,
) -> None:
    """Remove a photo; who did and why stays in the record of the incident.

    Where the store does not answer the photo is out of sight all the same, and asking again deletes its files.

    Raises:
        NotFoundError: the incident or the photo is not there, or not for this caller.
        UnavailableError: the store or the database does not answer.
    """
    with work:
        incident = incident_seen(incident_id, principal, work)
        work.photos.lock(incident_id)
        photo = work.photos.get(incident_id, photo_id)
        if photo is None:
            raise NotFoundError(f"the incident has no photo {photo_id}")
        if photo.removed_at is None:
            work.photos.mark_removed(photo_id, now)
            event = NewEvent(
                incident_id=incident_id,
                at=now,
                kind="photo_removed",
                actor=principal.name,
                from_state=incident.state,
                to_state=incident.state,
                reason=reason,
                facts={"photo": str(photo_id)},
            )
            work.incidents.add([], [event])
            work.commit()
    store.remove(photo.files)
    with work:
        work.photos.delete(photo_id)
        work.commit()
