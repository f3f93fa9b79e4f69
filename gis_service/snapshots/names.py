"""What answers say of each grid of an edition: in arrays, since objects for a whole province weigh too much."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Self

import numpy as np
import orjson
from numpy.typing import NDArray

from gis_service.domain.lookup import NamedGrid
from gis_service.snapshots.texts import Texts
from grid_boundaries.partition import Grid

AT_HAND = 16_384
"""Grids that stay objects once they have been asked for: some ten megabytes at most."""


class GridNames:
    """The grids of an edition as answers name them, by index; read when asked for."""

    def __init__(self, fragments: Texts, kinds: Texts) -> None:
        self._fragments, self._kinds = fragments, kinds
        self._read = _reader(fragments, kinds)

    @classmethod
    def of(cls, rows: Sequence[Grid]) -> Self:
        """Return the names of grids, in their order."""
        named = [NamedGrid.make(row.code, row.name, row.level or "", row.kind) for row in rows]
        return cls(Texts.of(one.json.decode() for one in named), Texts.of(one.kind for one in named))

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return the names whose ``arrays()`` these are, among others.

        Raises:
            KeyError: an array is missing.
        """
        fragments = Texts(arrays["fragments"], arrays["fragment_ends"])
        return cls(fragments, Texts(arrays["kinds"], arrays["kind_ends"]))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all that the names are made of."""
        return {
            "fragments": self._fragments.packed,
            "fragment_ends": self._fragments.ends,
            "kinds": self._kinds.packed,
            "kind_ends": self._kinds.ends,
        }

    def followed(self, more: GridNames, places: NDArray[np.int64]) -> Self:
        """Return those names of these and more, counted on behind these, that stand at some places."""
        return type(self)(
            self._fragments.followed(more._fragments, places), self._kinds.followed(more._kinds, places)
        )

    def __len__(self) -> int:
        return len(self._fragments.ends)

    def __getitem__(self, index: int) -> NamedGrid:
        return self._read(index)

    def __iter__(self) -> Iterator[NamedGrid]:
        return map(self._read, range(len(self)))

    def fragment(self, index: int) -> bytes:
        """Return a grid as answers render it, the JSON of code, name and level; makes no other object."""
        return self._fragments[index]


def _reader(fragments: Texts, kinds: Texts) -> Callable[[int], NamedGrid]:
    """Return what reads one grid; it must not know the ``GridNames``, or both would outlive their last user."""

    @lru_cache(maxsize=AT_HAND)
    def read(index: int) -> NamedGrid:
        json = fragments[index]
        return NamedGrid(kind=kinds[index].decode(), json=json, **orjson.loads(json))

    return read
