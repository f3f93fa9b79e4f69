"""Random trees whose lines have many vertices, and redraws that keep them exact: to be generalised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check import CheckRules, check_grids, check_tree
from grid_boundaries.generalise.thinning import to_plane
from grid_boundaries.partition import Grid, from_lattice, to_lattice
from tests.support.partitions import random_partition

LEVELS = ("district", "street", "community")


@dataclass(frozen=True)
class Tree:
    """Cells by code with their parents; streets and the district are what they fill."""

    cells: Mapping[str, BaseGeometry]
    street_of: Mapping[str, str]
    older: tuple[Grid, ...] = ()

    def grids(self) -> list[Grid]:
        """Return the whole tree; a grid that fills what it filled before keeps its shape, vertex for vertex."""
        old = {grid.code: grid.shape for grid in self.older}
        made = [Grid(code, cell, "community", self.street_of[code]) for code, cell in sorted(self.cells.items())]
        for street in sorted(set(self.street_of.values())):
            filled = [cell for code, cell in self.cells.items() if self.street_of[code] == street]
            made.append(Grid(street, shapely.coverage_union_all(filled), "street", "D"))
        made.append(Grid("D", shapely.coverage_union_all(list(self.cells.values())), "district"))
        return [
            replace(grid, shape=old[grid.code])
            if grid.code in old and shapely.normalize(old[grid.code]) == shapely.normalize(grid.shape)
            else grid
            for grid in made
        ]

    def _changed(self, cells: Mapping[str, BaseGeometry | None], streets: Mapping[str, str]) -> Tree:
        kept = {code: cell for code, cell in {**self.cells, **cells}.items() if cell is not None}
        every = {**self.street_of, **streets}
        return Tree(kept, {code: every[code] for code in kept}, tuple(self.grids()))

    def redraw(self, random: np.random.Generator) -> Tree:
        """Merge two cells, split one, hand one to another street, or bend a line: one of them at random."""
        return [self._merge, self._split, self._hand_over, self._bend][random.integers(4)](random)

    def _merge(self, random: np.random.Generator) -> Tree:
        one = self._any(random)
        near = [
            code
            for code, cell in sorted(self.cells.items())
            if code != one and self.cells[one].intersection(cell).length > 0
        ]
        other = near[random.integers(len(near))]
        merged = shapely.coverage_union_all([self.cells[one], self.cells[other]])
        return self._changed({one: merged, other: None}, {}) if merged.geom_type == "Polygon" else self

    def _split(self, random: np.random.Generator) -> Tree:
        code = self._any(random)
        corners = shapely.get_coordinates(self.cells[code].exterior)[:-1]
        begin, end = sorted(random.choice(len(corners), 2, replace=False).tolist())
        one = shapely.Polygon(corners[begin : end + 1]) if end - begin > 1 else None
        rest = np.concatenate([corners[end:], corners[: begin + 1]])
        other = shapely.Polygon(rest) if len(rest) > 2 else None
        cell = self.cells[code]
        sound = one and other and not cell.interiors and one.is_valid and other.is_valid
        if not (one and other and sound and abs(one.area + other.area - cell.area) < 1e-12 * cell.area):
            return self
        new = f"n{len(self.cells)}x{random.integers(10**6)}"
        return self._changed({code: one, new: other}, {new: self.street_of[code]})

    def _hand_over(self, random: np.random.Generator) -> Tree:
        streets = sorted(set(self.street_of.values()))
        return self._changed({}, {self._any(random): streets[random.integers(len(streets))]})

    def _bend(self, random: np.random.Generator) -> Tree:
        """Set a vertex beside the middle of an edge, for all who have that edge."""
        corners = shapely.get_coordinates(self.cells[self._any(random)].exterior)
        place = random.integers(len(corners) - 1)
        start, end = corners[place], corners[place + 1]
        aside = (end - start)[::-1] * np.array([-1, 1]) * random.uniform(-0.3, 0.3)
        middle = from_lattice(to_lattice((start + end) / 2 + aside))
        bent = {code: _insert(cell, start, end, middle) for code, cell in self.cells.items()}
        if not all(cell.is_valid for cell in bent.values()):
            return self
        return self._changed({code: cell for code, cell in bent.items() if cell is not self.cells[code]}, {})

    def _any(self, random: np.random.Generator) -> str:
        codes = sorted(self.cells)
        return codes[random.integers(len(codes))]


def _insert(cell: BaseGeometry, start: np.ndarray, end: np.ndarray, middle: np.ndarray) -> BaseGeometry:
    """Return a polygon with a vertex on one of its edges, itself when it has no such edge."""
    rings = []
    found = False
    for ring in [cell.exterior, *cell.interiors]:
        corners = shapely.get_coordinates(ring)
        for one, other in ((start, end), (end, start)):
            where = np.flatnonzero((corners[:-1] == one).all(axis=1) & (corners[1:] == other).all(axis=1))
            if len(where):
                corners, found = np.insert(corners, where[0] + 1, middle, axis=0), True
        rings.append(corners)
    return shapely.Polygon(rings[0], rings[1:]) if found else cell


def wiggly_tree(seed: int, cells: int = 24, streets: int = 3, pieces: int = 8) -> Tree:
    """Return a random tree of about a kilometre a cell; each edge becomes ``pieces`` edges along an arc.

    They waver by a share of its length, which is halved until no two lines cross: so they come near each other.
    """
    waver = 0.04
    while not shapely.is_valid(list((drawn := _draw(seed, cells, pieces, waver)).values())).all() or not _apart(
        drawn
    ):
        waver /= 2
    west, _, east, _ = shapely.total_bounds(list(drawn.values()))
    street = {
        code: f"S{min(streets - 1, int((cell.centroid.x - west) / (east - west) * streets))}"
        for code, cell in drawn.items()
    }
    return Tree(drawn, street)


def _apart(drawn: Mapping[str, BaseGeometry]) -> bool:
    return check_grids([Grid(code, cell) for code, cell in drawn.items()], rules=CheckRules(contiguity=False)).valid


def _draw(seed: int, cells: int, pieces: int, most: float) -> dict[str, BaseGeometry]:
    random = np.random.default_rng(seed)
    wavered: dict[tuple[tuple[float, float], tuple[float, float]], np.ndarray] = {}

    def waver(corners: np.ndarray) -> np.ndarray:
        made = []
        for start, end in zip(map(tuple, corners[:-1]), map(tuple, corners[1:]), strict=True):
            key = (min(start, end), max(start, end))
            if key not in wavered:
                low, high = np.array(key[0]), np.array(key[1])
                along = np.linspace(0, 1, pieces + 1)[:-1, None]
                share = random.uniform(-most, most, (pieces, 1)) + random.uniform(-8, 8) * most * np.sin(
                    np.pi * along
                )
                aside = (high - low)[::-1] * np.array([-1, 1]) * share
                points = low + along * (high - low) + np.where(along > 0, aside, 0)
                wavered[key] = from_lattice(to_lattice(np.vstack([points, high])))
            made.append(wavered[key][:-1] if key[0] == start else wavered[key][:0:-1])
        return np.vstack([*made, made[0][:1]])

    partition = random_partition(seed, cells)
    return {
        grid.code: shapely.Polygon(waver(shapely.get_coordinates(grid.shape.exterior))) for grid in partition.grids
    }


def is_exact(grids: Sequence[Grid]) -> bool:
    """Tell whether a tree is sound: where lines waver, a few trees are not."""
    return check_tree(grids, CheckRules(contiguity=False), LEVELS).valid


def distance_in_plane(one: BaseGeometry, other: BaseGeometry) -> float:
    """Return how far the lines of two polygons lie from each other at most, in the plane of tiles.

    Reckoned from all vertices of both to the lines of the other: for segments the greatest distance is at an end.
    """
    lines = [shapely.boundary(shapely.transform(shape, to_plane)) for shape in (one, other)]
    return max(
        float(shapely.distance(shapely.points(shapely.get_coordinates(mine)), theirs).max())
        for mine, theirs in (lines, lines[::-1])
    )
