"""Cut an outline into a whole tree of grids."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Polygon

from grid_boundaries.partition import Grid, from_lattice, to_lattice
from grid_boundaries.synthetic.cutting import Ring, cut_in_two
from grid_boundaries.synthetic.density import Density
from grid_boundaries.synthetic.strip import carve_strip

CODE_DIGITS = {"street": 3, "community": 3, "unit_grid": 3, "micro_grid": 2}
"""Digits that each level adds to its parent's code."""

UNEVEN = 0.22
"""Half the range by which the masses of equal grids differ, since no city is cut evenly."""


@dataclass(frozen=True, slots=True)
class Division:
    """What is wanted of one node: its level and its parts.

    ``weight`` counts where there are no parts; else it is the sum over the parts.  ``strip_m`` (width, length)
    makes the node a thin strip along the edge of its parent instead of a share of it.  ``name`` is handed on.
    Parts that stand first tend to get the denser ground.
    """

    level: str
    parts: tuple[Division, ...] = ()
    weight: float = 1.0
    name: str = ""
    kind: str = "standard"
    strip_m: tuple[float, float] | None = None

    def mass(self) -> float:
        """Return the weight of all ground that is shared out below, strips left out."""
        if self.strip_m is not None:
            return 0.0
        return sum(part.mass() for part in self.parts) or self.weight

    def finest(self) -> int:
        """Return the number of nodes without parts."""
        return sum(part.finest() for part in self.parts) or 1


def make_tree(
    outline: Polygon,
    code: str,
    wanted: Division,
    density: Density,
    seed: int,
    *,
    code_digits: Mapping[str, int] = CODE_DIGITS,
    progress: Callable[[float], None] | None = None,
) -> list[Grid]:
    """Return the root and all grids below it, each parent before its children, siblings by code.

    Within a parent, codes go in rows from north to south and in each row from west to east.  The same arguments
    give the same tree.  The root's shape is the outline, vertex for vertex.

    Args:
        outline: one polygon without holes, in degrees, on the lattice.
        code: the root's code.
        wanted: the root and, below it, how many parts of what weight.
        density: where people live; denser ground is cut smaller.
        seed: of all chance.
        code_digits: digits a level adds to its parent's code.
        progress: told the share of finest grids that are made, from 0 to 1.

    Raises:
        ValueError: the outline has holes or is not on the lattice, a level has more parts than its digits can
            number, or a ring is too coarse to be cut.
    """
    ring = _open_ring(outline)
    maker = _Maker(density, np.random.default_rng(seed), code_digits, progress, wanted.finest())
    maker.add(wanted, ring, code, None)
    return maker.grids


class _Maker:
    """Carries what all cuts share while the tree grows."""

    def __init__(
        self,
        density: Density,
        random: np.random.Generator,
        code_digits: Mapping[str, int],
        progress: Callable[[float], None] | None,
        finest: int,
    ) -> None:
        self.grids: list[Grid] = []
        self._density = density
        self._random = random
        self._code_digits = code_digits
        self._progress = progress
        self._finest = finest
        self._done = 0

    def add(self, wanted: Division, ring: Ring, code: str, parent: str | None) -> None:
        """Add a node and, depth first, all nodes below it."""
        shape = Polygon(from_lattice(ring))
        self.grids.append(Grid(code, shape, wanted.level, parent, wanted.name, wanted.kind))
        if not wanted.parts:
            self._done += 1
            if self._progress is not None:
                self._progress(self._done / self._finest)
            return
        pieces = self._share_out(wanted.parts, ring)
        order = reading_order([_middle(piece) for _, piece in pieces])
        for number, index in enumerate(order, start=1):
            part, piece = pieces[index]
            digits = self._code_digits[part.level]
            if number >= 10**digits:
                raise ValueError(f"Grid {code} has more parts than {digits} digits can number.")
            self.add(part, piece, f"{code}{number:0{digits}d}", code)

    def _share_out(self, parts: Sequence[Division], ring: Ring) -> list[tuple[Division, Ring]]:
        """Return each part with its ground: strips first, then halves of halves."""
        pieces: list[tuple[Division, Ring]] = []
        rest = ring
        for part in parts:
            if part.strip_m is not None:
                strip, rest = carve_strip(rest, *part.strip_m, self._density.plane)
                pieces.append((part, strip))
        areal = [part for part in parts if part.strip_m is None]
        masses = [part.mass() * (1 + self._random.uniform(-UNEVEN, UNEVEN)) for part in areal]
        return pieces + self._halve(areal, masses, rest)

    def _halve(self, parts: list[Division], masses: list[float], ring: Ring) -> list[tuple[Division, Ring]]:
        """Return each part with its piece of the ring, which is cut in two until one part is left."""
        if len(parts) == 1:
            return [(parts[0], ring)]
        summed = np.cumsum(masses)
        middle = 1 + int(np.argmin(np.abs(summed[:-1] - summed[-1] / 2)))
        metres = self._density.plane.metres(ring)
        mass = float(np.sum(self._density.mass_along(metres, np.roll(metres, -1, axis=0))))
        first, second = cut_in_two(
            ring,
            float(summed[middle - 1] / summed[-1]),
            mass / sum(part.finest() for part in parts),
            self._density,
            self._random,
        )
        return self._halve(parts[:middle], masses[:middle], first) + self._halve(
            parts[middle:], masses[middle:], second
        )


def reading_order(places: Sequence[tuple[float, float]]) -> list[int]:
    """Return indices of places (lon, lat) in rows from north to south, each row from west to east.

    There are about as many rows as places in a row; equal places keep their order.
    """
    rows = max(1, round(math.sqrt(len(places))))
    by_north = sorted(range(len(places)), key=lambda index: -places[index][1])
    order: list[int] = []
    for row in range(rows):
        cut = slice(row * len(places) // rows, (row + 1) * len(places) // rows)
        order += sorted(by_north[cut], key=lambda index: places[index][0])
    return order


def _open_ring(outline: Polygon) -> Ring:
    """Return the outline's ring as lattice steps, counter-clockwise and open."""
    if outline.interiors:
        raise ValueError("The outline has holes; a division is made of one ring.")
    coordinates = shapely.get_coordinates(outline.exterior)
    ring = to_lattice(coordinates)
    if not np.array_equal(from_lattice(ring), coordinates):
        raise ValueError("The outline is not on the lattice of 1e-9 degree.")
    if not outline.exterior.is_ccw:
        ring = ring[::-1]
    return ring[:-1]


def _middle(ring: Ring) -> tuple[float, float]:
    """Return the centre of gravity of a ring in degrees."""
    centre = shapely.centroid(Polygon(from_lattice(ring)))
    return centre.x, centre.y
