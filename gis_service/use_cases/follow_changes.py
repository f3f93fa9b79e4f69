"""Know the versions of tiles of what moves between editions (decision 0008)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gis_service.database.tile_changes import TileChange, TileChanges
from gis_service.database.unit_of_work import UnitOfWork
from tiles.changes import ChangedTiles
from tiles.layers import LAYERS

MOST_CHANGES = 20_000
"""When more of one layer are noted, they are forgotten, and all its tiles get new versions once."""

MOST_CHANGED_TILES = 500_000
"""The same for tiles with a number of their own, some 100 bytes each in every worker."""

_NOWHERE = (np.nan,) * 4


class DataVersions:
    """The versions of layers and of their tiles, as of one reading of the log and all after it."""

    def __init__(self, first: TileChanges) -> None:
        self._log, self._edition, self._bases = first.log, first.edition, dict(first.bases)
        self._layers = {
            name: ChangedTiles(layer.min_zoom, layer.reach)
            for name, layer in LAYERS.items()
            if layer.reach is not None
        }
        self._stems = {name: layer_stem(name, first.bases.get(name, 0), first.edition) for name in self._layers}
        self._taken = frozenset[int]()
        self.horizon = 0
        self.take(first)

    def of_layer(self, layer: str) -> str:
        """Return what differs whenever anything of the layer differs."""
        return f"{self._stems[layer]}.{self._layers[layer].whole:x}"

    def of_tile(self, layer: str, cell: int) -> str:
        """Return what differs whenever a tile of the layer differs; ``cell`` is that of ``tiles.changes.cell_of``."""
        return f"{self._stems[layer]}.{self._layers[layer].of(cell):x}"

    def goes_on_with(self, later: TileChanges) -> bool:
        """Tell whether a later reading since ``horizon`` adds to this; if not, all has to be read anew."""
        return (later.log, later.edition, later.bases) == (self._log, self._edition, self._bases)

    def take(self, later: TileChanges) -> None:
        """Add what a reading since ``horizon`` has found."""
        fresh: dict[str, list[TileChange]] = {}
        for change in later.changes:
            if change.id not in self._taken:
                fresh.setdefault(change.layer, []).append(change)
        for name, changes in fresh.items():
            if name in self._layers:
                _add(self._layers[name], changes)
        self.horizon = later.horizon
        self._taken = frozenset(one.id for one in later.changes if one.transaction_id >= later.horizon)

    def overgrown(self) -> list[str]:
        """Return the layers of which too much is known."""
        return [
            name
            for name, tiles in self._layers.items()
            if tiles.changes > MOST_CHANGES or len(tiles) > MOST_CHANGED_TILES
        ]


def advance(before: DataVersions | None, work: UnitOfWork) -> DataVersions:
    """Return the versions as a transaction sees them that has begun; ``before`` is moved on in place when it can."""
    found = work.tile_changes.read(0 if before is None else before.horizon)
    if before is None:
        return DataVersions(found)
    if not before.goes_on_with(found):
        return DataVersions(work.tile_changes.read(0))
    before.take(found)
    return before


def follow_changes(before: DataVersions | None, work: UnitOfWork) -> DataVersions:
    """Return the versions as the database has them now, from those known before.

    To be called by one thread at a time, for a transaction not yet begun; others may read ``before`` meanwhile.  When
    too many changes are noted, they are forgotten, which the next call finds.
    """
    with work:
        versions = advance(before, work)
        overgrown = versions.overgrown()
        for layer in overgrown:
            work.tile_changes.forget(layer)
        if overgrown:
            work.commit()
    return versions


def layer_stem(layer: str, base: int, edition: int) -> str:
    """Return what all versions of a layer begin with.

    The newest edition says which grids are roots, and so who sees incidents without an owner.
    """
    return f"{base}.{edition}" if layer == "incidents" else str(base)


def _add(tiles: ChangedTiles, changes: Sequence[TileChange]) -> None:
    tokens = np.array([change.token for change in changes], np.int64)
    tiles.add(tokens, np.array([change.box or _NOWHERE for change in changes], np.float64))
