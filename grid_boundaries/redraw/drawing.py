"""The sheet on which an operation draws: grids change on it together, and come off it proved."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from grid_boundaries.partition import Grid
from grid_boundaries.redraw.edges import (
    Chains,
    Edge,
    FoldedError,
    Point,
    add_up,
    combine,
    refine,
    refine_shape,
    shape_of,
)
from grid_boundaries.redraw.ground import Ground, Redraw
from grid_boundaries.redraw.noding import node
from grid_boundaries.redraw.refusal import RedrawRefusedError


class Drawing:
    """Changes to a ground, gathered; the ground itself stays as it is."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._chains: Chains = {}
        self._users: dict[str, None] = {}
        self._after: dict[str, Grid] = {}
        self._plus: dict[str, list[Collection[Edge]]] = {}
        self._minus: dict[str, list[Collection[Edge]]] = {}
        self._regions: dict[str, frozenset[Edge]] = {}
        self._retired: set[str] = set()
        self._finer: dict[str, frozenset[Edge]] = {}

    def node(
        self, paths: Sequence[Sequence[Point]], pins: Mapping[Edge, Iterable[Point]] | None = None
    ) -> tuple[tuple[Point, ...], ...]:
        """Node paths with all boundaries, once in a drawing; return them with their nodes."""
        noding = node(self.ground, paths, pins)
        self._chains = noding.chains
        self._finer.clear()
        self._users = dict.fromkeys(sorted({code for users in noding.users.values() for code in users}))
        return noding.paths

    def edges(self, code: str) -> frozenset[Edge]:
        """Return the edges of a grid of the ground, with the nodes of the drawing."""
        if code not in self._finer:
            self._finer[code] = frozenset(refine(self.ground.edges_of(code), self._chains))
        return self._finer[code]

    def finer(self, edges: Iterable[Edge]) -> list[Edge]:
        """Return edges of the ground with the nodes of the drawing."""
        return refine(edges, self._chains)

    def add(self, grid: Grid, edges: frozenset[Edge]) -> None:
        """Draw a grid, new or in the place of one, whose shape is what edges enclose."""
        self._after[grid.code] = grid
        self._regions[grid.code] = edges

    def retire(self, codes: Iterable[str]) -> None:
        """Take grids away."""
        self._retired.update(codes)

    def update(self, code: str, **fields: Any) -> None:  # noqa: ANN401  the fields of a grid
        """Change attributes of a grid."""
        self._after[code] = replace(self._after.get(code) or self.ground[code], **fields)

    def give(self, code: str, plus: Collection[Edge] = (), minus: Collection[Edge] = ()) -> None:
        """Give ground to a grid of the ground, and take ground from it."""
        self._plus.setdefault(code, []).append(plus)
        self._minus.setdefault(code, []).append(minus)

    def drawn(self, code: str) -> frozenset[Edge]:
        """Return the edges of a grid as it has been drawn so far.

        Raises:
            RedrawRefusedError: the grid would have no ground, or a part too fine for the lattice.
        """
        if code in self._plus:
            return self._sum(code)
        return self._regions.get(code) or self.edges(code)

    def finish(self, detail: Mapping[str, Any]) -> Redraw:
        """Return what was drawn, proved to leave every parent as covered as it was; ``inserted`` counts new nodes.

        Raises:
            RedrawRefusedError: a grid would have no ground, or a part too fine for the lattice.
        """
        for code in self._plus:
            self._regions[code] = self.drawn(code)
            self._after.setdefault(code, self.ground[code])
        for code, edges in self._regions.items():
            with exactly(code):
                self._after[code] = replace(self._after[code], shape=shape_of(edges))
        refined = [code for code in self._users if code not in self._regions and code not in self._retired]
        only_refined = frozenset(code for code in refined if code not in self._after)
        for code in refined:
            grid = self._after.get(code, self.ground[code])
            self._after[code] = replace(grid, shape=refine_shape(self.ground[code].shape, self._chains))
            if not self._after[code].shape.is_valid and self.ground[code].shape.is_valid:
                raise too_fine(code)
        self._prove(only_refined)
        grids = tuple(self._after[code] for code in sorted(self._after))
        return Redraw(grids, frozenset(self._retired), only_refined, {**detail, "inserted": self._inserted()})

    def _sum(self, code: str) -> frozenset[Edge]:
        with exactly(code):
            edges = combine([self.edges(code), *self._plus[code]], self._minus[code])
        if not edges:
            raise RedrawRefusedError(
                "grid-vanishes",
                f"Grid {code} would be left without ground; merge or retire it instead.",
                f"网格 {code} 将失去全部范围；请改用合并或停用。",
                grids=(code,),
            )
        return edges

    def _inserted(self) -> int:
        return len({point for chain in self._chains.values() for point in chain[1:-1]})

    def _prove(self, only_refined: Collection[str]) -> None:
        """Compare each family before and after: what its children gained must be what their parent gained.

        Both are sums of directed edges on the lattice, so that nothing is lost, however small.  A ground that tiled
        its parents goes on tiling them; a draft with faults keeps just these faults.
        """
        before: dict[str, Grid] = {}
        after = {code: grid for code, grid in self._after.items() if code not in only_refined}
        for code in (*after, *self._retired):
            if code in self.ground:
                before[code] = self.ground[code]
        families: dict[str | None, tuple[list[Iterable[Edge]], list[Iterable[Edge]]]] = {}
        for code, grid in before.items():
            families.setdefault(grid.parent, ([], []))[1].append(self.edges(code))
            families.setdefault(code, ([], []))[0].append(self.edges(code))
        for code, grid in after.items():
            edges = self._regions[code] if code in self._regions else self.edges(code)
            families.setdefault(grid.parent, ([], []))[0].append(edges)
            families.setdefault(code, ([], []))[1].append(edges)
        for parent, (gained, lost) in families.items():
            leaf = parent is not None and not self._has_children(parent)
            if not leaf and add_up(gained, lost):
                raise too_fine(*sorted(before)) if parent is None else too_fine(parent)

    def _has_children(self, parent: str) -> bool:
        return any(
            self._after.get(child, self.ground[child]).parent == parent for child in self.ground.children_of(parent)
        ) or any(grid.parent == parent for grid in self._after.values())


@contextmanager
def exactly(*codes: str) -> Iterator[None]:
    """Refuse, naming grids, where edges fold or overlap while they are drawn."""
    try:
        yield
    except FoldedError:
        raise too_fine(*codes) from None


def too_fine(*codes: str) -> RedrawRefusedError:
    """Return the refusal of a drawing that the lattice cannot hold, or that a fault of the draft stands against."""
    names = ", ".join(codes)
    return RedrawRefusedError(
        "not-exact",
        f"The result would not be exact at {names}: ground overlaps there already, or a part is thinner than 0.1 mm. "
        "Check the draft there, or draw the line a little aside.",
        f"结果在 {'、'.join(codes)} 处无法保持精确：该处原有重叠，或有一部分窄于 0.1 毫米。"
        "请先检查该处草案，或将线略微移开。",
        grids=codes,
    )
