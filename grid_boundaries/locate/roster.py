"""The grids that a locator knows, without their shapes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from grid_boundaries.locate.locator import NOBODY


class Entry(Protocol):
    """What a roster asks of a grid."""

    @property
    def code(self) -> str: ...  # noqa: D102
    @property
    def level(self) -> str | None: ...  # noqa: D102
    @property
    def parent(self) -> str | None: ...  # noqa: D102


class _Kept(NamedTuple):
    """A grid as a roster remembers it."""

    code: str
    level: str | None
    parent: str | None


@dataclass(frozen=True, slots=True)
class Roster:
    """Codes in order, and along them the index of each parent, or ``NOBODY``, and the rank of each level."""

    codes: tuple[str, ...]
    parents: NDArray[np.int32]
    ranks: NDArray[np.int32]

    def __post_init__(self) -> None:
        self.parents.flags.writeable = self.ranks.flags.writeable = False

    @classmethod
    def of(cls, entries: Sequence[Entry], ranks: Mapping[str, int]) -> Self:
        """Return the roster of grids in the order of their codes.

        Args:
            entries: sorted by code.
            ranks: the rank of each level; a deeper level has the larger one.

        Raises:
            ValueError: a code comes twice, a level has no rank, or a parent does not rank above its child.
        """
        places = {entry.code: index for index, entry in enumerate(entries)}
        parents = [places.get(entry.parent or "", NOBODY) for entry in entries]
        depths = [ranks.get(entry.level or "", NOBODY) for entry in entries]
        for index, (entry, parent, depth) in enumerate(zip(entries, parents, depths, strict=True)):
            if places[entry.code] != index:
                raise ValueError(f"the code {entry.code} comes twice")
            if depth < 0:
                raise ValueError(f"grid {entry.code} has the level {entry.level!r}, which has no rank")
            if parent != NOBODY and depths[parent] >= depth:
                raise ValueError(f"grid {entry.code} does not rank below its parent {entry.parent}")
        return cls(tuple(entry.code for entry in entries), np.array(parents, np.int32), np.array(depths, np.int32))

    def followed(
        self, gone: Collection[str], fresh: Sequence[Entry], ranks: Mapping[str, int]
    ) -> tuple[Roster, NDArray[np.int32]] | None:
        """Return the roster without some grids and with fresh ones, and the index now of each grid of this one.

        None when it has to be made from all grids: one that has no parent here might find it among the fresh.

        Raises:
            ValueError: as ``of``.
        """
        left = frozenset(gone)
        new = sorted({entry.code for entry in fresh} - set(self.codes))
        orphans = self.ranks[self.parents == NOBODY]
        if new and len(orphans) > 1 and orphans.max() > orphans.min():
            return None
        names = {rank: level for level, rank in ranks.items()}
        kept = [
            _Kept(code, names.get(rank), self.codes[parent] if parent != NOBODY else None)
            for code, parent, rank in zip(self.codes, self.parents.tolist(), self.ranks.tolist(), strict=True)
            if code not in left
        ]
        roster = Roster.of(sorted([*kept, *fresh], key=lambda entry: entry.code), ranks)
        places = {code: index for index, code in enumerate(roster.codes)}
        now = [NOBODY if code in left else places[code] for code in self.codes]
        return roster, np.array(now, dtype=np.int32)

    @property
    def has_children(self) -> NDArray[np.bool_]:
        """Which grids are parents."""
        has = np.zeros(len(self.codes), dtype=np.bool_)
        has[self.parents[self.parents != NOBODY]] = True
        return has

    def chain(self, index: int) -> list[int]:
        """Return the indices of a grid and its ancestors, root first."""
        chain = [index]
        while (index := int(self.parents[index])) != NOBODY:
            chain.append(index)
        return chain[::-1]
