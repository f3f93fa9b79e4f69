"""Draw what a lookup saw: the question, and the grids of its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from shapely.geometry import LineString, Point

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import PUBLIC
from gis_service.domain.area import AreaQuestion
from gis_service.domain.edition import Bounds
from gis_service.domain.lookup import PointAnswer, Question
from gis_service.snapshots.holder import SnapshotHolder
from gis_service.snapshots.snapshot import Snapshot
from gis_service.use_cases.locate_area import locate_area
from gis_service.use_cases.locate_point import (
    edition_for,
    held_for,
    locate_in_edition,
    locate_in_snapshot,
    snapshot_for,
)
from gis_service.use_cases.read_ground import choose_edition
from grid_boundaries.locate.nearest import nearest_places
from grid_boundaries.locate.uncertainty import circle
from grid_boundaries.partition import Grid
from tiles.drawing import Drawing
from tiles.encoding import TileFeature, Value, hashed_id


@dataclass(frozen=True, slots=True)
class AskedEdition:
    """The edition that answers a question about a point, and since when it is; its snapshot where one is held."""

    number: int
    effective_from: datetime
    snapshot: Snapshot | None = None


@dataclass(frozen=True, slots=True)
class DrawnLookup:
    """What a lookup saw, each layer by its name; ``dropped`` tells how many features of a layer are left out."""

    drawings: Mapping[str, Drawing]
    dropped: Mapping[str, int] = field(default_factory=dict)

    @property
    def bounds(self) -> Bounds:
        """Return the box around all that is drawn, in degrees."""
        shapes = [feature.shape for drawing in self.drawings.values() for feature in drawing.features]
        west, south, east, north = shapely.total_bounds(shapes).tolist()
        return west, south, east, north


def held_edition(snapshots: SnapshotHolder, question: Question) -> AskedEdition | None:
    """Return the edition that answers a question about a point when it is in memory; None: see ``read_edition``."""
    snapshot = snapshot_for(snapshots, question)
    return None if snapshot is None else AskedEdition(snapshot.edition, snapshot.effective_from, snapshot)


def read_edition(question: Question, work: UnitOfWork) -> AskedEdition:
    """Return the edition that answers a question about a point, as the database says.

    Raises:
        NotFoundError: no edition was in force at that time, code ``no-edition``.
        UnavailableError: the edition in force is older than was asked for, or the database does not answer.
    """
    with work:
        found = edition_for(work, question)
        return AskedEdition(found.number, found.effective_from)


def draw_point(edition: AskedEdition, question: Question, open_work: Callable[[], UnitOfWork]) -> DrawnLookup:
    """Return what the lookup of a point sees; no statement is sent when the edition is in memory.

    The layers are those of ``POINT_LAYERS`` in ``tiles/lookup_layers.py``.

    Raises:
        UnavailableError: the edition is not in memory and the database does not answer.
    """
    if edition.snapshot is not None:
        answer = locate_in_snapshot(edition.snapshot, question)
        grids = edition.snapshot.grids_of([*_roles(answer)])
    else:
        with open_work() as work:
            answer = locate_in_edition(work, edition.number, question)
            grids = work.grids.of_codes(edition.number, [*_roles(answer)])
    radius_m = question.accuracy_m or 0.0
    around = circle(answer.lon, answer.lat, radius_m)
    told = {"accuracy_m": radius_m, "confidence": question.confidence}
    return DrawnLookup(
        {
            "position": Drawing([_position(answer)]),
            "uncertainty": Drawing([] if around.is_empty else [TileFeature(hashed_id("uncertainty"), around, told)]),
            "candidates": Drawing(_candidates(answer, grids)),
            "nearest": Drawing(_way_to_nearest(answer, grids)),
        }
    )


def find_area_edition(snapshots: SnapshotHolder, question: AreaQuestion, open_work: Callable[[], UnitOfWork]) -> int:
    """Return the number of the edition that a question about an area means; from memory where that tells.

    Raises:
        RuleBrokenError: both ``edition`` and ``at``.
        NotFoundError: no such edition, or none in force then.
        UnavailableError: the edition is not in memory and the database does not answer.
    """
    held = None
    if question.edition is None:
        held = held_for(snapshots, question.at)
    elif question.at is None:
        held = snapshots.of_edition(question.edition)
    if held is not None:
        return held.edition
    with open_work() as work:
        return choose_edition(question.edition, question.at, work)


def draw_area(question: AreaQuestion, zone: ZoneInfo, open_work: Callable[[], UnitOfWork]) -> DrawnLookup:
    """Return what the lookup of an area sees for the public; of the grids it draws as many as it lists.

    The layers are those of ``AREA_LAYERS`` in ``tiles/lookup_layers.py``.

    Raises:
        RuleBrokenError, NotFoundError, TooLargeError, UnavailableError: as ``locate_area``.
    """
    answer = locate_area(question, PUBLIC, zone, open_work())
    with open_work() as work:
        grids = work.grids.of_codes(answer.edition, [one.code for one in answer.grids])
    shapes = {grid.code: grid.shape for grid in grids}
    told = {
        "edition": answer.edition,
        "area_m2": round(answer.area_m2, 2),
        "grids_total": answer.grids_total,
        "buildings": answer.standing.buildings,
        "households": answer.standing.households,
    }
    affected = [
        TileFeature(
            hashed_id("grid", one.code),
            shapes[one.code],
            {
                "code": one.code,
                "name": one.name,
                "level": one.level,
                "parent": one.parent,
                "area_m2": round(one.area_m2, 2),
                "share": round(one.share, 6),
                "whole": one.is_whole,
            },
        )
        for one in answer.grids
    ]
    left_out = answer.grids_total - len(affected)
    return DrawnLookup(
        {
            "area": Drawing([TileFeature(hashed_id("area"), question.shape, told)]),
            "affected": Drawing(affected),
        },
        {"affected": left_out} if left_out else {},
    )


def _roles(answer: PointAnswer) -> dict[str, str]:
    """Return what each grid of an answer is in it, by code: the owner or the nearest first, the tied, the likely."""
    first = [] if answer.owner is None else [(answer.owner.code, "owner")]
    near = [] if answer.nearest is None else [(answer.nearest.code, "nearest")]
    tied = [(code, "tied") for code in answer.tied_with]
    roles: dict[str, str] = {}
    for code, role in (*first, *near, *tied, *((code, "candidate") for code, _ in answer.candidates)):
        roles.setdefault(code, role)
    return roles


def _position(answer: PointAnswer) -> TileFeature:
    told: dict[str, Value | None] = {
        "edition": answer.edition,
        "match": str(answer.match),
        "owner": None if answer.owner is None else answer.owner.code,
    }
    if answer.warning is not None:
        told |= {
            "warning": answer.warning.code,
            "message": answer.warning.message,
            "message_zh": answer.warning.message_zh,
        }
    return TileFeature(hashed_id("position"), Point(answer.lon, answer.lat), told)


def _candidates(answer: PointAnswer, grids: Sequence[Grid]) -> list[TileFeature]:
    roles, probabilities = _roles(answer), dict(answer.candidates)
    order = {code: place for place, code in enumerate(roles, 1)}
    return [
        TileFeature(
            hashed_id("grid", grid.code),
            grid.shape,
            {
                "code": grid.code,
                "name": grid.name,
                "level": grid.level,
                "parent": grid.parent,
                "kind": grid.kind,
                "role": roles[grid.code],
                "order": order[grid.code],
                "probability": probabilities.get(grid.code),
            },
        )
        for grid in grids
    ]


def _way_to_nearest(answer: PointAnswer, grids: Sequence[Grid]) -> list[TileFeature]:
    nearest = answer.nearest
    if nearest is None:
        return []
    shapes = np.array([grid.shape for grid in grids if grid.code == nearest.code], dtype=np.object_)
    (foot,) = nearest_places(shapes, answer.lon, answer.lat).tolist()
    told: dict[str, Value | None] = {"code": nearest.code, "distance_m": round(nearest.distance_m, 3)}
    return [TileFeature(hashed_id("nearest", nearest.code), LineString([(answer.lon, answer.lat), foot]), told)]
