"""Incidents whose ground a redraw moved, and which wait to be handed over."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from gis_service.domain.incident import Point


@dataclass(frozen=True, slots=True)
class WaitingIncident:
    """An open incident and its owner.

    ``point`` is where it happened, which may be shown; ``place`` by what its owner is found: that, or where its
    reporter stood, which may not; None for what was placed by hand.  ``chain`` holds codes, root first.
    """

    id: UUID
    version: int
    state: str
    category: str
    point: Point | None
    place: Point | None
    owner: str
    chain: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HandOver:
    """An open incident that keeps its owner until it is handed over, and whose ground it is now; None: nobody's."""

    incident: WaitingIncident
    proposed: str | None


@dataclass(frozen=True, slots=True)
class WaitingHandOvers:
    """What waits because of one edition; the owners proposed are those of ``proposed_in``, in force or to come."""

    edition: int
    proposed_in: int
    hand_overs: tuple[HandOver, ...]


@dataclass(frozen=True, slots=True)
class HandedOver:
    """An incident with its new owner."""

    id: UUID
    version: int
    from_code: str
    to_code: str


@dataclass(frozen=True, slots=True)
class BulkHandOver:
    """What one act handed over, and what it left as it was: nobody's ground by now, or not waiting."""

    edition: int
    proposed_in: int
    done: tuple[HandedOver, ...]
    nobodys: tuple[UUID, ...]
    not_waiting: tuple[UUID, ...]
