"""The feed: what has happened to all incidents, one thing after another, each with a number that stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gis_service.domain.incident import IncidentEvent
from gis_service.domain.incident_moves import MOVES

CHANNEL = "incident_feed"
"""On which the database tells that there is something new."""

KINDS = (
    "reported",
    *dict.fromkeys(move.kind for move in MOVES),
    "absorbed",
    "released",
    "photographed",
    "photo_removed",
    "paused",
    "resumed",
    "extension_asked",
    "extension_granted",
    "extension_refused",
    "reminded",
    "alerted",
)
"""Every kind of event that there is."""


@dataclass(frozen=True, slots=True)
class FeedFilter:
    """Which events are wanted: of these kinds (none: of all), of incidents in a subtree, of a category or below it.

    The subtree is that of the incident's owner at the time of reading.
    """

    kinds: tuple[str, ...] = ()
    grid: str | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """An event, its place in the feed, and the category of its incident."""

    position: int
    event: IncidentEvent
    category: str

    def as_json(self) -> dict[str, Any]:
        """Return the event as the feed and webhooks tell it; instants are left to the encoder."""
        event = self.event
        return {
            "id": event.id,
            "incident_id": str(event.incident_id),
            "category": self.category,
            "at": event.at,
            "kind": event.kind,
            "actor": event.actor,
            "from_state": event.from_state,
            "to_state": event.to_state,
            "from_grid": event.from_grid,
            "to_grid": event.to_grid,
            "reason": event.reason,
            "facts": event.facts,
        }


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Events in the order of the feed; all up to ``position`` have been looked at, and more is there or not."""

    events: tuple[FeedEvent, ...]
    position: int
    has_more: bool
