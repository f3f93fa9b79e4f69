"""What a route tells the record of acts about its answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.types import Scope

from gis_service.domain.access import GENERAL
from gis_service.domain.audit import MOST_OBJECTS

_NOTES = "audit_notes"


@dataclass(slots=True)
class Notes:
    """What has been read so far: its classes but for the general one, how many things, and their ids."""

    classes: set[str] = field(default_factory=set)
    count: int = 0
    objects: list[str] = field(default_factory=list)
    reason: str = ""


def note_read(request: Request, classes: Collection[str], count: int, objects: Iterable[Any] = ()) -> None:
    """Note what is answered: its data classes, how many things, and their ids or codes; may be called again.

    What is general alone is no matter of record; a route that never calls this and asks who reads is taken to answer
    one thing of the class ``important`` (``AuditTrail``).
    """
    notes = notes_of(request.scope) or request.scope.setdefault(_NOTES, Notes())
    notes.classes.update(one for one in classes if one != GENERAL)
    notes.count += count
    if len(notes.objects) < MOST_OBJECTS:
        notes.objects.extend(map(str, objects))


def note_reason(request: Request, reason: str) -> None:
    """Note the reason that the body of a request gives; the header ``X-Purpose`` goes before it."""
    notes = notes_of(request.scope) or request.scope.setdefault(_NOTES, Notes())
    notes.reason = reason


def notes_of(scope: Scope) -> Notes | None:
    """Return what was noted of a request; None when nothing was."""
    found: Notes | None = scope.get(_NOTES)
    return found
