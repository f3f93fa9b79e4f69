"""What tells one edition's ground from another's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
import shapely

from grid_boundaries.partition import Grid


def digest(grid: Grid) -> bytes:
    """Return the SHA-256 of a grid: code, level, parent, kind, name, households, and WKB in normal form."""
    return digests([grid])[0]


def digests(grids: Sequence[Grid]) -> list[bytes]:
    """Return the digest of each of many grids."""
    shapes = np.empty(len(grids), dtype=np.object_)
    shapes[:] = [grid.shape for grid in grids]
    return [
        hashlib.sha256(
            repr((one.code, one.level, one.parent, one.kind, one.name, one.households)).encode() + written
        ).digest()
        for one, written in zip(grids, shapely.to_wkb(shapely.normalize(shapes)), strict=True)
    ]


def checksum(grids: Sequence[Grid]) -> str:
    """Return the checksum of an edition that consists of these grids, in any order."""
    return checksum_of_digests(digests(sorted(grids, key=lambda one: one.code.encode())))


def checksum_of_digests(digests: Iterable[bytes]) -> str:
    """Return the checksum over the digests of an edition's grids, which come by code, compared byte by byte."""
    whole = hashlib.sha256()
    for one in digests:
        whole.update(one)
    return whole.hexdigest()
