"""What is known of the photos of incidents; the files lie in the photo store."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.orm import Session

from gis_service.database.tables import incident, incident_photo
from gis_service.domain.photo import Photo


def _to_photo(row: Row[Any]) -> Photo:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
    return Photo(**values | {"source_hash": bytes(row.source_hash), "hash": bytes(row.hash)})


class PhotoRepository:
    """Rows of ``incident_photo``; those removed are seen by ``get`` alone."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lock(self, incident_id: UUID) -> None:
        """Let nobody else add or remove photos of an incident, nor change it, before this transaction ends."""
        self._session.execute(
            select(incident.c.id).where(incident.c.id == incident_id).with_for_update(key_share=True)
        )

    def of_incident(self, incident_id: UUID) -> Sequence[Photo]:
        """Return the photos of an incident, the oldest first."""
        query = select(incident_photo).where(
            incident_photo.c.incident_id == incident_id, incident_photo.c.removed_at.is_(None)
        )
        query = query.order_by(incident_photo.c.added_at, incident_photo.c.id)
        return [_to_photo(row) for row in self._session.execute(query)]

    def known(self, ids: Collection[UUID]) -> set[UUID]:
        """Return those of some photos that there are, removed ones among them."""
        return set(self._session.scalars(select(incident_photo.c.id).where(incident_photo.c.id.in_(ids))))

    def count(self, incident_id: UUID) -> int:
        """Return how many photos an incident has."""
        query = select(func.count()).where(
            incident_photo.c.incident_id == incident_id, incident_photo.c.removed_at.is_(None)
        )
        return self._session.execute(query).scalar_one()

    def find(self, incident_id: UUID, source_hash: bytes) -> Photo | None:
        """Return the photo of an incident that was sent as a file with this hash."""
        query = select(incident_photo).where(
            incident_photo.c.incident_id == incident_id,
            incident_photo.c.source_hash == source_hash,
            incident_photo.c.removed_at.is_(None),
        )
        row = self._session.execute(query).one_or_none()
        return None if row is None else _to_photo(row)

    def get(self, incident_id: UUID, photo_id: UUID) -> Photo | None:
        """Return a photo of an incident, removed or not."""
        query = select(incident_photo).where(
            incident_photo.c.id == photo_id, incident_photo.c.incident_id == incident_id
        )
        row = self._session.execute(query).one_or_none()
        return None if row is None else _to_photo(row)

    def add(self, photo: Photo) -> None:
        """Store a new photo, whose files are there."""
        self._session.execute(insert(incident_photo).values(asdict(photo)))

    def mark_removed(self, photo_id: UUID, at: datetime) -> None:
        """Let nobody see a photo any more; its files are still to be deleted."""
        self._session.execute(update(incident_photo).where(incident_photo.c.id == photo_id).values(removed_at=at))

    def delete(self, photo_id: UUID) -> None:
        """Forget a photo, whose files are gone."""
        self._session.execute(delete(incident_photo).where(incident_photo.c.id == photo_id))
