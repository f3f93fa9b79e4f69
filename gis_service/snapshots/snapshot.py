"""One edition ready to be asked: everything a lookup needs, nothing that changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from gis_service.domain.edition import Bounds, Edition
from gis_service.domain.level import Level
from gis_service.snapshots.names import GridNames
from grid_boundaries.locate.locator import NOBODY
from grid_boundaries.locate.raster_locator import RasterLocator
from grid_boundaries.partition import Grid


@dataclass(frozen=True)
class Snapshot:
    """An edition held; immutable, so that any number of threads may read it.

    ``grids`` run along ``locator.codes``.  ``ranks`` are those of the levels that the locator was made with.
    ``file_bytes`` is the size of the file that is mapped; 0: the arrays are this process's own.
    """

    edition: int
    effective_from: datetime
    checksum: str
    bounds: Bounds
    ranks: Mapping[str, int]
    locator: RasterLocator
    grids: GridNames
    file_bytes: int = 0

    @cached_property
    def codes(self) -> NDArray[np.object_]:
        """The codes of the locator with None as the last element, so that the owner index -1 (none) picks None."""
        codes = np.array([*self.locator.codes, None], dtype=np.object_)
        codes.flags.writeable = False
        return codes

    @property
    def codes_json(self) -> bytes:
        """The answer to "which code has which index"."""
        return orjson.dumps(self.locator.codes)

    def grids_of(self, codes: Sequence[str]) -> list[Grid]:
        """Return grids that own ground, of those codes that there are, with their exact shapes; no households.

        To be asked of the grids that an answer names: see ``shapes_of`` in ``grid_boundaries/locate/raster``.
        """
        locator = self.locator
        found = [index for code in codes if (index := locator.find(code)) is not None]
        parents = locator.parents[found].tolist()
        return [
            Grid(
                grid.code,
                shape,
                grid.level,
                None if parent == NOBODY else locator.codes[parent],
                grid.name,
                grid.kind,
            )
            for grid, parent, shape in zip(
                (self.grids[index] for index in found), parents, locator.shapes(found), strict=True
            )
        ]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all that the locator and the grids are made of."""
        return {**self.locator.arrays(), **self.grids.arrays()}


def build_snapshot(edition: Edition, rows: Sequence[Grid], levels: Sequence[Level]) -> Snapshot:
    """Return an edition's snapshot.

    Raises:
        ValueError: the grids cannot be looked up in: a code twice, a level without a rank, a parent that does not
            rank above its child, a shape that is no polygon.
    """
    ranks = ranks_of(levels)
    ordered = sorted(rows, key=lambda row: row.code)
    return _snapshot(edition, ranks, RasterLocator.build(ordered, ranks), GridNames.of(ordered))


def follow_snapshot(
    edition: Edition, before: Snapshot, gone: Sequence[Grid], fresh: Sequence[Grid], around: Sequence[Grid]
) -> Snapshot | None:
    """Return the snapshot that ``build_snapshot`` makes, from that of another edition and what differs from it.

    Args:
        edition: the one wanted.
        before: of the other edition, with the ranks of today.
        gone: the rows that only the other edition has.
        fresh: those that only this one has.
        around: all of this edition whose box meets ``before.locator.window([*gone, *fresh])``.

    Returns:
        None when everything has to be made anew.

    Raises:
        ValueError: as ``build_snapshot``.
    """
    locator = before.locator.updated(gone, fresh, around, before.ranks)
    if locator is None:
        return None
    places = {code: place for place, code in enumerate([*before.locator.codes, *(row.code for row in fresh)])}
    wanted = np.array([places[code] for code in locator.codes], dtype=np.int64)
    return _snapshot(edition, before.ranks, locator, before.grids.followed(GridNames.of(fresh), wanted))


def rename_snapshot(edition: Edition, before: Snapshot) -> Snapshot:
    """Return the snapshot of an edition whose rows are those of another."""
    return _snapshot(edition, before.ranks, before.locator, before.grids)


def describe(edition: Edition, ranks: Mapping[str, int]) -> dict[str, Any]:
    """Return all that a snapshot depends on, as JSON has it: equal descriptions, equal answers."""
    return {
        "edition": edition.number,
        "effective_from": edition.effective_from.astimezone(UTC).isoformat(),
        "checksum": edition.checksum,
        "bounds": list(edition.bounds),
        "ranks": dict(ranks),
    }


def of_arrays(
    edition: Edition, ranks: Mapping[str, int], arrays: Mapping[str, NDArray[Any]], file_bytes: int
) -> Snapshot:
    """Return the snapshot of an edition whose ``arrays()`` these are.

    Raises:
        KeyError: an array is missing.
    """
    made = _snapshot(edition, ranks, RasterLocator.of_arrays(arrays), GridNames.of_arrays(arrays))
    return replace(made, file_bytes=file_bytes)


def ranks_of(levels: Sequence[Level]) -> dict[str, int]:
    """Return the rank of each level."""
    return {level.code: level.rank for level in levels}


def _snapshot(edition: Edition, ranks: Mapping[str, int], locator: RasterLocator, grids: GridNames) -> Snapshot:
    return Snapshot(
        edition=edition.number,
        effective_from=edition.effective_from,
        checksum=edition.checksum,
        bounds=edition.bounds,
        ranks=ranks,
        locator=locator,
        grids=grids,
    )
