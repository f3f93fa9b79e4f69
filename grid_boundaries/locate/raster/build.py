"""Make a raster of grids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from grid_boundaries.locate.raster.arrays import NOBODY, Raster, code_of_record, code_of_tile
from grid_boundaries.locate.raster.edges import Edges, Places, are_long
from grid_boundaries.locate.raster.frame import TILE_SHIFT, Frame
from grid_boundaries.locate.raster.pairs import Pairs
from grid_boundaries.locate.raster.records import Order, Records, make_records
from grid_boundaries.locate.raster.scan import Spans, cells_of_edges, spans_of_grids
from grid_boundaries.locate.raster.tiles import Tiles

CROWDED = 12
"""A cell with more edges than this becomes a tile."""


def make_raster(edges: Edges, ranks: NDArray[np.int32], frame: Frame) -> Raster:
    """Return the raster of grids that have these edges; a grid's number counts along ``ranks``."""
    order = Order.of(ranks)
    edge, cell = cells_of_edges(edges.points, frame)
    spans = spans_of_grids(edges, frame)
    is_crowded = np.bincount(cell, minlength=frame.cells) > CROWDED
    if frame.shift < TILE_SHIFT:
        is_crowded[:] = False
    crowded, in_tile = np.flatnonzero(is_crowded), is_crowded[cell]
    tile_of_cell = np.cumsum(is_crowded) - 1
    held = spans.held(is_crowded)
    tiles = Tiles(
        Pairs(tile_of_cell[cell[in_tile]], edge[in_tile]),
        Pairs(tile_of_cell[held.cell], held.other),
        frame.corners(crowded),
        frame.shift - TILE_SHIFT,
    )
    cells = _Table.of(spans, Pairs(cell[~in_tile], edge[~in_tile]), is_crowded, order)
    parts = _Table.of(tiles.spans(edges), tiles.crossed_parts(edges), np.zeros(tiles.frame.cells, np.bool_), order)
    records = (
        make_records(cells.crossed, cells.held, edges, order, frame.corners),
        make_records(parts.crossed, parts.held, edges, order, tiles.part_corners),
    )
    cells.name_records(records[0], 0)
    parts.name_records(records[1], len(records[0].inside))
    cells.owners[crowded] = code_of_tile(np.arange(len(crowded)))
    return Raster(
        frame=frame,
        cells=cells.owners,
        tiles=parts.owners,
        edge_starts=_starts(*(part.edge_counts for part in records)),
        grid_starts=_starts(*(part.grid_counts for part in records)),
        inside=np.concatenate([part.inside for part in records]),
        grids=np.concatenate([part.grids for part in records]),
        ends=np.concatenate([part.ends for part in records]),
        masks=np.concatenate([part.masks for part in records]),
        long_edges=edges.points[are_long(edges.points)],
    )


def _starts(*counts: Places) -> NDArray[np.uint32]:
    return np.cumsum(np.concatenate([np.zeros(1, np.int64), *counts])).astype(np.uint32)


@dataclass(frozen=True, slots=True)
class _Table:
    """Cells and their owners so far; ``crossed`` and ``held`` tell of those that need a record."""

    owners: NDArray[np.int32]
    crossed: Pairs
    held: Pairs

    @classmethod
    def of(cls, spans: Spans, crossed: Pairs, is_other: NDArray[np.bool_], order: Order) -> Self:
        """Return the table of cells; those that are something other get no record."""
        owners = np.full(len(is_other), NOBODY, dtype=np.int32)
        needs_record = np.zeros(len(is_other), dtype=np.bool_)
        place = order.place[spans.grid]
        for rank in np.unique(order.rank).tolist():
            level = spans.pick(np.flatnonzero(order.rank[place] == rank))
            # Of grids that overlap the first by code is written last.
            level = level.pick(np.argsort(-level.grid, kind="stable"))
            run, cell = level.cells()
            owners[cell] = level.grid[run]
            needs_record[cell] = False
            needs_record[cell[owners[cell] != level.grid[run]]] = True
        needs_record[crossed.cell] = True
        needs_record &= ~is_other
        return cls(owners, crossed, spans.held(needs_record))

    def name_records(self, records: Records, before: int) -> None:
        """Write into each cell with a record where it stands, behind those of before."""
        self.owners[records.cells] = code_of_record(records.first + before)
