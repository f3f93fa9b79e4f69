"""Which version a layer that moves between editions has in a tile, as the worker knows it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

from starlette.datastructures import State

from gis_service.api.tile_cache import TileCache
from gis_service.domain.access import Principal
from gis_service.use_cases.follow_changes import DataVersions, follow_changes
from gis_service.use_cases.render_tile import moves_by_place, read_data_version
from tiles.address import TileAddress
from tiles.changes import cell_of
from tiles.layers import TileLayer
from tiles.matrix_sets import WEB_MERCATOR

VERSION_LIFETIME_S = 1.0
"""A tile of what moves is at most this much older than the database."""

_CHANGES = ("changes",)


@dataclass(frozen=True, slots=True)
class VersionOf:
    """Whose version: that of a layer in a tile, or, without ``cell``, that of the whole layer.

    ``is_followed`` says that the changes of the layer are noted by place.
    """

    layer: str
    is_followed: bool
    cell: int | None

    @classmethod
    def make(cls, layer: TileLayer, address: TileAddress, principal: Principal) -> VersionOf:
        """Return what decides the features of a layer in a tile for a class of callers.

        Changes are counted by tiles of Web Mercator; tiles of other matrix sets go by the whole layer.
        """
        is_by_place = moves_by_place(layer, principal) and address.matrix is WEB_MERCATOR
        return cls(layer.name, layer.reach is not None, cell_of(address) if is_by_place else None)

    def known(self, cache: TileCache) -> str | None:
        """Return the version read a moment ago; None when it has to be read."""
        if not self.is_followed:
            fact = cache.known_fact(("version", self.layer), VERSION_LIFETIME_S)
            return None if fact is None else str(fact)
        versions = cache.known_fact(_CHANGES, VERSION_LIFETIME_S)
        return self._of(versions) if isinstance(versions, DataVersions) else None

    async def read(self, state: State) -> str:
        """Return the version, read when it is not known; with the database away the last that was known."""
        cache: TileCache = state.tile_cache
        if not self.is_followed:
            read = partial(read_data_version, self.layer, state.open_work())
            return await cache.fact(("version", self.layer), read, VERSION_LIFETIME_S)
        before = cache.known_fact(_CHANGES, math.inf)
        follow = partial(follow_changes, before if isinstance(before, DataVersions) else None, state.open_work())
        return self._of(await cache.fact(_CHANGES, follow, VERSION_LIFETIME_S))

    def _of(self, versions: DataVersions) -> str:
        return versions.of_layer(self.layer) if self.cell is None else versions.of_tile(self.layer, self.cell)
