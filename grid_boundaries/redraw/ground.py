"""The grids that an operation may meet, and what an operation does to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from grid_boundaries.check.edges import Edges, edges_of
from grid_boundaries.partition import Grid
from grid_boundaries.redraw.edges import Edge, Point


@dataclass(frozen=True, slots=True)
class Redraw:
    """What an operation does.

    Attributes:
        grids: new and changed grids as they are afterwards, by code.
        retired: codes that stand for no grid any more.
        refined: those of ``grids`` that only gained vertices on edges they had: neighbours and ancestors.
        detail: the intent made explicit, as JSON has it: codes chosen, ends moved by how many metres, and so on.
    """

    grids: tuple[Grid, ...]
    retired: frozenset[str] = frozenset()
    refined: frozenset[str] = frozenset()
    detail: Mapping[str, Any] = field(default_factory=dict)


class Ground(Mapping[str, Grid]):
    """An immutable view of grids of all levels, by code.

    It must hold every grid whose shape meets the bounding box of the operation: neighbours, ancestors, descendants;
    and the children of the grids that the operation names.  Grids whose shape is no polygon are kept and never drawn
    with.

    Args:
        grids: in any order; no code twice.
        levels: the codes of the levels, the highest first.
        used_codes: codes that stood for a grid at any time and must not be given again.

    Raises:
        ValueError: a code comes twice.
    """

    def __init__(self, grids: Iterable[Grid], levels: Sequence[str], used_codes: Collection[str] = ()) -> None:
        self._grids: dict[str, Grid] = {}
        for grid in sorted(grids, key=lambda grid: grid.code):
            if grid.code in self._grids:
                raise ValueError(f"the code {grid.code} comes twice")
            self._grids[grid.code] = grid
        self.levels = tuple(levels)
        self.used_codes = frozenset(used_codes)
        self._children: defaultdict[str, list[str]] = defaultdict(list)
        for grid in self._grids.values():
            if grid.parent is not None:
                self._children[grid.parent].append(grid.code)
        self._own_edges: dict[str, tuple[Edge, ...]] = {}

    def __getitem__(self, code: str) -> Grid:
        return self._grids[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._grids)

    def __len__(self) -> int:
        return len(self._grids)

    def children_of(self, code: str) -> tuple[str, ...]:
        """Return the codes of the grids right below one, in order."""
        return tuple(self._children.get(code, ()))

    def ancestors_of(self, code: str) -> tuple[str, ...]:
        """Return the codes of the grids above one, nearest first, up to where a parent is missing or comes again."""
        chain: list[str] = []
        parent = self._grids[code].parent
        while parent is not None and parent in self._grids and parent not in chain and parent != code:
            chain.append(parent)
            parent = self._grids[parent].parent
        return tuple(chain)

    def rank_of(self, level: str | None) -> int | None:
        """Return the place of a level, 0 for the highest; None where it is not in use."""
        return self.levels.index(level) if level in self.levels else None

    def edges_of(self, code: str) -> tuple[Edge, ...]:
        """Return the directed edges of a grid, its ground on their left; none where its shape is no polygon."""
        if code not in self._own_edges:
            edges, number = self._edges, self._number_of.get(code, -1)
            first, last = np.searchsorted(edges.owner, [number, number + 1])
            starts, ends = edges.start[first:last].tolist(), edges.end[first:last].tolist()
            self._own_edges[code] = tuple(((a, b), (c, d)) for (a, b), (c, d) in zip(starts, ends, strict=True))
        return self._own_edges[code]

    def edges_near(self, low: Point, high: Point) -> dict[Edge, set[str]]:
        """Return the edges, run forward, whose box meets the box between two points; and which grids use each."""
        edges, found = self._edges, defaultdict[Edge, set[str]](set)
        lower, upper = np.minimum(edges.start, edges.end), np.maximum(edges.start, edges.end)
        meets = np.logical_and((lower <= high).all(axis=1), (upper >= low).all(axis=1))
        near = edges.pick(np.flatnonzero(meets))
        for (a, b), (c, d), owner in zip(near.start.tolist(), near.end.tolist(), near.owner.tolist(), strict=True):
            found[min((a, b), (c, d)), max((a, b), (c, d))].add(self.drawn[owner])
        return dict(found)

    @cached_property
    def drawn(self) -> list[str]:
        """The codes of the grids whose shape is a polygon, in order."""
        return [code for code, grid in self._grids.items() if _is_polygon(grid)]

    @cached_property
    def _number_of(self) -> dict[str, int]:
        return {code: number for number, code in enumerate(self.drawn)}

    @cached_property
    def _edges(self) -> Edges:
        return edges_of([self._grids[code].shape for code in self.drawn])


def apply_redraw(ground: Ground, redraw: Redraw) -> Ground:
    """Return the ground as an operation leaves it; retired codes count as used."""
    after = {code: grid for code, grid in ground.items() if code not in redraw.retired}
    after.update((grid.code, grid) for grid in redraw.grids)
    return Ground(after.values(), ground.levels, ground.used_codes | redraw.retired)


def _is_polygon(grid: Grid) -> bool:
    return (
        grid.shape is not None
        and grid.shape.geom_type in {"Polygon", "MultiPolygon"}
        and not grid.shape.is_empty
        and bool(np.isfinite(shapely.get_coordinates(grid.shape)).all())
    )
