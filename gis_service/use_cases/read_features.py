"""Read the features of a collection, each caller what they may see."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.edition import Bounds
from gis_service.domain.feature import Collection, FeatureFilter, FeaturePage, FeatureRecord, Position
from gis_service.domain.time_span import TimeSpan
from gis_service.errors import NotFoundError

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Extent:
    """Where and since when the features of a collection are; None where that is not told."""

    bounds: Bounds | None
    since: datetime | None


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
    """
    with work:
        editions = work.features.editions_in(wanted.times) if position is None else position.editions
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
) -> FeatureRecord:
    """Return one feature by its id.

    Raises:
        NotFoundError: it is not there, or not for this caller.
    """
    record = None
    if "\0" not in name and (not collection.is_restricted or _UUID.fullmatch(name)):
        with work:
            editions = work.features.editions_in(times)
            record = work.features.get(collection, name, editions, principal)
    if record is None:
        raise NotFoundError(f"{collection.name} has no feature {name[:64]!r}")
    return record


def read_extent(collection: Collection, work: UnitOfWork) -> Extent:
    """Return where and since when there are features; of what is restricted nothing is told."""
    if collection.is_restricted:
        return Extent(None, None)
    with work:
        if collection.name == "buildings":
            return Extent(work.features.bounds_of_buildings(), None)
        number = work.features.editions_in(None)[1]
        edition = work.editions.get(number)
        return Extent(None if edition is None else edition.bounds, work.features.first_in_force())
