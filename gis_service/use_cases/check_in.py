"""Take down that a worker was at a building, and whether that was so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from uuid_utils.compat import uuid7

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.building_lookup import BuildingQuestion
from gis_service.domain.check_in import CheckInFilter, CheckInRecord, allowed_distance, distance_to
from gis_service.errors import ForbiddenError, InputFault, RuleBrokenError
from gis_service.snapshots.holder import SnapshotHolder
from gis_service.use_cases.locate_building import locate_building
from grid_boundaries.locate.coordinates import quantise_one

CLOCK_SKEW = timedelta(minutes=5)
"""A phone's clock may run ahead by this much."""

EARLIEST_YEAR = 1970


@dataclass(frozen=True, slots=True)
class SaidToBe:
    """What a worker says: the building as it was typed or scanned, and where they stand (degrees, WGS 84)."""

    building_code: str
    lon: float
    lat: float
    accuracy_m: float | None = None
    at: datetime | None = None


def check_in(
    said: SaidToBe,
    *,
    near_m: float,
    principal: Principal,
    snapshots: SnapshotHolder,
    open_work: Callable[[], UnitOfWork],
) -> CheckInRecord:
    """Store a check-in, accepted or not, with the distance and whose ground the building was at that instant.

    Args:
        said: what the worker says.
        near_m: what is near a door.
        principal: the worker.
        snapshots: the editions in memory.
        open_work: begins a transaction.

    Raises:
        RuleBrokenError: it lies in the future or before 1970.
        NotFoundError: as ``locate_building``.
        ClashError: as ``locate_building``.
        ForbiddenError: the building is not on the worker's ground.
    """
    now = datetime.now(UTC)
    at = said.at or now
    if at > now + CLOCK_SKEW or at.year < EARLIEST_YEAR:
        sentence = "lies in the future" if at > now else f"must not lie before {EARLIEST_YEAR}"
        raise RuleBrokenError(f"at {sentence}", faults=[InputFault("/at", sentence)])
    question = BuildingQuestion(said.building_code, at=said.at)
    answer = locate_building(snapshots, open_work, question, conflict_from_m=near_m)
    building, entrance, ground = answer.found.building, answer.found.entrance, answer.ground
    chain = tuple(grid.code for grid in ground.chain)
    if not principal.sees(chain):
        raise ForbiddenError(
            f"your scope is {principal.scope}; building {building.code} is not on its ground", code="outside-scope"
        )
    lon, lat = quantise_one(said.lon, said.lat)
    distance_m = distance_to(building, entrance, lon, lat)
    allowed_m = allowed_distance(near_m, said.accuracy_m)
    made = CheckInRecord(
        id=uuid7(),
        worker=principal.name,
        building_code=building.code,
        entrance=None if entrance is None else entrance.label,
        lon=lon,
        lat=lat,
        accuracy_m=said.accuracy_m,
        at=at,
        received_at=now,
        distance_m=distance_m,
        allowed_m=allowed_m,
        accepted=distance_m <= allowed_m,
        edition=ground.edition,
        owner=None if ground.owner is None else ground.owner.code,
        chain=chain,
    )
    with open_work() as work:
        work.check_ins.add(made)
        work.commit()
    return made


def find_check_ins(wanted: CheckInFilter, principal: Principal, work: UnitOfWork) -> list[CheckInRecord]:
    """Return the check-ins on the caller's ground that match, the newest received first."""
    with work:
        return work.check_ins.search(wanted, principal)
