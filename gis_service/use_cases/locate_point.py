"""Say whose ground a point is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.edition import Edition
from gis_service.domain.lookup import Doubt, NearestGrid, PointAnswer, Question
from gis_service.errors import UnavailableError
from gis_service.snapshots.holder import SnapshotHolder
from gis_service.snapshots.snapshot import Snapshot
from gis_service.use_cases.refuse_no_edition import no_edition_in_force
from grid_boundaries.locate.answers import Match, name_match
from grid_boundaries.locate.coordinates import quantise_one
from grid_boundaries.locate.readings import FAR_M, other_readings
from grid_boundaries.locate.uncertainty import candidates, scatter, shares


def locate_point(snapshots: SnapshotHolder, open_work: Callable[[], UnitOfWork], question: Question) -> PointAnswer:
    """Return whose ground a point is, from memory when the edition is held there, else from the database.

    May wait for the database: not for the event loop.

    Raises:
        CoordinateError: the point is not finite or out of range.
        NotFoundError: no edition was in force at that time, code ``no-edition``.
        UnavailableError: the edition is not in memory and the database does not answer; or the edition in force is
            older than ``question.min_edition`` in the database too, code ``edition-behind``.
    """
    snapshot = snapshot_for(snapshots, question)
    if snapshot is not None:
        return locate_in_snapshot(snapshot, question)
    with open_work() as work:
        return locate_in_edition(work, edition_for(work, question).number, question)


def edition_for(work: UnitOfWork, question: Question) -> Edition:
    """Return the edition that answers a question which no snapshot answers.

    Raises:
        NotFoundError: no edition was in force at that time, code ``no-edition``.
        UnavailableError: the edition in force is older than ``question.min_edition``, code ``edition-behind``.
    """
    edition = edition_in_force(work, question.at, question.known_at)
    if edition.number < question.min_edition:
        sentence = f"edition {question.min_edition} is not in force here yet, only {edition.number}; ask again soon"
        raise UnavailableError(sentence, code="edition-behind")
    return edition


def snapshot_for(snapshots: SnapshotHolder, question: Question) -> Snapshot | None:
    """Return the snapshot that answers a question; None: ask the database."""
    snapshot = held_for(snapshots, question.at, question.known_at)
    return None if snapshot is None or snapshot.edition < question.min_edition else snapshot


def held_for(snapshots: SnapshotHolder, at: datetime | None, known_at: datetime | None = None) -> Snapshot | None:
    """Return the snapshot in force at an instant, now for None, when it is in memory.

    With ``known_at`` the one that would have been held for it then.
    """
    if at is None and known_at is None:
        return snapshots.current
    return snapshots.at(datetime.now(UTC) if at is None else at, known_at)


def locate_at_once(snapshot: Snapshot, question: Question) -> PointAnswer | None:
    """Return the answer when it costs microseconds; None when it takes longer and belongs in a thread.

    Longer take points outside all grids, whose nearest grid has to be measured, and uncertain ones.
    """
    if question.accuracy_m is not None:
        return None
    answer = _owner_in(snapshot, question)
    return None if answer.match is Match.OUTSIDE else answer


def locate_in_snapshot(snapshot: Snapshot, question: Question) -> PointAnswer:
    """Return the whole answer from memory."""
    answer = _owner_in(snapshot, question)
    locator = snapshot.locator
    nearest, doubt = None, None
    if answer.owner is None:
        index, distance_m = locator.nearest(answer.lon, answer.lat)
        nearest = NearestGrid(locator.codes[index], distance_m)

        def owner_of(lon: float, lat: float) -> str | None:
            found = locator.locate(lon, lat).owner_index
            return None if found is None else locator.codes[found]

        doubt = _doubt(question, distance_m, owner_of)
    likely: tuple[tuple[str, float], ...] = ()
    if question.accuracy_m is not None:
        likely = tuple(candidates(locator, answer.lon, answer.lat, question.accuracy_m, question.confidence))
    return replace(answer, nearest=nearest, candidates=likely, warning=doubt)


def locate_in_edition(work: UnitOfWork, edition: int, question: Question) -> PointAnswer:
    """Return the whole answer from the database, for one edition whatever ``question.at`` says."""
    lon, lat = quantise_one(question.lon, question.lat)
    covering = work.owners.covering(edition, lon, lat)
    if covering:
        first = covering[0]
        tied = tuple(grid.code for grid in covering[1:] if grid.rank == first.rank)
        chain = tuple(work.owners.chain(edition, first.code))
        match = name_match(
            owner_has_children=first.has_children, is_tied=bool(tied), is_on_owner_edge=first.is_on_edge
        )
        answer = PointAnswer(edition, lon, lat, match, chain[-1], chain, tied)
    else:
        nearest = work.owners.nearest(edition, lon, lat)

        def owner_of(lon: float, lat: float) -> str | None:
            covering = work.owners.covering(edition, *quantise_one(lon, lat))
            return covering[0].code if covering else None

        doubt = None if nearest is None else _doubt(question, nearest.distance_m, owner_of)
        answer = PointAnswer(edition, lon, lat, Match.OUTSIDE, None, nearest=nearest, warning=doubt)
    likely: tuple[tuple[str, float], ...] = ()
    if question.accuracy_m is not None:
        lons, lats = scatter(lon, lat, question.accuracy_m, question.confidence)
        likely = tuple(shares(work.owners.of_points(edition, lons, lats)))
    return replace(answer, candidates=likely)


def edition_in_force(
    work: UnitOfWork, at: datetime | None, known_at: datetime | None = None, *, pointer: str = "at"
) -> Edition:
    """Return the edition in force at an instant, now for None; as was known at another, if given.

    Raises:
        NotFoundError: there was none, code ``no-edition``; the fault is at ``pointer``.
    """
    instant = datetime.now(UTC) if at is None else at
    edition = work.editions.in_force_at(instant, known_at)
    if edition is None:
        raise no_edition_in_force(work, at, known_at, pointer=pointer)
    return edition


def _doubt(question: Question, distance_m: float, owner_of: Callable[[float, float], str | None]) -> Doubt | None:
    """Return the doubt about a point outside all grids: far from them, and in one when it is read otherwise."""
    given = question.given
    if given is None or distance_m <= max(FAR_M, question.accuracy_m or 0.0):
        return None
    for reading in other_readings(given.x, given.y, given.crs):
        owner = owner_of(reading.lon, reading.lat)
        if owner is not None:
            return Doubt.of(reading, owner, given, distance_m)
    return None


def _owner_in(snapshot: Snapshot, question: Question) -> PointAnswer:
    locator = snapshot.locator
    lon, lat = quantise_one(question.lon, question.lat)
    located = locator.locate(lon, lat)
    if located.owner_index is None:
        return PointAnswer(snapshot.edition, lon, lat, located.match, None)
    chain = tuple(snapshot.grids[index] for index in locator.chain(located.owner_index))
    tied = tuple(locator.codes[index] for index in located.tied)
    return PointAnswer(snapshot.edition, lon, lat, located.match, chain[-1], chain, tied)
