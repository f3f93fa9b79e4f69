"""Cut one ring in two by a line that meanders as boundaries do.

Rings are lattice steps, shape (n, 2), open (the last vertex is not the first again), counter-clockwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np
import shapely
from numpy.typing import NDArray

from grid_boundaries.synthetic.density import Density

Ring = NDArray[np.int64]
Metres = NDArray[np.float64]

ENDS_TRIED = 64
"""Vertices of a ring at which a cut may end; all pairs are weighed, so the work grows with the square."""

CUTS_TRIED = 160
"""Best pairs that are tried in turn until a meander fits between them."""

SWAYS = (1.0, 0.55, 0.25, 0.0)
"""How much of its meander a line keeps at each attempt; the last is a straight line."""

_MISSED, _DENSER, _LUCK = 30.0, 0.6, 0.25
"""What a share of the mass that is missed, a denser first piece, and chance count against the shape of pieces."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A line from vertex ``start`` to vertex ``end`` of a ring (``start < end``); ``line`` is what lies between."""

    start: int
    end: int
    line: Ring

    def pieces(self, ring: Ring) -> tuple[Ring, Ring]:
        """Return the piece along ``start … end`` and the rest; together they have every edge of the ring once."""
        along = np.concatenate([ring[self.start : self.end + 1], self.line[::-1]])
        rest = np.concatenate([ring[self.end :], ring[: self.start + 1], self.line])
        return along, rest


def cut_in_two(
    ring: Ring, share: float, grid_mass: float, density: Density, random: np.random.Generator
) -> tuple[Ring, Ring]:
    """Return two pieces of a ring, of which the first holds about ``share`` of the mass.

    Short cuts through the middle of compact pieces win; of two pieces the denser one tends to be the first.

    Args:
        ring: what to cut.
        share: between 0 and 1.
        grid_mass: mass of one finest grid; its size sets the step and the clearance of the line.
        density: says where the mass is.
        random: the only source of chance.

    Raises:
        ValueError: no line fits, as in a ring of three vertices.
    """
    metres = density.plane.metres(ring)
    outline = shapely.Polygon(metres)
    shapely.prepare(outline)
    edge = shapely.LinearRing(metres)
    shapely.prepare(edge)
    for start, end, along_is_first in islice(_rank_cuts(metres, share, density, random), CUTS_TRIED):
        for sway in SWAYS:
            line = _meander(metres[start], metres[end], sway, grid_mass, density, random)
            if _fits(line, outline, edge, grid_mass, density):
                along, rest = Cut(start, end, density.plane.steps(line[1:-1])).pieces(ring)
                return (along, rest) if along_is_first else (rest, along)
    raise ValueError(f"No cut fits into a ring of {len(ring)} vertices.")


def _rank_cuts(
    metres: Metres, share: float, density: Density, random: np.random.Generator
) -> list[tuple[int, int, bool]]:
    """Return pairs of vertices, best first, and whether the piece along them is to be the first."""
    following = np.roll(metres, -1, axis=0)
    lengths = np.hypot(*(following - metres).T)
    start, end = _pairs(lengths)
    chord = np.hypot(*(metres[end] - metres[start]).T)
    along, around = _between(lengths, start, end, chord)
    area, all_area = _between(_swept(metres, following), start, end, _swept(metres[end], metres[start]))
    mass, all_mass = _between(
        density.mass_along(metres, following), start, end, density.mass_along(metres[end], metres[start])
    )
    sound = (area > 0.02 * all_area) & (area < 0.98 * all_area) & (mass > 0) & (mass < all_mass)
    start, end, chord = start[sound], end[sound], chord[sound]
    along, area, mass = along[sound], area[sound], mass[sound]

    shape = _roundness(along, area) + _roundness(around - along + 2 * chord, all_area - area)
    denser = np.tanh(np.log(mass / area) - np.log((all_mass - mass) / (all_area - area)))
    if_along = _MISSED * ((mass / all_mass - share) / min(share, 1 - share)) ** 2 - _DENSER * denser
    if_rest = _MISSED * ((1 - mass / all_mass - share) / min(share, 1 - share)) ** 2 + _DENSER * denser
    score = shape + np.minimum(if_along, if_rest) + random.uniform(0, _LUCK, len(shape))
    order = np.argsort(score, kind="stable")
    return list(zip(start[order].tolist(), end[order].tolist(), (if_along <= if_rest)[order].tolist(), strict=True))


