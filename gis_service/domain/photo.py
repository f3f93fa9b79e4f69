"""Photos of incidents: what is kept of them, and what they said of themselves before they were made clean."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gis_service.domain.incident import Point

SIZES = ("full", "thumb")


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of an incident; ``hash`` and ``size_bytes`` are of the JPEG that is kept, ``source_hash`` of what came.

    Hashes are SHA-256.  ``removed_at``: nobody sees it any more, and its files are still to be deleted.
    """

    id: UUID
    incident_id: UUID
    source_hash: bytes
    hash: bytes
    width: int
    height: int
    size_bytes: int
    added_at: datetime
    added_by: str
    removed_at: datetime | None = None

    def file(self, size: str = "full") -> str:
        """Return the name of its file in the store; no other upload ever writes to it, not even of the same photo."""
        ending = ".jpg" if size == "full" else f"-{size}.jpg"
        return f"{self.incident_id.hex[-2:]}/{self.incident_id}/{self.id}-{self.hash.hex()}{ending}"

    @property
    def files(self) -> tuple[str, ...]:
        """The names of all its files."""
        return tuple(self.file(size) for size in SIZES)


@dataclass(frozen=True, slots=True)
class PhotoHint:
    """Where and when a camera says that a photo was taken (degrees, as the camera wrote them); not kept."""

    point: Point | None
    taken_at: datetime | None
