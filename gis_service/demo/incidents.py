"""A year of incidents in the demo district."""

from __future__ import annotations

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
import shapely

from gis_service.demo.hot_spots import Draft, plant
from gis_service.demo.incident_mix import (
    CHANNEL_SHARES,
    CHANNELS,
    HANDLING_HOURS,
    HAZARD_SEVERITIES,
    KINDS,
    OPEN,
    Kind,
)
from gis_service.demo.year import draw_moments, end_of_year
from gis_service.domain.building import Building
from grid_boundaries.partition import Grid, from_lattice, to_lattice

OPEN_STATES = ("dispatched", "accepted", "reported")
"""Of incidents not yet dealt with, the older first."""

CLOSED_STATES = ("handled", "verified", "archived", "evaluated")
CLOSED_AFTER_DAYS = (1, 4, 10)
"""States after handling, and the days since then after which most have come to the next."""

ON_EDGE = 0.4
"""Share of incidents in the street that lie exactly on the edge of a grid, since streets are edges."""

NEAR_DEG = 0.00009
"""Ten metres: what incidents in the street are away from a building when they are not on an edge."""


CITY_DEG2 = 1.0e-4
"""Unit grids of about a square kilometre and less: there edges are streets."""


@dataclass(frozen=True, slots=True)
class DemoIncident:
    """An incident with its place (degrees) and its last state; ``handled_at`` is None while nobody has acted."""

    category: str
    severity: str
    channel: str
    description: str
    lon: float
    lat: float
    building_code: str | None
    locus: str | None
    accuracy_m: float | None
    occurred_at: datetime
    final_state: str
    handled_at: datetime | None
    external_id: str | None = None


def happen(
    grids: Sequence[Grid], buildings: Sequence[Building], random: np.random.Generator, until: date
) -> list[DemoIncident]:
    """Return the incidents of the year before ``until``, in order of time."""
    drafts = plant(grids, buildings, random, until)
    planted = Counter(draft.category for draft in drafts)
    scene = _Scene(grids, buildings, random)
    for kind in KINDS:
        left = kind.count - planted.pop(kind.category, 0)  # once, though two kinds may share a category
        drafts += scene.draw(kind, draw_moments(left, until, random))
    drafts.sort(key=lambda draft: (draft.occurred_at, draft.category, draft.lon, draft.lat))
    return _close(_grade(drafts, random), random, end_of_year(until))


class _Scene:
    """Knows the places where things happen."""

    def __init__(self, grids: Sequence[Grid], buildings: Sequence[Building], random: np.random.Generator) -> None:
        self._random = random
        self._by_use: defaultdict[str, list[Building]] = defaultdict(list)
        for building in buildings:
            self._by_use[building.use].append(building)
        self._all = list(buildings)
        units = [grid.shape for grid in grids if grid.level == "unit_grid"]
        self._edges = shapely.get_coordinates([unit for unit in units if unit.area < CITY_DEG2])

    def draw(self, kind: Kind, moments: Sequence[datetime]) -> list[Draft]:
        """Return one incident of a kind for each moment."""
        if not kind.uses:
            return [self._in_street(kind, moment) for moment in moments]
        choice = [building for use in kind.uses for building in self._by_use[use]]
        weight = np.array([max(1.0, building.households) for building in choice])
        drawn = self._random.choice(len(choice), size=len(moments), p=weight / weight.sum())
        return [self._at_building(kind, choice[i], moment) for i, moment in zip(drawn, moments, strict=True)]

    def _at_building(self, kind: Kind, building: Building, moment: datetime) -> Draft:
        loci = [locus for locus in kind.loci if _has_floor(building, locus)]
        if self._random.uniform() < 0.4:  # noqa: PLR2004, not every report says where
            loci = []
        text = f"{building.address}：{self._pick(kind.texts)}"
        return Draft(kind.category, text, building.lon, building.lat, moment, building.code, self._pick(loci) or None)

    def _in_street(self, kind: Kind, moment: datetime) -> Draft:
        if self._random.uniform() < ON_EDGE:
            lon, lat = self._edges[int(self._random.integers(len(self._edges)))].tolist()
            return Draft(kind.category, f"路口：{self._pick(kind.texts)}", lon, lat, moment)
        building = self._all[int(self._random.integers(len(self._all)))]
        near = np.array([building.lon, building.lat]) + self._random.uniform(-1, 1, 2) * NEAR_DEG
        lon, lat = from_lattice(to_lattice(near)).tolist()
        return Draft(kind.category, f"{building.address}附近：{self._pick(kind.texts)}", lon, lat, moment)

    def _pick(self, words: Sequence[str]) -> str:
        return words[int(self._random.integers(len(words)))] if words else ""


