"""Tiles on disk for a new edition: those of the one before as they are, and those that differ rendered ahead."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from gis_service.api.content_coding import compress
from gis_service.api.kept_tile import KeptTile
from gis_service.api.tile_body import pack
from gis_service.api.tile_folder import TileFolder
from gis_service.domain.access import PUBLIC
from gis_service.domain.map_shift import ground_of
from gis_service.use_cases.describe_tiles import read_tile_edition
from gis_service.use_cases.find_dirty_tiles import COMPARED, DirtyTiles
from gis_service.use_cases.render_tile import render_tile
from tiles.address import MAX_ZOOM, meet
from tiles.bands import is_final
from tiles.etag import TileKey
from tiles.layers import TileEdition

_PURPOSE = "seed"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SeedBounds:
    """Which tiles: of zooms, both included, and of one list of layers or of all; so many are ``rendered`` at most.

    A tile that is sent in several content codings is rendered once.
    """

    min_zoom: int = 0
    max_zoom: int = MAX_ZOOM
    layers: tuple[str, ...] | None = None
    rendered: int | None = None


@dataclass(slots=True)
class Seeded:
    """What came of the files of the edition before.

    ``carried`` over as they were, ``rendered`` anew, ``kept``: there already, ``left`` out by the bounds.
    """

    carried: int = 0
    rendered: int = 0
    kept: int = 0
    left: int = 0


def seed_tiles(
    folder: TileFolder,
    before: int,
    after: int,
    open_work: Callable[[], Any],
    *,
    bounds: SeedBounds,
    on_tile: Callable[[int, int], None] = lambda _done, _of: None,
    is_over: Callable[[], bool] = lambda: False,
) -> Seeded | None:
    """Give an edition on disk the tiles that another has there; None when another process of the host does so.

    Tiles that are the same in both get the bytes that they had; the others are rendered, the coarsest first.  Broken
    off, it goes on with the next call where it was.

    Args:
        folder: the tiles on disk.
        before: number of the edition whose tiles are there.
        after: number of the one that shall have them.
        open_work: gives a transaction not yet begun.
        bounds: which tiles.
        on_tile: told how many files are done and how many there are, again and again.
        is_over: asked at each tile; true breaks off.

    Raises:
        NotFoundError: there is no such edition.
    """
    with folder.alone(_PURPOSE) as is_alone:
        if not is_alone:
            return None
        wanted_for = read_tile_edition(
            after, open_work()
        )  # first: where it is not there, no other need be looked for
        seeding = _Seeding(folder, read_tile_edition(before, open_work()), wanted_for)
        wanted = seeding.find(bounds)
        dirty = DirtyTiles(seeding.before, seeding.after, open_work())
        stale: dict[TileKey, list[KeptTile]] = {}
        done = 0
        for tile in wanted:
            if is_over():
                return seeding.seeded
            if dirty.has(tile.key.address, tile.key.filters) or not seeding.carry(tile):
                stale.setdefault(_drawn(tile.of(seeding.after)), []).append(tile)
            else:
                done += 1
                on_tile(done, len(wanted))
        for number, (key, tiles) in enumerate(sorted(stale.items(), key=lambda one: one[0].address)):
            if is_over():
                return seeding.seeded
            if bounds.rendered is not None and number >= bounds.rendered:
                seeding.seeded.left += len(tiles)
            else:
                seeding.render(key, tiles, open_work())
            done += len(tiles)
            on_tile(done, len(wanted))
        return seeding.seeded


@dataclass(slots=True)
class _Seeding:
    folder: TileFolder
    before: TileEdition
    after: TileEdition
    seeded: Seeded = field(default_factory=Seeded)

    def find(self, bounds: SeedBounds) -> list[KeptTile]:
        """Return the tiles of the edition before that are on disk, within bounds, and not of the one after yet."""
        found = []
        for name, about in self.folder.kept():
            tile = KeptTile.parse(about)
            # Its name is made of all that decides its bytes, so what has it is not of another database or rendering.
            if tile is None or tile.key.edition != self.before.number or tile.name(self.before) != name:
                continue
            key = tile.key
            is_wanted = (
                bounds.min_zoom <= key.address.detail <= bounds.max_zoom
                and bounds.layers in (None, key.layers)
                and meet(ground_of(key.address), self.after.bounds)
                and COMPARED.issuperset(key.layers)
                and is_final(key.address.detail, self.after.bands)
            )
            if not is_wanted:
                self.seeded.left += 1
            elif self.folder.has(tile.of(self.after).name(self.after)):
                self.seeded.kept += 1
            else:
                found.append(tile)
        return found

    def carry(self, tile: KeptTile) -> bool:
        """Give the edition after the bytes of a tile; false when they are no longer there."""
        body = self.folder.read(tile.name(self.before), is_use=False)
        if body is None:
            return False
        self._write(tile, body)
        self.seeded.carried += 1
        return True

    def render(self, key: TileKey, tiles: list[KeptTile], work: Any) -> None:  # noqa: ANN401 - routes know no class
        """Render a tile of the edition after, and keep it in all codings that it is sent in."""
        body = render_tile(key, self.after, PUBLIC, work)
        for tile in tiles:
            self._write(tile, pack(compress(body, tile.coding)))
        self.seeded.rendered += len(tiles)

    def _write(self, tile: KeptTile, body: bytes) -> None:
        moved = tile.of(self.after)
        self.folder.write(moved.name(self.after), body, moved.about())


def _drawn(tile: KeptTile) -> TileKey:
    """Return the key by which a tile is rendered: all classes of callers see the same boundaries."""
    key = tile.key
    return TileKey(key.edition, key.layers, key.address, (), "public", key.filters)


class TileSeeder:
    """Seeds the tiles of each new edition that a worker learns of, in a thread of its own.

    Args:
        folder: the tiles on disk; None keeps none, and then there is nothing to do.
        newest: gives the number of the newest edition that the worker holds; None before the first.
        open_work: gives a transaction not yet begun.
        most_rendered: tiles rendered ahead at most, after each publication; 0 does nothing at all.
        poll_s: seconds between two looks for a new edition.
    """

    def __init__(
        self,
        folder: TileFolder | None,
        newest: Callable[[], int | None],
        open_work: Callable[[], Any],
        *,
        most_rendered: int,
        poll_s: float = 1.0,
    ) -> None:
        self._folder, self._newest, self._open_work = folder, newest, open_work
        self._bounds = SeedBounds(rendered=most_rendered)
        self._poll_s = poll_s
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look for editions."""
        if self._folder is not None and self._bounds.rendered:
            self._thread = threading.Thread(
                target=self._follow, args=(self._folder,), name="tile-seeder", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it; a tile under way is finished first."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _follow(self, folder: TileFolder) -> None:
        before = self._newest()
        while not self._stopping.wait(self._poll_s):
            after = self._newest()
            if before is not None and after is not None and after > before:
                self._seed(folder, before, after)
            before = after if after is not None else before

    def _seed(self, folder: TileFolder, before: int, after: int) -> None:
        try:
            seeded = seed_tiles(
                folder, before, after, self._open_work, bounds=self._bounds, is_over=self._stopping.is_set
            )
        except Exception as error:  # noqa: BLE001 - tiles are rendered when they are asked for
            _log.warning("tiles not seeded", edition=after, error=repr(error))
            return
        if seeded is not None:
            _log.info(
                "tiles seeded",
                edition=after,
                carried=seeded.carried,
                rendered=seeded.rendered,
                kept=seeded.kept,
                left=seeded.left,
            )
