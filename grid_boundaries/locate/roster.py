"""The grids that a locator knows, without their shapes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol, Self

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


@dataclass(frozen=True, slots=True)
class Roster:
    """Codes in order, and along them the index of each parent, or ``NOBODY``, and the rank of each level.

    Raises:
        ValueError: a code comes twice, or a parent does not rank above its child.
    """

    codes: tuple[str, ...]
    parents: NDArray[np.int32]
    ranks: NDArray[np.int32]

    def __post_init__(self) -> None:
        for code, other in pairwise(self.codes):
            if code == other:
                raise ValueError(f"the code {code} comes twice")
        wrong = (self.parents != NOBODY) & (self.ranks[self.parents] >= self.ranks) if len(self.codes) else []
        for index in np.flatnonzero(wrong)[:1].tolist():
            parent = self.codes[self.parents[index]]
            raise ValueError(f"grid {self.codes[index]} does not rank below its parent {parent}")
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
        return cls(tuple(entry.code for entry in entries), np.array(parents, np.int32), _ranks_of(entries, ranks))

    def followed(
        self, gone: Collection[str], fresh: Collection[Entry], ranks: Mapping[str, int]
    ) -> tuple[Self, NDArray[np.int32]] | None:
        """Return the roster without some grids and with fresh ones, and the index now of each grid of this one.

        None when it has to be made from all grids: one that has no parent here might find it among the fresh.

        Raises:
            ValueError: as ``of``.
        """
        entries = sorted(fresh, key=lambda entry: entry.code)
        fresh_ranks = _ranks_of(entries, ranks)
        orphans = self.ranks[self.parents == NOBODY]
        if len(orphans) > 1 and orphans.max() > orphans.min() and any(self.find(one.code) is None for one in entries):
            return None
        stays = np.ones(len(self.codes), dtype=np.bool_)
        stays[[place for code in gone if (place := self.find(code)) is not None]] = False
        kept, left = np.flatnonzero(stays), np.flatnonzero(~stays)
        kept_codes = [self.codes[place] for place in kept.tolist()]

        # Of two sorted lists made one: each stands behind those before it in its own and in the other.
        before = np.array([bisect_left(kept_codes, entry.code) for entry in entries], dtype=np.int64)
        now = np.full(len(self.codes), NOBODY, dtype=np.int32)
        now[kept] = np.arange(len(kept)) + np.searchsorted(before, np.arange(len(kept)), side="right")
        places = {
            entry.code: place
            for entry, place in zip(entries, (before + np.arange(len(before))).tolist(), strict=True)
        }
        codes = tuple(sorted([*kept_codes, *(entry.code for entry in entries)]))

        # A parent that goes and comes is the same parent.
        now_or_again = now.copy()
        now_or_again[left] = [places.get(self.codes[place], NOBODY) for place in left.tolist()]
        parents, depths = np.empty(len(codes), dtype=np.int32), np.empty(len(codes), dtype=np.int32)
        old = self.parents[kept]
        parents[now[kept]], depths[now[kept]] = np.where(old == NOBODY, NOBODY, now_or_again[old]), self.ranks[kept]
        for entry, rank in zip(entries, fresh_ranks.tolist(), strict=True):
            parent = _find(codes, entry.parent or "")
            parents[places[entry.code]], depths[places[entry.code]] = NOBODY if parent is None else parent, rank
        return type(self)(codes, parents, depths), now

    def find(self, code: str) -> int | None:
        """Return the index of a grid, None when it is not here."""
        return _find(self.codes, code)

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


def _ranks_of(entries: Sequence[Entry], ranks: Mapping[str, int]) -> NDArray[np.int32]:
    """Return the rank of each grid's level.

    Raises:
        ValueError: a level has none.
    """
    for entry in entries:
        if (entry.level or "") not in ranks:
            raise ValueError(f"grid {entry.code} has the level {entry.level!r}, which has no rank")
    return np.array([ranks[entry.level or ""] for entry in entries], dtype=np.int32)


def _find(codes: Sequence[str], code: str) -> int | None:
    place = bisect_left(codes, code)
    return place if place < len(codes) and codes[place] == code else None
