"""Read the register: one building with whose it was in which edition, its units, and lists of buildings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import IMPORTANT, PUBLIC, Principal
from gis_service.domain.building import Unit
from gis_service.domain.building_lookup import BuildingAnswer, BuildingQuestion
from gis_service.domain.building_register import BuildingFilter, BuildingRecord, ListedBuilding
from gis_service.errors import NotFoundError, UnauthenticatedError
from gis_service.snapshots.holder import SnapshotHolder
from gis_service.use_cases.locate_building import find_building, locate_building
from gis_service.use_cases.read_ground import choose_edition
from gis_service.use_cases.refuse_unknown_word import refuse_unknown_grid


@dataclass(frozen=True, slots=True)
class ReadBuilding:
    """A building with whose it is; ``is_own`` when it is on ground where the caller sees what is important."""

    record: BuildingRecord
    answer: BuildingAnswer
    is_own: bool


def read_building(
    question: BuildingQuestion,
    principal: Principal,
    *,
    snapshots: SnapshotHolder,
    open_work: Callable[[], UnitOfWork],
) -> ReadBuilding:
    """Return a building, retired or not, with its owner in the edition in force at an instant, now for None.

    Raises:
        NotFoundError: as ``locate_building``.
        ClashError: as ``locate_building``.
    """
    answer = locate_building(snapshots, open_work, question, conflict_from_m=0)
    with open_work() as work:
        record = _record(answer.found.building.code, work)
    return ReadBuilding(record, answer, _sees_important(principal, [link.code for link in answer.ground.chain]))


def read_record(typed: str, work: UnitOfWork) -> BuildingRecord:
    """Return what is registered of a building but its units, retired or not.

    Raises:
        NotFoundError: as ``find_building``.
        ClashError: as ``find_building``.
    """
    with work:
        return _record(find_building(typed, work).building.code, work)


def list_units(typed: str, principal: Principal, work: UnitOfWork) -> tuple[BuildingRecord, int, list[Unit]]:
    """Return a building, the edition in force, and the building's flats and shops with owners of their own in it.

    Raises:
        NotFoundError: as ``find_building``; no edition is in force; or the building is not on the caller's ground.
        ClashError: as ``find_building``.
    """
    with work:
        edition = choose_edition(None, None, work)
        code = find_building(typed, work).building.code
        record = _record(code, work)
        owner = work.building_places.owner_of(code, edition) or work.building_register.last_owner(code)
        chain = [] if owner is None else [link.code for link in work.owners.chain(edition, owner)]
        if not _sees_important(principal, chain):
            raise NotFoundError(f"the units of building {code} are not there, or not on your ground")
        return record, edition, work.building_register.units(code, edition)


def list_buildings(
    wanted: BuildingFilter, grid: str | None, principal: Principal, work: UnitOfWork
) -> tuple[int, list[tuple[ListedBuilding, bool]]]:
    """Return the edition in force and the buildings that match, each with whether it is on the caller's ground.

    ``grid`` narrows to what it owns and all grids below it; a question for when buildings were verified narrows to
    the caller's scope too.

    Raises:
        UnauthenticatedError: the public asks when buildings were verified.
        NotFoundError: no edition is in force; or it has no such grid, ``unknown-grid``.
    """
    if wanted.unverified_since is not None and principal.role == PUBLIC.role:
        raise UnauthenticatedError("stale needs a token; send 'Authorization: Bearer <token>'")
    with work:
        edition = choose_edition(None, None, work)
        refuse_unknown_grid(grid, edition, work)
        scope = principal.scope if wanted.unverified_since is not None else None
        within = tuple(code for code in (grid, scope) if code is not None)
        found = work.building_register.page(replace(wanted, within=within), edition)
        chains = {
            owner: [link.code for link in work.owners.chain(edition, owner)]
            for owner in {one.owner for one in found if one.owner is not None}
        }
        return edition, [(one, _sees_important(principal, chains.get(one.owner or "", []))) for one in found]


def _record(code: str, work: UnitOfWork) -> BuildingRecord:
    record = work.building_register.record(code)
    if record is None:
        raise NotFoundError(f"building {code} is not there", code="unknown-building")
    return record


def _sees_important(principal: Principal, chain: list[str]) -> bool:
    return IMPORTANT in principal.data_classes and principal.sees(chain)