def _pairs(lengths: Metres) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all pairs of the vertices that are tried, which are about evenly spaced; neighbours are no pair."""
    walked = np.concatenate([[0.0], np.cumsum(lengths)])
    ends = np.unique(np.searchsorted(walked[:-1], np.linspace(0, walked[-1], ENDS_TRIED, endpoint=False)))
    ends = ends[ends < len(lengths)].astype(np.int64)
    first, second = np.triu_indices(len(ends), 1)
    apart = ends[second] - ends[first]
    keep = (apart > 1) & (apart < len(lengths) - 1)
    return ends[first][keep], ends[second][keep]


def _between(
    per_edge: Metres, start: NDArray[np.int64], end: NDArray[np.int64], closing: Metres
) -> tuple[Metres, float]:
    """Return the sums over edges ``start … end`` plus what the closing chord adds, and the sum over all edges."""
    summed = np.concatenate([[0.0], np.cumsum(per_edge)])
    return summed[end] - summed[start] + closing, float(summed[-1])


def _swept(starts: Metres, ends: Metres) -> Metres:
    """Return what each directed edge adds to the area of a counter-clockwise ring."""
    area: Metres = (starts[:, 0] * ends[:, 1] - ends[:, 0] * starts[:, 1]) / 2
    return area


def _roundness(perimeter: Metres, area: Metres) -> Metres:
    """Return the isoperimetric quotient: 1 for a circle, 1.27 for a square, more for a strip."""
    return perimeter**2 / (4 * np.pi * area)


def _meander(
    start: Metres, end: Metres, sway: float, grid_mass: float, density: Density, random: np.random.Generator
) -> Metres:
    """Return a line between two places: a sum of waves, the longer the higher, in steps that suit the density.

    In open country a line follows streams and ridges, in the city streets: there it sways less.
    """
    chord = end - start
    length = float(np.hypot(*chord))
    position = np.linspace(0, 1, 513)
    on_chord = start + position[:, None] * chord
    size = np.sqrt(grid_mass / density.at(on_chord))
    pace = 1 / np.clip(0.07 * size, 8.0, 160.0)
    walked = np.concatenate([[0.0], np.cumsum((pace[1:] + pace[:-1]) / 2)]) * length / 512
    count = max(2, round(float(walked[-1])))
    at = np.interp(np.linspace(0, walked[-1], count + 1), walked, position)

    waves = np.arange(1, max(2, min(count // 4, 48)) + 1)
    heights = random.normal(size=len(waves)) / waves**1.55
    rural = np.interp(np.log(float(np.median(size))), np.log([250.0, 2500.0]), [0.03, 0.1])
    offset = sway * rural * length * (np.sin(np.pi * at[:, None] * waves) @ heights)
    across = np.array([-chord[1], chord[0]]) / length
    line: Metres = start + at[:, None] * chord + offset[:, None] * across
    line[0], line[-1] = start, end
    return line


def _fits(
    line: Metres, outline: shapely.Polygon, edge: shapely.LinearRing, grid_mass: float, density: Density
) -> bool:
    """Say whether a line runs inside and leaves the ring at no acute angle, keeping a fair distance."""
    inner = line[1:-1]
    if not outline.contains(shapely.LineString(line)):
        return False
    size = np.sqrt(grid_mass / density.at(inner))
    to_end = np.minimum(np.hypot(*(inner - line[0]).T), np.hypot(*(inner - line[-1]).T))
    distance = shapely.distance(shapely.points(inner), edge)
    return bool(np.all(distance >= np.minimum(0.6 * to_end, 0.22 * size)))
