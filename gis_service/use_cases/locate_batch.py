"""Say whose ground many points are, all in one edition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.coordinates import Misplaced, each_in_wgs84
from gis_service.snapshots.holder import SnapshotHolder
from gis_service.use_cases.locate_point import edition_in_force, held_for

ASKED_AT_ONCE = 50_000
"""Points in one statement: it ends long before the database gives a statement up."""


@dataclass(frozen=True, slots=True)
class BatchGround:
    """One edition to locate points in, for as long as a batch or stream lasts.

    ``codes`` has None as its last element, so that the owner -1 (none) picks None.  ``owners_of`` takes longitudes
    and latitudes in degrees and returns their owners, indices of ``codes``, in input order; it raises
    CoordinateError for a point that is not finite or out of range, and UnavailableError without the database where
    that is asked.
    """

    edition: int
    codes: NDArray[np.object_]
    owners_of: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.int32]]


def find_ground(
    snapshots: SnapshotHolder, open_work: Callable[[], UnitOfWork], at: datetime | None, *, pointer: str = "at"
) -> BatchGround:
    """Return the edition in force at an instant, now for None: from memory when it is held, else in the database.

    May wait for the database: not for the event loop.  Between two calls of ``owners_of`` no connection is held.

    Raises:
        NotFoundError: no edition was in force at that time, code ``no-edition``; the fault is at ``pointer``.
        UnavailableError: the edition is not in memory and the database does not answer.
    """
    snapshot = held_for(snapshots, at)
    if snapshot is not None:
        return BatchGround(snapshot.edition, snapshot.codes, snapshot.locator.locate_many)
    with open_work() as work:
        edition = edition_in_force(work, at, pointer=pointer).number
        codes = work.owners.codes(edition)
    places: dict[str | None, int] = {code: place for place, code in enumerate(codes)}
    places[None] = -1

    def owners_of(lons: NDArray[np.float64], lats: NDArray[np.float64]) -> NDArray[np.int32]:
        owners = np.empty(len(lons), dtype=np.int32)
        for start in range(0, len(lons), ASKED_AT_ONCE):
            part = slice(start, start + ASKED_AT_ONCE)
            with open_work() as work:
                owners[part] = [places[owner] for owner in work.owners.of_points(edition, lons[part], lats[part])]
        return owners

    return BatchGround(edition, np.array([*codes, None], dtype=np.object_), owners_of)


def locate_each(
    ground: BatchGround, lons: NDArray[np.float64], lats: NDArray[np.float64], crs: str
) -> tuple[NDArray[np.int32], dict[int, Misplaced]]:
    """Return the owner of each point, and by its place in the input why a point has none: it is no place on earth.

    Raises:
        RuleBrokenError: code ``unknown-crs``.
        UnavailableError: the database is asked and does not answer.
    """
    lons, lats, faults = each_in_wgs84(lons, lats, crs)
    return ground.owners_of(lons, lats), faults
