"""Many texts as two arrays of a file, of which only those are read that are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import numpy as np
from numpy.typing import NDArray

from grid_boundaries.locate.texts import pack_texts


class Texts:
    """Texts in UTF-8, one behind the other in ``packed``, and where each ends."""

    __slots__ = ("_bytes", "_ends", "ends", "packed")

    def __init__(self, packed: NDArray[np.uint8], ends: NDArray[np.uint32]) -> None:
        self.packed, self.ends = packed, ends
        # Several times faster to take one from than arrays are.
        self._bytes, self._ends = packed.data, ends.data

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """Return texts packed."""
        return cls(*pack_texts(texts))

    def __getitem__(self, index: int) -> bytes:
        start = self._ends[index - 1] if index else 0
        return bytes(self._bytes[start : self._ends[index]])

    def followed(self, more: Texts, places: NDArray[np.int64]) -> Self:
        """Return those texts of these and more, counted on behind these, that stand at some places, in that order.

        Texts that stand one behind the other go as one piece.
        """
        packed = np.concatenate([self.packed, more.packed])
        lengths = np.diff(np.concatenate([self.ends, more.ends + np.uint32(len(self.packed))]), prepend=np.uint32(0))
        ends = np.cumsum(lengths, dtype=np.int64)
        breaks = np.flatnonzero(np.diff(places) != 1) + 1
        firsts, lasts = places[np.r_[0, breaks][: len(places)]], places[np.r_[breaks, len(places)][: len(places)] - 1]
        pieces = zip((ends - lengths)[firsts].tolist(), ends[lasts].tolist(), strict=True)
        return type(self)(
            np.concatenate([packed[:0], *(packed[start:end] for start, end in pieces)]),
            np.cumsum(lengths[places], dtype=np.uint32),
        )