def _has_floor(building: Building, locus: str) -> bool:
    """Say whether a place in words can be in a building: ``5楼`` is not in a cottage."""
    return not locus[0].isdigit() or int(locus[0]) <= (building.storeys or 1)


def _grade(drafts: list[Draft], random: np.random.Generator) -> list[Draft]:
    """Return the drafts with a severity each: hazards in the numbers of the survey, the rest mostly general."""
    words = [word for word, count in HAZARD_SEVERITIES.items() for _ in range(count)]
    hazards = iter([words[index] for index in random.permutation(len(words)).tolist()])
    graded = []
    for draft in drafts:
        if draft.category.startswith("hazard"):
            severity = next(hazards)
        else:
            severity = "larger" if random.uniform() < 0.05 else "general"  # noqa: PLR2004, one in twenty
        graded.append(replace(draft, severity=severity))
    return graded


def _close(drafts: list[Draft], random: np.random.Generator, end: datetime) -> list[DemoIncident]:
    """Return the incidents with channel and last state; those still open are among the newest of their kind."""
    still_open: set[int] = set()
    for top, count in OPEN.items():
        newest = [
            index
            for index, draft in enumerate(drafts)
            if draft.category.startswith(top) and draft.severity != "major"
        ][-2 * count :]
        still_open.update(random.choice(newest, size=count, replace=False).tolist())
    order = sorted(still_open)
    states = {index: OPEN_STATES[3 * rank // len(order)] for rank, index in enumerate(order)}
    return [_incident(draft, states.get(index), random, end) for index, draft in enumerate(drafts)]


def _incident(draft: Draft, open_state: str | None, random: np.random.Generator, end: datetime) -> DemoIncident:
    top = draft.category.split(".", maxsplit=1)[0]
    channel = CHANNELS[int(random.choice(len(CHANNELS), p=CHANNEL_SHARES[top]))]
    accuracy = None
    if draft.building_code is None and channel in ("patrol", "resident"):
        accuracy = float(np.round(random.gamma(3.0, 5.0) + 3.0, 1))
    median, spread = HANDLING_HOURS[draft.severity]
    hours = median * float(np.exp(spread * random.normal()))
    handled_at = None
    if open_state is None:
        handled_at = draft.occurred_at + timedelta(seconds=round(3600 * hours))
        if handled_at >= end:
            handled_at = draft.occurred_at + (end - draft.occurred_at) / 2
    return DemoIncident(
        draft.category,
        draft.severity,
        channel,
        draft.description,
        draft.lon,
        draft.lat,
        draft.building_code,
        draft.locus,
        accuracy,
        draft.occurred_at,
        open_state or _closed_state(handled_at or end, end, random),
        handled_at,
    )


def _closed_state(handled_at: datetime, end: datetime, random: np.random.Generator) -> str:
    """Return how far an incident has come since it was handled: the longer ago, the further."""
    days = (end - handled_at) / timedelta(days=1)
    furthest = bisect(CLOSED_AFTER_DAYS, days)
    behind = furthest > 0 and random.uniform() < 0.2  # noqa: PLR2004, one in five is slow
    return CLOSED_STATES[furthest - behind]
