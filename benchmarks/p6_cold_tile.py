"""P6: a tile that nobody remembers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class, whatever psycopg2 writes

from benchmarks.database import copied_demo, demo_url, open_reading
from benchmarks.ground import EDITION, drawn_codes
from benchmarks.map_path import at_zooms
from benchmarks.panlong_path import panlong_path, tile_path
from benchmarks.race import Row, Way, race_along
from benchmarks.raw_tiles import OF_CODES, OF_CODES_IN_BAND, raw_connection, raw_tile
from benchmarks.served import served
from benchmarks.tipg import check_alike, served_tipg
from benchmarks.wire import Line
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import PUBLIC
from gis_service.use_cases.describe_tiles import read_tile_edition
from gis_service.use_cases.render_tile import render_tile
from tiles.address import TileAddress
from tiles.bands import choose_band
from tiles.etag import TileKey
from tiles.filters import TileFilters
from tiles.layers import TileEdition, choose_level

ZOOMS = range(12, 17)
TILES = 40
WALKS = 5
STRETCHES = 5
LEAST_RATIO = 1 / 1.15
PATIENCE_S = 60


def races() -> Iterator[Row]:
    """Race the tiles of the path: rendered beside their SQL by psycopg2, and asked for cold beside tipg."""
    work = open_reading(demo_url())
    edition = read_tile_edition(EDITION, work)
    with raw_connection(demo_url()) as cursor:
        for zoom in ZOOMS:
            tiles = at_zooms(panlong_path(), [zoom])[:TILES]
            ours = Way(f"render_tile, z{zoom}, {len(tiles)} tiles", partial(render, edition, work))
            raw = _raw(edition, zoom, cursor)
            if [len(ours.answer(tile)) for tile in tiles] != [len(raw.answer(tile)) for tile in tiles]:
                msg = f"the two ways draw other tiles at zoom {zoom}"
                raise ValueError(msg)
            yield race_along(ours, raw, [tiles] * WALKS, unit="tiles", least_ratio=LEAST_RATIO)
    yield _beside_tipg()


def render(edition: TileEdition, work: UnitOfWork, address: TileAddress) -> bytes:
    """Return a tile of the layer grids as the public sees it."""
    key = TileKey(edition.number, ("grids",), address, (), "public", TileFilters())
    return render_tile(key, edition, PUBLIC, work)


def _raw(edition: TileEdition, zoom: int, cursor: Cursor) -> Way[TileAddress]:
    """Return the way by hand, told beforehand which grids the zoom draws and whether it has shapes of its own."""
    level = choose_level(edition.present_levels(), zoom)
    band = choose_band(zoom, level, edition.levels, edition.bands)
    statement = OF_CODES if band is None else OF_CODES_IN_BAND
    values = {"edition": edition.number, "codes": drawn_codes(level.rank), "band": band}
    return Way("raw ST_AsMVT", lambda address: raw_tile(cursor, statement, address, values))


def _beside_tipg() -> Row:
    """Ask each tile of the path once, of a service that has just started: no tile is in memory or on disk."""
    tiles = at_zooms(panlong_path(), ZOOMS)
    stretches = [tiles[number::STRETCHES] for number in range(STRETCHES)]
    with (
        copied_demo() as url,
        served_tipg(url, patience_s=PATIENCE_S) as tipg,
        served(url, patience_s=PATIENCE_S, fresh=True) as address,
    ):
        ours, theirs = Line(address), Line(tipg.address)
        [other, *_] = at_zooms(panlong_path(), [ZOOMS.stop])
        check_alike(ours.get(tile_path(other)), theirs.get(tipg.path(other)))
        return race_along(
            Way(f"GET of a cold tile, z12 to z16, {len(tiles)} tiles", lambda tile: ours.get(tile_path(tile))),
            Way("tipg", lambda tile: theirs.get(tipg.path(tile))),
            stretches,
            unit="tiles",
        )
