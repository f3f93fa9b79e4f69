"""The polygons of grids, put together again from the edges that a raster keeps of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import shapely
from numpy.typing import NDArray

from grid_boundaries.locate.raster.arrays import BITS, IS_LONG, Raster, code_of_record, code_of_tile
from grid_boundaries.locate.raster.edges import Places, Points, spread
from grid_boundaries.locate.raster.frame import TILE_SHIFT
from grid_boundaries.partition import Shape, from_lattice


def shapes_of(raster: Raster, numbers: Sequence[int]) -> list[Shape]:
    """Return the polygons of grids, in degrees and in the order asked for, vertex for vertex as they were given.

    To be asked of grids that own ground: a raster keeps no edges of those whose children tile them, and none of a
    grid that a deeper one covers although it reaches beyond it.  Of such grids comes back what there is, maybe
    nothing.  Every asking goes through the arrays of the whole raster.
    """
    entries = np.flatnonzero(np.isin(raster.grids, np.array(numbers, dtype=raster.grids.dtype)))
    record = np.searchsorted(raster.grid_starts, entries, side="right") - 1
    mask = np.left_shift(1, entries - raster.grid_starts[record].astype(np.int64))
    grid = raster.grids[entries]

    first = raster.edge_starts[record].astype(np.int64)
    item, among = spread(raster.edge_starts[record + 1].astype(np.int64) - first)
    place = first[item] + among
    has_edge = (raster.masks[place] & mask[item]) != 0
    item, place = item[has_edge], place[has_edge]

    ends = raster.ends[place].astype(np.int64)
    is_long = ends[:, 0] == IS_LONG
    edges = ends + np.tile(_corners_of(raster, record), 2)[item]
    edges[is_long] = raster.long_edges[ends[is_long, 1]]
    return [_polygon(edges[grid[item] == number]) for number in numbers]


def _corners_of(raster: Raster, records: Places) -> Points:
    """Return x and y of the first step of the cell, or of the part of a tile, that each record tells of."""
    heads = records.copy()
    while (goes_on := (heads > 0) & (raster.inside[heads - 1] >> BITS != 0)).any():
        heads -= goes_on
    corners = np.empty((len(records), 2), dtype=np.int64)
    codes = code_of_record(heads)
    of_cell, cells = _places_of(codes, raster.cells)
    corners[of_cell] = raster.frame.corners(cells)
    of_part, parts = _places_of(codes, raster.tiles)
    tile, part = np.divmod(parts, 1 << 2 * TILE_SHIFT)
    row, column = np.divmod(part, 1 << TILE_SHIFT)
    of_tile, crowded = _places_of(code_of_tile(tile), raster.cells)
    starts = np.empty((len(tile), 2), dtype=np.int64)
    starts[of_tile] = raster.frame.corners(crowded)
    corners[of_part] = starts + (np.column_stack([column, row]) << raster.frame.shift - TILE_SHIFT)
    return corners


def _places_of(codes: Places, table: NDArray[np.int32]) -> tuple[Places, Places]:
    """Return which of some codes stand in a table, and where; a code stands in it once at most."""
    asked, which = np.unique(codes, return_inverse=True)
    found = np.flatnonzero(np.isin(table, asked.astype(table.dtype)))
    stands = np.full(len(asked), -1, dtype=np.int64)
    stands[np.searchsorted(asked, table[found])] = found
    places = stands[which]
    here = np.flatnonzero(places >= 0)
    return here, places[here]


def _polygon(edges: Points) -> Shape:
    """Return the ground that edges enclose, each given once or more."""
    lines = shapely.linestrings(from_lattice(np.unique(edges, axis=0)).reshape(-1, 2, 2))
    return cast("Shape", shapely.build_area(shapely.multilinestrings(np.asarray(lines, dtype=np.object_))))
