"""Say whose ground a building is, by its code or another name of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.building import Building, Entrance
from gis_service.domain.building_code import (
    building_code_to_look_up,
    fold_code,
    fold_label,
    likely_building_codes,
    split_entrance,
)
from gis_service.domain.building_lookup import BuildingAnswer, BuildingQuestion, Conflict, FoundBuilding
from gis_service.domain.lookup import PointAnswer, Question
from gis_service.errors import ClashError, NotFoundError
from gis_service.snapshots.holder import SnapshotHolder
from gis_service.use_cases.locate_point import edition_in_force, held_for, locate_in_edition, locate_in_snapshot
from grid_boundaries.measure import GEOD

MOST_LIKELY = 5
"""More codes than this help nobody who has mistyped one."""


def locate_building(
    snapshots: SnapshotHolder,
    open_work: Callable[[], UnitOfWork],
    question: BuildingQuestion,
    *,
    conflict_from_m: float,
) -> BuildingAnswer:
    """Return who owns a building in the edition in force at an instant, now for None.

    The owner is the one kept for that edition; before the building was registered, the one of its point.  A unit has
    the owner kept for it, as long as the edition has that grid, else its building's; one that is not registered is
    no error.  A building has one owner, whichever of its doors is named.

    From when it was retired on, a building that became one other has that one's place and owner; else it has its last
    owner, which no redraw changes, as long as the edition has that grid.

    Args:
        snapshots: the editions in memory.
        open_work: begins a transaction.
        question: what was typed.
        conflict_from_m: a position farther than this from the building is told of.

    Raises:
        NotFoundError: no building is known by the code, code ``unknown-building``, with the ``likely`` codes that
            are in use; or it has no such door, ``unknown-entrance``; or no edition was in force, ``no-edition``.
        ClashError: several registers have the alias, for different buildings.
        UnavailableError: the database does not answer; buildings are not held in memory.
    """
    snapshot = held_for(snapshots, question.at)
    with open_work() as work:
        found = find_building(question.code, work)
        building = found.building
        ask: Callable[[Question], PointAnswer]
        if snapshot is not None:
            edition, ask = snapshot.edition, partial(locate_in_snapshot, snapshot)
        else:
            edition = edition_in_force(work, question.at).number
            ask = partial(locate_in_edition, work, edition)
        present = _standing_for(building, question.at, work)
        ground = _owned_by(ask(Question(present.lon, present.lat)), _owner_of(present, edition, work), work)
        located_by = "building" if found.entrance is None else "entrance"
        unit = None
        if question.unit is not None:
            unit = work.building_places.owner_of_unit(building.code, fold_label(question.unit), edition)
            ground = _owned_by(ground, unit.grid_code, work)
            if ground.owner is not None and ground.owner.code == unit.grid_code:
                located_by = "unit"
            else:
                unit = replace(unit, grid_code=None)
        conflict = _find_conflict(building, question.position, conflict_from_m, ask)
    return BuildingAnswer(ground, found, located_by, unit, conflict)


def find_building(typed: str, work: UnitOfWork) -> FoundBuilding:
    """Return the building that a text names, inside a transaction already begun.

    The text is read as a code, then as an alias (``scheme:alias``, or the alias alone), then as the code of a
    building and the label of one of its doors.

    Raises:
        NotFoundError: as ``locate_building``.
        ClashError: as ``locate_building``.
    """
    building = work.buildings.get(building_code_to_look_up(typed)) or _by_alias(typed, work)
    if building is not None:
        return FoundBuilding(building, tuple(work.building_places.aliases_of(building.code)))
    for code, label in split_entrance(typed):
        building = work.buildings.get(code)
        if building is None:
            continue
        doors = {fold_label(door.label): door for door in building.entrances}
        if label not in doors:
            raise NotFoundError(
                f"building {code} has no entrance {label!r}; it has {', '.join(sorted(doors)) or 'none'}",
                code="unknown-entrance",
                members={"entrances": [door.label for door in building.entrances]},
            )
        return FoundBuilding(building, tuple(work.building_places.aliases_of(code)), doors[label])
    likely = sorted(work.buildings.get_many(likely_building_codes(typed)))[:MOST_LIKELY]
    hint = f"; did you mean {' or '.join(likely)}?" if likely else ""
    raise NotFoundError(
        f"no building is known by the code {typed[:100]!r}{hint}", code="unknown-building", members={"likely": likely}
    )


def _standing_for(building: Building, at: datetime | None, work: UnitOfWork) -> Building:
    """Return the one building that a retired one became in the end; any other as it is."""
    if building.retired_at is None or (at is not None and at < building.retired_at):
        return building
    heirs = work.building_register.heirs(building.code)
    return (work.buildings.get(heirs[0]) or building) if len(heirs) == 1 else building


def _owner_of(building: Building, edition: int, work: UnitOfWork) -> str | None:
    owner = work.building_places.owner_of(building.code, edition)
    if owner is None and building.retired_at is not None:
        return work.building_register.last_owner(building.code)
    return owner


def _by_alias(typed: str, work: UnitOfWork) -> Building | None:
    scheme, colon, alias = unicodedata.normalize("NFKC", typed).rpartition(":")
    named = work.building_places.aliases_like(fold_code(alias), scheme.strip().lower() if colon else None)
    codes = sorted({one.building_code for one in named})
    if len(codes) > 1:
        forms = [f"{one.scheme}:{one.alias}" for one in named]
        raise ClashError(
            f"several buildings are known as {alias.strip()!r}; say which: {', '.join(forms)}",
            code="ambiguous-alias",
            members={"aliases": forms},
        )
    return work.buildings.get(codes[0]) if codes else None


def _owned_by(ground: PointAnswer, owner: str | None, work: UnitOfWork) -> PointAnswer:
    """Return an answer with another owner and its chain; as it is where the edition has no such grid."""
    if owner is None or (ground.owner is not None and ground.owner.code == owner):
        return ground
    chain = tuple(work.owners.chain(ground.edition, owner))
    return replace(ground, owner=chain[-1], chain=chain, nearest=None) if chain else ground


def _find_conflict(
    building: Building,
    position: tuple[float, float] | None,
    conflict_from_m: float,
    ask: Callable[[Question], PointAnswer],
) -> Conflict | None:
    if position is None:
        return None
    lon, lat = position
    places: list[Building | Entrance] = [building, *building.entrances]
    distance_m = min(GEOD.inv(lon, lat, place.lon, place.lat)[2] for place in places)
    return Conflict(distance_m, ask(Question(lon, lat)).owner) if distance_m > conflict_from_m else None
