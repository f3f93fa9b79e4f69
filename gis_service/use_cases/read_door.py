"""Read what the public page of a door tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.building_lookup import BuildingAnswer, BuildingQuestion
from gis_service.domain.door_contact import Contacts, DoorContact, contacts_of
from gis_service.domain.rules import Category
from gis_service.snapshots.holder import SnapshotHolder
from gis_service.use_cases.locate_building import locate_building

MOST_CONTACTS = 12
_ANY_DISTANCE_M = float("inf")


@dataclass(frozen=True, slots=True)
class Door:
    """A building or a door of it, whose ground it is, who serves there, and what can be reported."""

    answer: BuildingAnswer
    contacts: tuple[DoorContact, ...]
    categories: tuple[Category, ...]

    @property
    def typed(self) -> str:
        """Return the code, with the label of the door where one is named."""
        found = self.answer.found
        return found.building.code if found.entrance is None else f"{found.building.code}-{found.entrance.label}"


def read_door(
    typed: str,
    at: datetime | None,
    *,
    snapshots: SnapshotHolder,
    open_work: Callable[[], UnitOfWork],
    told: Contacts,
    zone: ZoneInfo,
    now: datetime,
) -> Door:
    """Return the page of a door: as things were at an instant, now for None.

    Args:
        typed: a building's code, an alias of it, or the code with a door's label.
        at: the instant.
        snapshots: the editions in memory.
        open_work: begins a transaction.
        told: how much the public learns of those who serve the grid.
        zone: in which a day begins.
        now: the instant of the question.

    Raises:
        NotFoundError: as ``locate_building``.
        ClashError: as ``locate_building``.
        UnavailableError: as ``locate_building``.
    """
    answer = locate_building(snapshots, open_work, BuildingQuestion(typed, at=at), conflict_from_m=_ANY_DISTANCE_M)
    owner, day = answer.ground.owner, (at or now).astimezone(zone).date()
    with open_work() as work:
        serving = [] if owner is None else work.staff.on_duty([owner.code], day, MOST_CONTACTS)
        categories = work.rules.categories()
    return Door(answer, tuple(contacts_of(serving, told)), tuple(_broadest(categories)))


def _broadest(categories: list[Category]) -> list[Category]:
    """Return the categories that lie below no other: a resident is asked for no finer one."""
    codes = {one.code for one in categories}
    return [one for one in categories if not any(one.code.startswith(f"{code}.") for code in codes)]
