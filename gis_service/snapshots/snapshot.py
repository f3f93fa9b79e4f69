"""One edition held in memory: everything a lookup needs, nothing that changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import orjson
from numpy.typing import NDArray

from gis_service.domain.edition import Bounds, Edition
from gis_service.domain.level import Level
from gis_service.domain.lookup import NamedGrid
from grid_boundaries.locate.tree_locator import TreeLocator
from grid_boundaries.partition import Grid


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An edition in memory; immutable, so that any number of threads may read it.

    ``grids`` run along ``locator.codes``.  ``codes`` are the same codes with None as the last element, so that
    the owner index -1 (none) picks None.  ``codes_json`` is the answer to "which code has which index".
    """

    edition: int
    effective_from: datetime
    checksum: str
    bounds: Bounds
    locator: TreeLocator
    grids: tuple[NamedGrid, ...]
    codes: NDArray[np.object_]
    codes_json: bytes


def build_snapshot(edition: Edition, rows: Sequence[Grid], levels: Sequence[Level]) -> Snapshot:
    """Return an edition's snapshot.

    Raises:
        ValueError: the grids cannot be looked up in: a code twice, a level without a rank, a parent that does not
            rank above its child.
    """
    locator = TreeLocator.build(rows, {level.code: level.rank for level in levels})
    return _snapshot(edition, locator, {row.code: _named(row) for row in rows})


def follow_snapshot(
    edition: Edition, before: Snapshot, gone: Collection[str], rows: Sequence[Grid], levels: Sequence[Level]
) -> Snapshot:
    """Return the snapshot that ``build_snapshot`` makes, from that of another edition and what differs from it.

    Args:
        edition: the one wanted.
        before: of the other edition; what stays the same is shared with it.
        gone: codes of the rows that only the other edition has.
        rows: those that only this one has.
        levels: all of them.

    Raises:
        ValueError: as ``build_snapshot``.
    """
    locator = before.locator.updated(gone, rows, {level.code: level.rank for level in levels})
    named = {grid.code: grid for grid in before.grids}
    named.update((row.code, _named(row)) for row in rows)
    return _snapshot(edition, locator, named)


def _named(row: Grid) -> NamedGrid:
    return NamedGrid.make(row.code, row.name, row.level or "", row.kind)


def _snapshot(edition: Edition, locator: TreeLocator, named: Mapping[str, NamedGrid]) -> Snapshot:
    codes = np.array([*locator.codes, None], dtype=np.object_)
    codes.flags.writeable = False
    return Snapshot(
        edition=edition.number,
        effective_from=edition.effective_from,
        checksum=edition.checksum,
        bounds=edition.bounds,
        locator=locator,
        grids=tuple(named[code] for code in locator.codes),
        codes=codes,
        codes_json=orjson.dumps(locator.codes),
    )
