"""Who serves a grid, and from when to when."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

STAFF_ROLES = ("head", "worker", "liaison", "volunteer")
"""What people are to a grid, in the order in which they are told."""

_DIGIT = re.compile(r"\d")
_MOBILE_DIGITS = 11


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A person on duty in a grid; ``role`` is head, worker, liaison or volunteer; ``until`` is exclusive."""

    name: str
    role: str
    grid_code: str
    since: date
    phone: str | None = None
    until: date | None = None

    def is_on_duty(self, day: date) -> bool:
        """Say whether the person serves on a day."""
        return self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Assignment:
    """An assignment as stored; ``version`` moves with every change."""

    id: int
    version: int
    member: StaffMember


@dataclass(frozen=True, slots=True)
class StaffFilter:
    """Which assignments to list, by id: up to ``limit`` that come after ``after``; None leaves a question open.

    ``grid`` takes those below it too; ``day`` is one on which they serve.
    """

    grid: str | None = None
    role: str | None = None
    day: date | None = None
    after: int | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Serving:
    """Who serves a grid in one role: those of ``grid_code``, which lies ``steps_up`` above the one asked for."""

    role: str
    grid_code: str
    steps_up: int
    people: tuple[Assignment, ...]


def find_nearest(chain: Sequence[str], people: Iterable[Assignment]) -> list[Serving]:
    """Return for each role the nearest grid up a chain that has somebody, in the order of ``STAFF_ROLES``.

    Args:
        chain: codes from the root down to the grid that is asked for.
        people: those who serve any grid of the chain on the day in question.

    Returns:
        An entry for each role that anybody has; people by name, of equals by id.
    """
    steps = {code: number for number, code in enumerate(reversed(chain))}
    found = []
    everybody = list(people)
    for role in STAFF_ROLES:
        of_role = [one for one in everybody if one.member.role == role]
        if of_role:
            nearest = min((one.member.grid_code for one in of_role), key=steps.__getitem__)
            there = [one for one in of_role if one.member.grid_code == nearest]
            there.sort(key=lambda one: (one.member.name, one.id))
            found.append(Serving(role, nearest, steps[nearest], tuple(there)))
    return found


def mask_phone(phone: str) -> str:
    """Return a number of which the middle is hidden.

    Of a mobile number's eleven digits three at the beginning and four at the end stay, as is usual; of another
    number the last two.  What is masked already stays as it is.
    """
    if "*" in phone:
        return phone
    digits = _DIGIT.findall(phone)
    begin, end = (3, 4) if len(digits) == _MOBILE_DIGITS else (0, 2)
    hidden = max(len(digits) - begin - end, min(len(digits), 2))
    return "".join(digits[:begin]) + "*" * hidden + "".join(digits[begin + hidden :])


def mask_name(name: str) -> str:
    """Return a name of which all but the first character is hidden."""
    return name[:1] + "*" * max(len(name) - 1, 1)


def local_day(at: datetime | None, zone: ZoneInfo) -> date:
    """Return the day of an instant, or today, by the clock on the wall; the last day that there is stays itself."""
    try:
        return (at or datetime.now(UTC)).astimezone(zone).date()
    except OverflowError:
        return date.max if at is not None and at.year > 1 else date.min
