"""What tells one edition's ground from another's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import shapely

from grid_boundaries.partition import Grid


def digest(grid: Grid) -> bytes:
    """Return the SHA-256 of a grid: code, level, parent, kind, name, households, and WKB in normal form."""
    fields = (grid.code, grid.level, grid.parent, grid.kind, grid.name, grid.households)
    return hashlib.sha256(repr(fields).encode() + shapely.to_wkb(shapely.normalize(grid.shape))).digest()


def checksum(grids: Sequence[Grid]) -> str:
    """Return the checksum of an edition that consists of these grids, in any order."""
    return checksum_of_digests(digest(grid) for grid in sorted(grids, key=lambda one: one.code.encode()))


def checksum_of_digests(digests: Iterable[bytes]) -> str:
    """Return the checksum over the digests of an edition's grids, which come by code, compared byte by byte."""
    whole = hashlib.sha256()
    for one in digests:
        whole.update(one)
    return whole.hexdigest()
