"""Read the features of a collection, each caller what they may see."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.edition import Bounds
from gis_service.domain.feature import Collection, FeatureFilter, FeaturePage, Position, PositionError
from gis_service.domain.time_span import TimeSpan
from gis_service.errors import NotFoundError

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Extent:
    """Where and since when the features of a collection are, in which edition; None where that is not told."""

    bounds: Bounds | None
    since: datetime | None
    edition: int | None = None


def find_features(
    collection: Collection,
    wanted: FeatureFilter,
    principal: Principal,
    work: UnitOfWork,
    *,
    position: Position | None,
    limit: int,
) -> FeaturePage:
    """Return a page of features; a page behind the first keeps the editions and the count of the first.

    ``wanted.times`` chooses the editions, all that were in force in the stretch; None: the one in force now.

    Raises:
        PositionError: no page of this list can have ended there.
    """
    with work:
        editions = work.features.editions_in(wanted.times)
        if position is not None:
            # Editions are only added: neither the first nor the last in force goes back.
            if position.editions[0] > editions[0] or position.editions[1] > editions[1]:
                raise PositionError
            editions = position.editions
        wanted = replace(wanted, editions=editions)
        after = None if position is None else position.after
        records = work.features.page(collection, wanted, principal, after=after, limit=limit + 1)
        if position is not None:
            matched = position.matched
        elif len(records) <= limit:
            matched = len(records)
        else:
            matched = work.features.count(collection, wanted, principal)
    return FeaturePage(tuple(records[:limit]), matched, editions, has_more=len(records) > limit)


def read_feature(
    collection: Collection, name: str, times: TimeSpan | None, principal: Principal, work: UnitOfWork
) -> FeaturePage:
    """Return one feature by its id, as a page of it alone.

    Raises:
        NotFoundError: it is not there, or not for this caller.
    """
    record, editions = None, (0, 0)
    if "\0" not in name and (not collection.is_restricted or _UUID.fullmatch(name)):
        with work:
            editions = work.features.editions_in(times)
            record = work.features.get(collection, name, editions, principal)
    if record is None:
        raise NotFoundError(f"{collection.name} has no feature {name[:64]!r}")
    return FeaturePage((record,), 1, editions, has_more=False)


def read_extent(collection: Collection, work: UnitOfWork) -> Extent:
    """Return where and since when there are features; of what is restricted nothing is told."""
    if collection.is_restricted:
        return Extent(None, None)
    with work:
        if collection.name == "buildings":
            return Extent(work.features.bounds_of_buildings(), None)
        number = work.features.editions_in(None)[1]
        edition = work.editions.get(number)
        bounds = None if edition is None else edition.bounds
        return Extent(bounds, work.features.first_in_force(), number or None)
