"""Hand out the tiles of an edition, or of one of its subtrees, as one file."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import shapely
from pmtiles.tile import tileid_to_zxy, zxy_to_tileid

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import PUBLIC
from gis_service.domain.edition import Edition
from gis_service.errors import ClashError, NotFoundError, RuleBrokenError
from gis_service.files.tile_stage import TileStage
from gis_service.files.written_tiles import About, write_mbtiles, write_pmtiles
from gis_service.files.written_whole import refuse_other_endings, write_whole
from gis_service.use_cases.describe_tiles import add_indicator_fields, list_indicators, read_tile_edition
from gis_service.use_cases.read_ground import choose_edition
from gis_service.use_cases.render_tile import permission_class, read_data_version, render_tile, visible_layers
from grid_boundaries.partition import Grid
from tiles.address import MAX_ZOOM, TileAddress
from tiles.bands import is_final
from tiles.etag import RENDERING, TileKey
from tiles.filters import TileFilters
from tiles.layers import LayerListError, TileEdition, TileLayer, UnknownLayerError, parse_layers
from tiles.pyramid import buffered_bounds, tiles_over
from tiles.tilejson import describe

WRITERS = {".pmtiles": write_pmtiles, ".mbtiles": write_mbtiles}
"""Formats by the ending of the file."""

AT_ONCE = 200
"""Tiles between two commits of the stage: what a kill costs."""

GZIP_LEVEL = 9
"""Packed once, read often; a served tile is packed while someone waits."""

_FORM = 1  # of the stage and of what is in it; raise it when the same identity shall give other bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tiles: of an edition (None: the one in force), of layers joined by commas, of zooms, both included.

    ``under`` is the code of a grid: tiles that meet its ground, with itself and all below it alone.
    """

    edition: int | None = None
    under: str | None = None
    layers: str = "grids,grid_labels"
    min_zoom: int = 0
    max_zoom: int = 16


@dataclass(frozen=True, slots=True)
class Exported:
    """What came of it: tiles looked at, tiles that were there from an earlier run, and tiles that are not empty."""

    edition: int
    tiles: int
    kept: int
    written: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class _Ground:
    """What is exported of an edition; ``grids`` are the subtree, or None for all."""

    found: Edition
    edition: TileEdition
    roots: Sequence[Grid]
    grids: Sequence[Grid] | None


def export_tiles(
    out: Path, wanted: Wanted, work: UnitOfWork, *, attribution: str, on_tiles: Callable[[int, int], None]
) -> Exported:
    """Write the tiles that the public is served to a file; what is there is replaced once all are done.

    Beside the file lies its stage, ``OUT.part``, until it is finished: after a kill the same call goes on there and
    makes the same bytes.  Of layers that move between editions tiles are as of when they were rendered.

    Args:
        out: .pmtiles or .mbtiles.
        wanted: which tiles.
        work: a transaction not yet begun; each tile is one.
        attribution: source of the boundaries.
        on_tiles: told how many tiles are done and how many there are, again and again.

    Raises:
        NotFoundError: no such edition, no such grid in it, or no such layer.
        RuleBrokenError: another ending, no such zooms, nothing to write, or a file that cannot be written.
        ClashError: shapes of the edition are still to be made, or another process writes the same file.
    """
    write = WRITERS[refuse_other_endings(out, tuple(WRITERS))]
    layers = _parse_layers(wanted.layers)
    if not 0 <= wanted.min_zoom <= wanted.max_zoom <= MAX_ZOOM:
        raise RuleBrokenError(f"Zooms are whole numbers from 0 to {MAX_ZOOM}, the first not after the last.")
    if not out.parent.is_dir():
        raise RuleBrokenError(f"There is no directory {out.parent}.")
    ground = _read_ground(wanted, work)
    _refuse_unfinished(wanted, layers, ground.edition)
    versions = tuple((layer.name, read_data_version(layer.name, work)) for layer in layers if layer.moves)
    told = asdict(wanted) | {
        "edition": ground.found.number,
        "checksum": ground.found.checksum,
        "layers": [layer.name for layer in layers],
        "data_versions": versions,
        "rendering": RENDERING,
    }
    ids = _tile_ids(wanted, layers, ground)
    with TileStage(out.with_name(f"{out.name}.part"), json.dumps(told | {"form": _FORM})) as stage:
        kept, last = stage.done()
        on_tiles(kept, len(ids))
        rendered = _render(ids[np.searchsorted(ids, last, side="right") :], layers, versions, ground, work)
        for count, batch in enumerate(rendered, start=1):
            stage.add(batch)
            on_tiles(min(kept + count * AT_ONCE, len(ids)), len(ids))
        written = sum(1 for _ in stage.tiles())
        if written == 0:
            stage.remove()
            raise RuleBrokenError("No tile of these layers and zooms has anything in it; ask for others.")
        described = add_indicator_fields(layers, list_indicators(PUBLIC.data_classes, work))
        about = _describe(wanted, described, ground, told, attribution)
        write_whole(out, lambda path: write(path, stage, about))
        stage.remove()
    return Exported(ground.found.number, len(ids), kept, written, out.stat().st_size)


def _parse_layers(written: str) -> tuple[TileLayer, ...]:
    try:
        return parse_layers(written, visible_layers(PUBLIC))
    except LayerListError as error:
        raise RuleBrokenError(str(error)) from error
    except UnknownLayerError as error:
        raise NotFoundError(str(error), code="no-layer") from error


