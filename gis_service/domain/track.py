"""A person's day on patrol: the line walked, where it breaks, and whose ground it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from gis_service.domain.position import Position
from grid_boundaries.measure import GEOD
from tiles.layers import TRACK_GAP_M, TRACK_GAP_S


@dataclass(frozen=True, slots=True)
class Stretch:
    """Positions that a line joins, in the order of time; one alone is no line and takes no time."""

    positions: tuple[Position, ...]
    length_m: float

    @property
    def seconds(self) -> float:
        """Return how long it took."""
        return (self.positions[-1].at - self.positions[0].at).total_seconds()


@dataclass(frozen=True, slots=True)
class Gap:
    """A time of which nobody knows where the person was, and how far apart its ends are (metres, geodesic)."""

    since: datetime
    until: datetime
    distance_m: float


@dataclass(frozen=True, slots=True)
class Visit:
    """How long a person was on a grid's ground, and how many positions say so; None is ground of nobody."""

    grid_code: str | None
    seconds: float
    positions: int


@dataclass(frozen=True, slots=True)
class Track:
    """What is known of a day; ``visits`` are in the order in which grids were first come to."""

    stretches: tuple[Stretch, ...]
    gaps: tuple[Gap, ...]
    visits: tuple[Visit, ...]

    @property
    def on_patrol_s(self) -> float:
        """Return the seconds on patrol: those of all stretches, without the gaps."""
        return sum(one.seconds for one in self.stretches)

    @property
    def length_m(self) -> float:
        """Return the metres walked, on the ellipsoid."""
        return sum(one.length_m for one in self.stretches)


def draw_track(positions: Sequence[Position], owners: Sequence[str | None]) -> Track:
    """Return a day as stretches and gaps, by the rule of the tiles: ten minutes or 500 m part two positions.

    Args:
        positions: of one person, the earliest first.
        owners: the grid on whose ground each is, equally long; the time to the next position is spent there.
    """
    lons, lats = np.array([one.lon for one in positions]), np.array([one.lat for one in positions])
    steps_m = GEOD.inv(lons[:-1], lats[:-1], lons[1:], lats[1:])[2].tolist() if len(positions) > 1 else []
    stretches: list[Stretch] = []
    gaps: list[Gap] = []
    begun = 0
    seconds: dict[str | None, float] = dict.fromkeys(owners, 0.0)
    for place, step_m in enumerate(steps_m):
        here, there = positions[place], positions[place + 1]
        took_s = (there.at - here.at).total_seconds()
        if took_s > TRACK_GAP_S or step_m > TRACK_GAP_M:
            stretches.append(Stretch(tuple(positions[begun : place + 1]), sum(steps_m[begun:place])))
            gaps.append(Gap(here.at, there.at, step_m))
            begun = place + 1
        else:
            seconds[owners[place]] += took_s
    if positions:
        stretches.append(Stretch(tuple(positions[begun:]), sum(steps_m[begun:])))
    visits = tuple(Visit(code, spent, owners.count(code)) for code, spent in seconds.items())
    return Track(tuple(stretches), tuple(gaps), visits)
