"""A made-up country where Guangdong lies: where the corners of a honeycomb fall, and how its sides meander."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grid_boundaries.partition import to_lattice
from grid_boundaries.synthetic.honeycomb import Honeycomb

BOX = (110.0, 20.5, 117.0, 25.5)
"""West, south, east, north in degrees: what all of the country lies within."""

ROWS_A_COLUMN = 0.48
"""Rows of a honeycomb for each column where cells are to be about as wide as high."""

CENTRES = ((113.35, 23.1, 0.42, 0.72), (114.1, 22.75, 0.3, 0.6), (116.3, 23.75, 0.3, 0.6), (110.6, 21.6, 0.3, 0.6))
"""Towns: longitude, latitude and radius in degrees, and how much nearer their ground is drawn to the middle."""

_WIDE_DEG = 6.7
_FLATTEN = 0.92  # cosine of 23 degrees north: a degree of longitude in degrees of latitude
_CELLS_A_RADIUS = 5.0  # a town is no smaller than that, or a side would be longer than the bend it follows
_JITTER = 0.1  # of a cell: 45 degrees and more stay between the sides at a corner, and less than 180
_SWAY = 0.3  # tangent of the angle within which a side keeps to its chord, 17 degrees
_WAVES = np.array([0.5, 1.0, 2.0])  # to a side
_SEGMENTS = (5, 12)  # of a side, the upper end left out: eight on average


@dataclass(frozen=True, slots=True)
class Chains:
    """The points of every side in lattice steps, one side after the other, both corners included.

    Side ``i`` has ``segments[i]`` edges; its points begin at ``begins[i]``.
    """

    points: NDArray[np.int64]
    begins: NDArray[np.int64]
    segments: NDArray[np.int64]

    def run(self, edge: NDArray[np.int64], forward: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the points of sides one after the other, the last of each left out; and how many each gave."""
        counts = self.segments[edge]
        step = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        first = np.where(forward, self.begins[edge], self.begins[edge] + counts)
        return self.points[np.repeat(first, counts) + np.where(np.repeat(forward, counts), step, -step)], counts


def lay_sides(comb: Honeycomb, random: np.random.Generator) -> Chains:
    """Return the sides of a honeycomb laid out over the country.

    Corners are moved a little, then warped to the country's shape.  A side sways within a thin rhombus around its
    chord and never turns back along it.  Rhombi are so thin that they meet in corners only, so no side crosses
    another.
    """
    east, north = comb.corner_places()
    moved = random.uniform(-_JITTER, _JITTER, (2, comb.corners))
    corners = _warp((east + moved[0]) / (comb.columns + 0.5), (north + moved[1]) / comb.rows, comb)
    first, last = comb.edge_ends()
    segments = random.integers(*_SEGMENTS, len(first))
    counts = segments + 1
    begins = np.cumsum(counts) - counts
    side = np.repeat(np.arange(len(first)), counts)
    at = _spread(segments, begins, side, random)
    start, chord = corners[first], corners[last] - corners[first]
    heights = random.dirichlet([1.0, 1.0, 1.0], len(first)) * _SWAY
    phases = random.uniform(0, 2 * np.pi, (len(first), len(_WAVES)))
    waves = np.sin(2 * np.pi * at[:, None] * _WAVES + phases[side])
    sway = np.minimum(at, 1 - at) * (waves * heights[side]).sum(axis=1)
    across = np.column_stack([-chord[:, 1], chord[:, 0]])
    points = start[side] + at[:, None] * chord[side] + sway[:, None] * across[side]
    points[begins], points[begins + segments] = corners[first], corners[last]
    return Chains(to_lattice(points / np.array([_FLATTEN, 1.0])), begins, segments)


def _spread(
    segments: NDArray[np.int64], begins: NDArray[np.int64], side: NDArray[np.int64], random: np.random.Generator
) -> NDArray[np.float64]:
    """Return where along their sides the points lie, from 0 to 1, rising and not quite even."""
    number = (np.arange(len(side)) - begins[side]).astype(np.float64)
    inner = (number > 0) & (number < segments[side])
    number[inner] += random.uniform(-0.3, 0.3, int(inner.sum()))
    at: NDArray[np.float64] = number / segments[side]
    return at


def _warp(u: NDArray[np.float64], v: NDArray[np.float64], comb: Honeycomb) -> NDArray[np.float64]:
    """Return places as degrees, longitude flattened; ``u`` and ``v`` run from 0 to 1 eastward and northward.

    The coast rises to the north-east, the mountains bound the north, and towns draw the ground towards them: a map
    one to one at each step.  A town that has to be larger for the size of the cells pulls the less.
    """
    coast = 20.75 + 2.55 * u + 0.18 * np.sin(2 * np.pi * (1.5 * u + 0.1))
    ridge = 23.7 + 1.5 * np.sin(np.pi * (0.15 + 0.6 * u))
    lat = coast + v * (ridge - coast)
    lon = 110.15 + _WIDE_DEG * u + 0.12 * np.sin(np.pi * v) * (2 * u - 1)
    for town_lon, town_lat, radius, pull in CENTRES:
        reach = max(radius, _CELLS_A_RADIUS * _WIDE_DEG / comb.columns)
        east, north = lon - town_lon, lat - town_lat
        nearer = pull * (radius / reach) * np.exp(-((east * _FLATTEN) ** 2 + north**2) / (2 * reach**2))
        lon, lat = lon - nearer * east, lat - nearer * north
    return np.column_stack([lon * _FLATTEN, lat])
