"""Who serves a grid, and from when to when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A person on duty in a grid; ``role`` is head, worker, liaison or volunteer; ``until`` is exclusive."""

    name: str
    role: str
    grid_code: str
    since: date
    phone: str | None = None
    until: date | None = None
