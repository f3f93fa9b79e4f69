"""Find the place of an incident: whose ground it was when it happened."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.edition import Edition
from gis_service.domain.lookup import PointAnswer, Question
from gis_service.domain.place import ChainLink, Place
from gis_service.snapshots.holder import SnapshotHolder
from gis_service.snapshots.shelf import is_of
from gis_service.snapshots.snapshot import Snapshot, build_snapshot
from gis_service.use_cases.locate_point import held_for, locate_in_edition, locate_in_snapshot


def find_place(
    snapshots: SnapshotHolder,
    open_work: Callable[[], UnitOfWork],
    lon: float,
    lat: float,
    at: datetime,
    accuracy_m: float | None = None,
) -> Place:
    """Return whose ground a point was at an instant; what happened before the first edition takes that one.

    With ``accuracy_m`` the place has candidates, as a lookup has them.

    Raises:
        CoordinateError: the point is not finite or out of range.
        UnavailableError: the edition is not in memory and the database does not answer.
    """
    question = Question(lon, lat, at, accuracy_m=accuracy_m)
    snapshot = held_for(snapshots, at)
    if snapshot is not None:
        return to_place(locate_in_snapshot(snapshot, question))
    with open_work() as work:
        edition = work.editions.in_force_at(at)
        if edition is not None:
            return to_place(locate_in_edition(work, edition.number, question))
        known = work.editions.list_all()
        if not known:
            return Place(edition=None, match="outside")
        return replace(to_place(locate_in_edition(work, known[0].number, question)), in_force=False)


def find_places(
    snapshots: SnapshotHolder,
    open_work: Callable[[], UnitOfWork],
    lons: Sequence[float],
    lats: Sequence[float],
    instants: Sequence[datetime],
) -> list[Place]:
    """Return the same for many points, in input order: for imports that reach far back.

    Editions that are not held are loaded once for all, since asking the database point by point takes far longer.

    Raises:
        CoordinateError: a point is not finite or out of range.
        UnavailableError: the database does not answer.
    """
    with open_work() as work:
        known = work.editions.list_all()
        if not known:
            return [Place(edition=None, match="outside") for _ in instants]
        # Before the first edition the position is -1: the first is taken.
        positions = [bisect_right(known, at, key=lambda edition: edition.effective_from) - 1 for at in instants]
        loaded = {number: _load(snapshots, work, known[number]) for number in {max(one, 0) for one in positions}}
    return [
        replace(to_place(locate_in_snapshot(loaded[max(position, 0)], Question(lon, lat))), in_force=position >= 0)
        for lon, lat, position in zip(lons, lats, positions, strict=True)
    ]


def _load(snapshots: SnapshotHolder, work: UnitOfWork, edition: Edition) -> Snapshot:
    held = snapshots.of_edition(edition.number)
    if held is not None and is_of(held, edition):
        return held
    return build_snapshot(edition, work.grids.of_edition(edition.number), work.levels.list_all())


def find_picked_place(code: str, at: datetime, work: UnitOfWork) -> Place:
    """Return the place that a grid is which somebody picked, inside a transaction already begun.

    Its edition is the one in force at an instant, the first one before that.  ``match`` is ``picked``, or ``outside``
    when that edition has no such grid.
    """
    edition = work.editions.in_force_at(at)
    in_force = edition is not None
    if edition is None:
        edition = next(iter(work.editions.list_all(limit=1)), None)
    if edition is None:
        return Place(edition=None, match="outside", decided_by="grid")
    nowhere = Place(edition.number, "outside", in_force=in_force, decided_by="grid")
    found = owned_by(nowhere, code, "grid", work)
    return nowhere if found.owner is None else replace(found, match="picked")


def owned_by(place: Place, owner: str, decided_by: str, work: UnitOfWork) -> Place:
    """Return a place with another owner and its chain; as it is where its edition has no such grid."""
    chain = [] if place.edition is None else work.owners.chain(place.edition, owner)
    if not chain:
        return place
    return replace(
        place,
        owner=owner,
        kind=chain[-1].kind,
        chain=tuple(ChainLink(grid.code, grid.name, grid.level) for grid in chain),
        nearest=None,
        decided_by=decided_by,
    )


def to_place(answer: PointAnswer) -> Place:
    """Return a lookup's answer as a place."""
    return Place(
        edition=answer.edition,
        match=answer.match.value,
        owner=answer.owner.code if answer.owner else None,
        kind=answer.owner.kind if answer.owner else None,
        chain=tuple(ChainLink(grid.code, grid.name, grid.level) for grid in answer.chain),
        tied_with=answer.tied_with,
        nearest=(answer.nearest.code, answer.nearest.distance_m) if answer.nearest else None,
        candidates=answer.candidates,
    )
