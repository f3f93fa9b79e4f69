"""Find owners for a record of the past: every edition that it needs is loaded once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.lookup import Question
from gis_service.domain.place import LocateMany, Place
from gis_service.snapshots.snapshot import Snapshot, build_snapshot
from gis_service.use_cases.find_place import to_place
from gis_service.use_cases.locate_point import locate_in_snapshot


def locate_past(work: UnitOfWork) -> LocateMany:
    """Return the lookup of places in the editions of their instants, as they are known now.

    What happened before the first edition takes that one.

    Args:
        work: a transaction not yet begun; not used after this but for editions.
    """
    with work:
        editions = work.editions.list_all()
        levels = work.levels.list_all()

    @cache
    def load(position: int) -> Snapshot:
        return build_snapshot(editions[position], work.grids.of_edition(editions[position].number), levels)

    def locate_many(lons: Sequence[float], lats: Sequence[float], instants: Sequence[datetime]) -> list[Place]:
        if not editions:
            return [Place(edition=None, match="outside") for _ in instants]
        places: list[Place] = []
        for lon, lat, at in zip(lons, lats, instants, strict=True):
            position = bisect_right(editions, at, key=lambda edition: edition.effective_from) - 1
            answer = locate_in_snapshot(load(max(position, 0)), Question(lon, lat))
            places.append(replace(to_place(answer), in_force=position >= 0))
        return places

    return locate_many
