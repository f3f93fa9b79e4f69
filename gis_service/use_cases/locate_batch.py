"""Say whose ground many points are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.snapshots.holder import SnapshotHolder
from gis_service.use_cases.locate_point import edition_in_force, held_for


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """Owners in input order: ``owners`` index ``codes``, whose last element is None for -1 (none)."""

    edition: int
    owners: NDArray[np.int32]
    codes: NDArray[np.object_]

    def owner_codes(self) -> list[str | None]:
        """Return the code of each owner, in input order."""
        named: list[str | None] = self.codes[self.owners].tolist()
        return named


def locate_batch(
    snapshots: SnapshotHolder,
    open_work: Callable[[], UnitOfWork],
    lons: NDArray[np.float64],
    lats: NDArray[np.float64],
    at: datetime | None,
) -> BatchAnswer:
    """Return the owner of each point in the edition in force at an instant, now for None; all in one edition.

    Raises:
        CoordinateError: a point is not finite or out of range.
        NotFoundError: no edition was in force at that time, code ``no-edition``.
        UnavailableError: the edition is not in memory and the database does not answer.
    """
    snapshot = held_for(snapshots, at)
    if snapshot is not None:
        return BatchAnswer(snapshot.edition, snapshot.locator.locate_many(lons, lats), snapshot.codes)
    with open_work() as work:
        edition = edition_in_force(work, at)
        codes = work.owners.codes(edition)
        owners = work.owners.of_points(edition, lons, lats)
    places: dict[str | None, int] = {code: place for place, code in enumerate(codes)}
    places[None] = -1
    indices = np.array([places[owner] for owner in owners], dtype=np.int32)
    return BatchAnswer(edition, indices, np.array([*codes, None], dtype=np.object_))
