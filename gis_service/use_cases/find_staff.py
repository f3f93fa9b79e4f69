"""Find who serves: lists, single assignments, and who is nearest."""

from __future__ import annotations

from datetime import date, datetime

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.staff import Assignment, Serving, StaffFilter, find_nearest
from gis_service.errors import NotFoundError
from gis_service.use_cases.read_ground import choose_edition
from gis_service.use_cases.refuse_unknown_word import refuse_unknown_grid


def find_staff(wanted: StaffFilter, principal: Principal, work: UnitOfWork) -> tuple[int, list[Assignment]]:
    """Return the edition in force, and the assignments on the caller's ground that match, by id.

    Raises:
        NotFoundError: no edition is in force; or it has no such grid, ``unknown-grid``.
    """
    with work:
        edition = choose_edition(None, None, work)
        refuse_unknown_grid(wanted.grid, edition, work)
        return edition, work.staff.search(wanted, principal.scope, edition)


def read_assignment(staff_id: int, principal: Principal, work: UnitOfWork) -> Assignment:
    """Return one assignment.

    Raises:
        NotFoundError: it is not there, or not on the caller's ground.
    """
    with work:
        return get_assignment(staff_id, principal, work)


def get_assignment(staff_id: int, principal: Principal, work: UnitOfWork) -> Assignment:
    """Return one assignment, inside a transaction already begun.

    Raises:
        NotFoundError: it is not there, or not on the caller's ground.
    """
    edition = 0 if principal.scope is None else choose_edition(None, None, work)
    found = work.staff.find([staff_id], principal.scope, edition).get(staff_id)
    if found is None:
        raise NotFoundError(f"there is no assignment {staff_id} on your ground")
    return found


def find_serving_grid(
    grid: str, *, at: datetime | None, day: date, principal: Principal, work: UnitOfWork
) -> tuple[int, list[Serving]]:
    """Return the edition in force, and who serves a grid on a day.

    Of each role it is those of the nearest grid up the chain that has any.

    Raises:
        NotFoundError: no edition was in force; it has no such grid, ``unknown-grid``; the caller may not see who
            serves there.
    """
    with work:
        edition = choose_edition(None, at, work)
        refuse_unknown_grid(grid, edition, work)
        return edition, _serving(grid, edition, day, principal, work)


def find_serving_point(
    lon: float, lat: float, *, at: datetime | None, day: date, principal: Principal, work: UnitOfWork
) -> tuple[int, str | None, list[Serving]]:
    """Return the owner of a point (degrees, WGS 84) and who serves it, as ``find_serving_grid`` does.

    A point outside all grids has no owner, and nobody serves it.

    Raises:
        NotFoundError: no edition was in force; or the caller may not see who serves there.
    """
    with work:
        edition = choose_edition(None, at, work)
        (owner,) = work.owners.of_points(edition, [lon], [lat])
        return edition, owner, [] if owner is None else _serving(owner, edition, day, principal, work)


def _serving(grid: str, edition: int, day: date, principal: Principal, work: UnitOfWork) -> list[Serving]:
    chain = [one.code for one in work.owners.chain(edition, grid)]
    if not principal.sees(chain):
        raise NotFoundError(f"grid {grid} is not on your ground, which is {principal.scope}", code="outside-scope")
    return find_nearest(chain, work.staff.serving(chain, day))