def _read_ground(wanted: Wanted, work: UnitOfWork) -> _Ground:
    with work:
        number = choose_edition(wanted.edition, None, work)
        found = work.editions.get(number)
        grids = None
        if wanted.under is None:
            roots = work.grids.of_parents(number, [None])
        else:
            parents = {code: parent for code, (_, parent) in work.grids.outline(number).items()}
            if wanted.under not in parents:
                raise NotFoundError(f"no grid has the code {wanted.under!r} in edition {number}")
            grids = work.grids.of_codes(number, _codes_under(wanted.under, parents))
            roots = [grid for grid in grids if grid.code == wanted.under]
    assert found is not None  # noqa: S101 - it has just been chosen
    return _Ground(found, read_tile_edition(number, work), roots, grids)


def _codes_under(top: str, parents: dict[str, str | None]) -> list[str]:
    """Return a grid and all below it; ``parents`` are by code."""
    children: dict[str | None, list[str]] = {}
    for code, parent in parents.items():
        children.setdefault(parent, []).append(code)
    codes = [top]
    for code in codes:  # it grows while it is read
        codes.extend(children.get(code, ()))
    return codes


def _refuse_unfinished(wanted: Wanted, layers: Sequence[TileLayer], edition: TileEdition) -> None:
    """Refuse zooms whose shapes are to be replaced by generalised ones."""
    zooms = range(wanted.min_zoom, wanted.max_zoom + 1)
    if any(layer.geometry == "polygon" for layer in layers) and not all(
        is_final(zoom, edition.bands) for zoom in zooms
    ):
        raise ClashError(
            f"Edition {edition.number} has no generalised shapes yet; run gis-service migrate, then export again."
        )


def _tile_ids(
    wanted: Wanted, layers: Sequence[TileLayer], ground: _Ground
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the ids of all tiles to look at, rising."""
    first = max(wanted.min_zoom, min(layer.min_zoom for layer in layers))
    shape = shapely.union_all([grid.shape for grid in ground.roots])
    over = tiles_over(shape, first, wanted.max_zoom, max(layer.buffer for layer in layers))
    ids = [
        zxy_to_tileid(zoom, x, y)
        for zoom, columns, rows in over
        for x, y in zip(columns.tolist(), rows.tolist(), strict=True)
    ]
    return np.sort(np.array(ids, np.int64))


def _render(
    ids: np.ndarray[tuple[int], np.dtype[np.int64]],
    layers: Sequence[TileLayer],
    versions: tuple[tuple[str, str], ...],
    ground: _Ground,
    work: UnitOfWork,
) -> Iterator[list[tuple[int, bytes]]]:
    """Give the tiles of some ids, compressed, a batch at a time."""
    grids = ground.grids
    boxes = None if grids is None else shapely.bounds([grid.shape for grid in grids])
    buffer = max(layer.buffer for layer in layers)
    for first in range(0, len(ids), AT_ONCE):
        batch = []
        for tile in ids[first : first + AT_ONCE].tolist():
            address = TileAddress(*tileid_to_zxy(tile))
            key = TileKey(
                edition=ground.found.number,
                layers=tuple(layer.name for layer in layers),
                address=address,
                data_versions=versions,
                permission_class=permission_class(PUBLIC),
                filters=TileFilters(),
            )
            among = None if grids is None or boxes is None else _meeting(address, buffer, grids, boxes)
            body = render_tile(key, ground.edition, PUBLIC, work, among)
            batch.append((tile, gzip.compress(body, GZIP_LEVEL, mtime=0) if body else b""))
        yield batch


def _meeting(
    address: TileAddress, buffer: int, grids: Sequence[Grid], boxes: np.ndarray[tuple[int, int], np.dtype[np.float64]]
) -> list[str]:
    """Return the codes of the grids whose box meets a tile with its buffer: no other can be in it."""
    west, south, east, north = buffered_bounds(address.z, np.array([address.x]), np.array([address.y]), buffer)
    meets = (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
    return [grids[place].code for place in np.flatnonzero(meets).tolist()]


def _describe(
    wanted: Wanted, layers: Sequence[TileLayer], ground: _Ground, told: dict[str, object], attribution: str
) -> About:
    """Return what the archive tells: the TileJSON of its layers, kept to its zooms, and where it is from."""
    bounds = shapely.total_bounds([grid.shape for grid in ground.roots]).tolist()
    west, south, east, north = bounds
    described = describe(ground.edition, layers, tiles_url="", attribution=attribution, exact=False)
    for layer in described["vector_layers"]:
        layer["minzoom"] = max(layer["minzoom"], wanted.min_zoom)
        layer["maxzoom"] = min(layer["maxzoom"], wanted.max_zoom)
    kept = ("name", "description", "version", "attribution", "vector_layers", "levels")
    origin = {name: told[name] for name in ("edition", "checksum", "under", "rendering") if told[name] is not None}
    zoom = min(max(described["center"][2], wanted.min_zoom), wanted.max_zoom)
    return About(
        bounds=(west, south, east, north),
        center=((west + east) / 2, (south + north) / 2, zoom),
        metadata={name: described[name] for name in kept if name in described} | {"type": "overlay"} | origin,
    )
