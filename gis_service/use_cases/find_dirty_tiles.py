"""Tell which tiles of boundaries are others in one edition than in another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import shapely

from gis_service.database.tiles import DrawnGrid
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.map_shift import ground_of
from tiles.address import TileAddress
from tiles.bands import UNITS, choose_band
from tiles.filters import TileFilters
from tiles.layers import LAYERS, TileEdition, choose_level

COMPARED = frozenset({"grids", "grid_labels"})
"""Layers of which this knows what their features are made of."""

_REACH = max(LAYERS[name].buffer for name in COMPARED) + UNITS + 1
"""Tile units from a tile within which a grid may be in it: a generalised line lies beside the exact one."""


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What tiles of a zoom draw of an edition: a level, those above it, and with which band of shapes."""

    level: str
    coarser: tuple[str, ...]
    band: int | None


class DirtyTiles:
    """The tiles of the layers ``COMPARED`` that differ between two editions.

    A tile is clean when all grids that may lie in it are drawn alike in both: the same rows with the same generalised
    shapes, by the same parents where they stand in.  Then it has the same bytes.  A clean tile may be called dirty.

    Args:
        before: an edition.
        after: another.
        work: a transaction not yet begun; each question for a level not yet asked for is one.
    """

    def __init__(self, before: TileEdition, after: TileEdition, work: UnitOfWork) -> None:
        self._before, self._after, self._work = before, after, work
        self._trees: dict[_Drawing, shapely.STRtree] = {}

    def has(self, address: TileAddress, filters: TileFilters) -> bool:
        """Tell whether a tile may differ; ``filters`` are those of the layers."""
        drawing = _drawing(self._after, address.detail, filters)
        if drawing is None or drawing != _drawing(self._before, address.detail, filters):
            return True
        tree = self._trees.get(drawing)
        if tree is None:
            tree = self._trees[drawing] = self._compare(drawing)
        box = shapely.box(*ground_of(address, _REACH))
        return bool(tree.query(box, predicate="intersects").size)

    def _compare(self, drawing: _Drawing) -> shapely.STRtree:
        """Return the exact shapes, before and after, of the grids that are not drawn alike."""
        first, second = self._before.number, self._after.number
        with self._work as work:
            codes = work.grids.codes_only_in(first, second) | work.grids.codes_only_in(second, first)
            # A grid is drawn or not by whether it has children, so also the parents are looked at.
            for number in (first, second):
                codes |= {parent for parent in work.grids.parents_of(number, codes).values() if parent is not None}
            if drawing.band is not None:
                codes |= work.generalised.codes_differing(first, second, drawing.band)
            drawn = [
                work.tiles.drawn_among(number, codes, level=drawing.level, coarser=drawing.coarser, band=drawing.band)
                for number in (first, second)
            ]
        signs = [_signs(grids) for grids in drawn]
        return shapely.STRtree(
            [grid.shape for grids in drawn for grid in grids if signs[0].get(grid.code) != signs[1].get(grid.code)]
        )


def _drawing(edition: TileEdition, zoom: int, filters: TileFilters) -> _Drawing | None:
    asked = next((level for level in edition.levels if level.code == filters.level), None)
    if filters.level is not None and asked is None:
        return None
    level = asked or choose_level(edition.present_levels(), zoom)
    return _Drawing(
        level.code,
        () if asked else tuple(edition.coarser_than(level)),
        choose_band(zoom, level, edition.levels, edition.bands),
    )


def _signs(grids: Sequence[DrawnGrid]) -> Mapping[str, tuple[int, int, int]]:
    return {grid.code: grid.sign for grid in grids}
