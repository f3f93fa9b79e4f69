"""Say where workers are, and where one of them was on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.position import LastPosition
from gis_service.domain.staff import Assignment
from gis_service.domain.track import Track, draw_track
from gis_service.use_cases.find_staff import get_assignment
from gis_service.use_cases.read_ground import choose_edition
from gis_service.use_cases.refuse_unknown_word import refuse_unknown_grid


@dataclass(frozen=True, slots=True)
class DayOfTrack:
    """A person's day, and the edition by which its grids are told.

    It is the one in force when the day began; where none was, or nothing is known of the day, the one in force now.
    """

    assignment: Assignment
    day: date
    edition: int
    track: Track


def find_positions(
    *, grid: str | None, since: datetime, after: int | None, limit: int, principal: Principal, work: UnitOfWork
) -> tuple[int, list[LastPosition]]:
    """Return the edition in force, and the last position since an instant of people on the caller's ground, by id.

    Raises:
        NotFoundError: no edition is in force; or it has no such grid, ``unknown-grid``.
    """
    with work:
        edition = choose_edition(None, None, work)
        refuse_unknown_grid(grid, edition, work)
        return edition, work.positions.last_of_each(
            scope=principal.scope, grid=grid, edition=edition, since=since, after=after, limit=limit
        )


def read_track(staff_id: int, day: date, principal: Principal, work: UnitOfWork) -> DayOfTrack:
    """Return where a person on the caller's ground was on a day; a day without positions is an empty track.

    Raises:
        NotFoundError: the assignment is not there, or not on the caller's ground; no edition is in force.
    """
    with work:
        assignment = get_assignment(staff_id, principal, work)
        positions = work.positions.of_day(staff_id, day)
        then = work.editions.in_force_at(positions[0].at) if positions else None
        edition = choose_edition(None, None, work) if then is None else then.number
        owners = work.owners.of_points(edition, [one.lon for one in positions], [one.lat for one in positions])
    return DayOfTrack(assignment, day, edition, draw_track(positions, owners))
