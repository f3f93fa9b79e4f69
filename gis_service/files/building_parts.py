"""A file of rows, read part by part, whatever its format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
from numpy.typing import NDArray

ROWS_OF_A_PART = 20_000


@dataclass(frozen=True, slots=True)
class RowPart:
    """Some rows that follow one another: their numbers, their cells along the headings, their geometries.

    ``shapes`` are in the coordinates of the file; None where the format has none.
    """

    numbers: Sequence[int]
    rows: Sequence[Sequence[Any]]
    shapes: NDArray[np.object_] | None = None


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file after a first look.

    Attributes:
        headings: the names of its columns.
        parts: reads it from the beginning, each time it is called.
        encoding: of its text where it had to be found out: utf-8, utf-8-sig or gb18030.
        crs: what its geometries are in; None for degrees that are stored as they stand.
        rows: how many there are, where that is known beforehand.
        has_shapes: whether it has geometries.
    """

    headings: Sequence[str]
    parts: Callable[[], Iterator[RowPart]]
    encoding: str | None = None
    crs: pyproj.CRS | None = None
    rows: int | None = None
    has_shapes: bool = False
