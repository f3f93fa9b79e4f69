"""P7: tiles of the province at low zooms, where one tile has thousands of grids under it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial

import morecantile
import shapely

from benchmarks.database import open_reading
from benchmarks.map_path import at_zooms, pan_and_zoom
from benchmarks.p6_cold_tile import render
from benchmarks.province import GRIDS, province
from benchmarks.province_database import EDITION, province_url
from benchmarks.race import Row, Spread, Way, race_along
from benchmarks.raw_tiles import OF_LEVEL, raw_connection, raw_tile
from gis_service.use_cases.describe_tiles import read_tile_edition
from grid_boundaries.synthetic.province import LEVELS
from tiles.address import TileAddress

ZOOMS = range(4, 12)
TILES_OF_RAW = 12
"""Tiles of a zoom asked of the reference, which takes seconds for some."""

MOST_BYTES = 500_000
MOST_S = 0.15
SLOWEST = 20
AGAIN = 5

_MERCATOR = morecantile.tms.get("WebMercatorQuad")


def races() -> Iterator[Row]:
    """Draw every tile of these zooms; compare the heaviest and the slowest with what is allowed, some with raw SQL.

    The first time a tile is drawn here it is as cold as a service can meet it, but for the database's own memory.
    """
    work = open_reading(province_url())
    edition = read_tile_edition(EDITION, work)
    draw = partial(render, edition, work)
    root = next(grid.shape for grid in province() if grid.parent is None)
    draw(TileAddress(0, 0, 0))
    yield from _limits(draw, _all_tiles(root))
    path = pan_and_zoom([shapely.point_on_surface(root)], ZOOMS, root)
    with raw_connection(province_url()) as cursor:
        values = {"edition": EDITION, "level": LEVELS[-1]}
        raw: Way[TileAddress] = Way(
            f"raw ST_AsMVT, {GRIDS:,} grids as they are", lambda tile: raw_tile(cursor, OF_LEVEL, tile, values)
        )
        for zoom in ZOOMS:
            tiles = at_zooms(path, [zoom])[:TILES_OF_RAW]
            yield race_along(Way(f"render_tile, z{zoom}, {len(tiles)} tiles", draw), raw, [tiles], unit="tiles")


def _limits(draw: Callable[[TileAddress], bytes], tiles: list[TileAddress]) -> Iterator[Row]:
    """Compare every tile with what is allowed; the slowest are timed again, since a machine stumbles."""
    drawn = [(tile, *_timed(draw, tile)) for tile in tiles]
    _, _, most_bytes = max(drawn, key=lambda one: one[2])
    slowest = sorted(drawn, key=lambda one: one[1])[-SLOWEST:]
    again = [[_timed(draw, tile)[0] for _ in range(AGAIN)] for tile, _, _ in slowest]
    worst = max(again, key=statistics.median)
    worst_s = statistics.median(worst)
    name = f"of {len(tiles):,} tiles, z{ZOOMS.start} to z{ZOOMS.stop - 1}"
    spread = Spread.of([seconds for _, seconds, _ in drawn], [size for _, _, size in drawn])
    yield Row(
        ours=f"the heaviest {name}",
        reference=f"{MOST_BYTES // 1000} kB",
        unit="bytes",
        ours_per_s=most_bytes,
        reference_per_s=MOST_BYTES,
        ratio=MOST_BYTES / most_bytes,
        ratio_low=MOST_BYTES / most_bytes,
        ratio_high=MOST_BYTES / most_bytes,
        least_ratio=1.0,
    )
    yield Row(
        ours=f"the slowest {name}",
        reference=f"{1000 * MOST_S:g} ms",
        unit="tiles",
        ours_per_s=1 / worst_s,
        reference_per_s=1 / MOST_S,
        ratio=MOST_S / worst_s,
        ratio_low=MOST_S / max(worst),
        ratio_high=MOST_S / min(worst),
        least_ratio=1.0,
        ours_spread=spread,
    )


def _timed(draw: Callable[[TileAddress], bytes], tile: TileAddress) -> tuple[float, int]:
    """Return how many seconds a tile took, and its bytes."""
    began = time.perf_counter()
    size = len(draw(tile))
    return time.perf_counter() - began, size


def _all_tiles(ground: shapely.Geometry) -> list[TileAddress]:
    """Return all tiles of the zooms that have ground, the coarsest first."""
    shapely.prepare(ground)
    west, south, east, north = shapely.bounds(ground)
    tiles = _MERCATOR.tiles(west, south, east, north, zooms=list(ZOOMS))
    return [
        TileAddress(tile.z, tile.x, tile.y)
        for tile in tiles
        if shapely.intersects(ground, shapely.box(*_MERCATOR.bounds(tile)))
    ]
