"""What a planner can do to a draft: the names of the operations, and the pure functions behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shapely.geometry.base import BaseGeometry

from grid_boundaries.partition import Grid
from grid_boundaries.redraw import (
    Ground,
    Redraw,
    carve,
    create,
    merge,
    move_edge,
    move_parent,
    rename,
    replace,
    retire,
    set_attributes,
    split,
)

OPERATIONS: Mapping[str, Callable[..., Redraw]] = {
    "replace": replace,
    "create": create,
    "retire": retire,
    "rename": rename,
    "split": split,
    "merge": merge,
    "move-edge": move_edge,
    "carve": carve,
    "move-parent": move_parent,
    "set": set_attributes,
}

_NAMING = ("code", "codes", "into", "between", "parent", "new_codes")
"""Arguments that name grids by code."""

_RESHAPING = frozenset({"retire", "split", "merge", "move-edge", "carve", "move-parent"})
_DRAWING = frozenset({"replace", "create"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as a planner asks for it.

    ``arguments`` are those of its function in ``OPERATIONS``, by name; ``asked`` is the same as JSON, without the
    shapes of grids, for the record.
    """

    name: str
    arguments: Mapping[str, Any]
    asked: Mapping[str, Any] = field(default_factory=dict)

    def apply(self, ground: Ground) -> Redraw:
        """Return what the operation does to the ground.

        Raises:
            RedrawRefusedError: it cannot be done.
        """
        return OPERATIONS[self.name](ground, **self.arguments)

    @property
    def codes(self) -> frozenset[str]:
        """The codes that the operation names, of grids that are there or are to be."""
        return frozenset(self._named())

    @property
    def shapes(self) -> list[BaseGeometry]:
        """The lines and polygons that it brings."""
        given = [self.arguments.get("line"), self.arguments.get("polygon"), *(grid.shape for grid in self._grids())]
        return [shape for shape in given if isinstance(shape, BaseGeometry)]

    @property
    def invents_codes(self) -> bool:
        """Whether codes for new grids are left to be chosen."""
        chosen = {"split": "new_codes", "carve": "code"}.get(self.name)
        return chosen is not None and self.arguments.get(chosen) is None

    @property
    def recounts_households(self) -> bool:
        """Whether the operation leaves it to the service to say how many households the redrawn grids have."""
        return self.name in _RESHAPING

    @property
    def may_count_households(self) -> bool:
        """Whether households that the operation leaves unknown are to be counted."""
        return self.name in _RESHAPING | _DRAWING

    def _named(self) -> Iterator[str]:
        for name in _NAMING:
            given = self.arguments.get(name)
            if isinstance(given, str):
                yield given
            elif given is not None:
                yield from given
        for grid in self._grids():
            yield grid.code
            if grid.parent is not None:
                yield grid.parent

    def _grids(self) -> list[Grid]:
        one = self.arguments.get("grid")
        return [*self.arguments.get("grids", ()), *([one] if one is not None else [])]
