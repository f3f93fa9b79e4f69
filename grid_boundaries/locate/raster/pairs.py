"""Pairs of a cell and something that lies there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of a cell with an edge that crosses it, or with a grid that holds its reference place."""

    cell: NDArray[np.int64]
    other: NDArray[np.int64]
