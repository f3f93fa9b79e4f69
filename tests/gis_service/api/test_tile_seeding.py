from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from gis_service.api.content_coding import CODINGS, compress
from gis_service.api.kept_tile import KeptTile
from gis_service.api.tile_body import pack
from gis_service.api.tile_folder import TileFolder
from gis_service.api.tile_seeding import SeedBounds, Seeded, TileSeeder, seed_tiles
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import PUBLIC
from gis_service.use_cases.describe_tiles import read_tile_edition
from gis_service.use_cases.render_tile import render_tile
from tests.support.tile_ground import grids, publish, store_ground, tile_at
from tiles.etag import TileKey
from tiles.filters import TileFilters

K = next(one for one in grids() if one.code == "K")
FAR, NEAR = (tile_at(14, lon, 25.03) for lon in (102.71, 102.77))
"""Tiles of zoom 14 away from the grid K and over it."""
ALL = SeedBounds()


@pytest.fixture
def folder(work: UnitOfWork, tmp_path: Path) -> TileFolder:
    """Edition 2 with twelve tiles on disk, and edition 3 with another name for K."""
    store_ground(work)
    made = TileFolder(tmp_path, 1 << 20)
    for tile in tiles_of(2):
        keep(made, tile, work)
    with work:
        publish(work, 3, added=[replace(K, name="新名")], closed=("K",))
        work.commit()
    return made


def tiles_of(number: int) -> list[KeptTile]:
    """Two places in three codings for the public; one place of a router, and by a level, and labels of both."""
    key = TileKey(number, ("grids",), FAR, (), "public", TileFilters())
    labels = ("grids", "grid_labels")
    keys = [replace(key, permission_class="router in D"), replace(key, filters=TileFilters(level="community"))]
    keys += [replace(key, layers=labels, address=place) for place in (FAR, NEAR)]
    keys += [replace(key, address=tile_at(10, 102.73, 25.03)), replace(key, address=tile_at(5, 102.73, 25.03))]
    return [
        *(KeptTile(replace(key, address=place), coding) for place in (FAR, NEAR) for coding in CODINGS),
        *(KeptTile(one, "br") for one in keys),
    ]


def fresh(tile: KeptTile, work: UnitOfWork) -> bytes:
    edition = read_tile_edition(tile.key.edition, work)
    return pack(compress(render_tile(tile.key, edition, PUBLIC, work), tile.coding))


def keep(folder: TileFolder, tile: KeptTile, work: UnitOfWork) -> None:
    folder.write(tile.name(read_tile_edition(tile.key.edition, work)), fresh(tile, work), tile.about())


def seed(folder: TileFolder, work: UnitOfWork, bounds: SeedBounds = ALL, **more: object) -> Seeded | None:
    return seed_tiles(folder, 2, 3, lambda: work, bounds=bounds, **more)


def on_disk(folder: TileFolder, work: UnitOfWork) -> list[bytes | None]:
    """What is there of the twelve tiles in edition 3."""
    edition = read_tile_edition(3, work)
    return [folder.read(tile.name(edition)) for tile in tiles_of(3)]


def test_seeded_tiles_are_what_rendering_gives(folder: TileFolder, work: UnitOfWork):
    """Away from K seven are carried over, byte for byte what would be rendered; five with K in them are rendered."""
    assert seed(folder, work) == Seeded(carried=7, rendered=5)
    assert on_disk(folder, work) == [fresh(tile, work) for tile in tiles_of(3)]


def test_what_is_carried_over_is_not_rendered(folder: TileFolder, work: UnitOfWork):
    """Bytes that no rendering gives come through: on disk before under the name of the tile far from K."""
    tile = tiles_of(2)[0]
    folder.write(tile.name(read_tile_edition(2, work)), b"marked", tile.about())
    seed(folder, work)
    assert on_disk(folder, work)[0] == b"marked"


def test_seeding_goes_on_where_it_was(folder: TileFolder, work: UnitOfWork):
    """Broken off after five tiles, the next call does seven, and one after that none."""
    told: list[int] = []
    first = seed(folder, work, on_tile=lambda done, _: told.append(done), is_over=lambda: len(told) == 5)
    assert first is not None
    assert first.carried + first.rendered == 5
    second = seed(folder, work)
    assert second is not None
    assert (second.kept, second.carried + second.rendered) == (5, 7)
    assert seed(folder, work) == Seeded(kept=12)


def test_bounds_are_kept(folder: TileFolder, work: UnitOfWork):
    """None rendered; or only zooms up to 10, where one differs; or only the two layers together."""
    assert seed(folder, work, SeedBounds(rendered=0)) == Seeded(carried=7, left=5)
    assert seed(folder, work, SeedBounds(rendered=1, max_zoom=10)) == Seeded(kept=1, rendered=1, left=10)
    assert seed(folder, work, SeedBounds(layers=("grids", "grid_labels"))) == Seeded(kept=1, rendered=1, left=10)


def test_a_tile_that_is_damaged_is_rendered(folder: TileFolder, work: UnitOfWork, tmp_path: Path):
    """What the file says is whole and its body is not."""
    name = tiles_of(2)[0].name(read_tile_edition(2, work))
    file = tmp_path / name[:2] / name
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    assert seed(folder, work) == Seeded(carried=6, rendered=6)
    assert on_disk(folder, work)[0] == fresh(tiles_of(3)[0], work)


def test_files_of_others_are_passed_over(folder: TileFolder, work: UnitOfWork):
    """Under a name that is not that of what it says, of another edition, and what says nothing that can be read."""
    tile = tiles_of(2)[0]
    for name, about in (("aa1", tile.about()), ("aa2", tiles_of(1)[0].about()), ("aa3", b"{"), ("aa4", b"")):
        folder.write(name, b"tile", about)
    assert seed(folder, work) == Seeded(carried=7, rendered=5)


def test_one_process_of_a_host_seeds(folder: TileFolder, work: UnitOfWork, tmp_path: Path):
    """While another holds the lock nothing is done."""
    with TileFolder(tmp_path, 1 << 20).alone("seed") as is_alone:
        assert is_alone
        assert seed(folder, work) is None
    assert seed(folder, work) is not None


@pytest.mark.parametrize(("most", "seeded"), [(100, 12), (0, 0)])
def test_a_new_edition_is_seeded_behind(folder: TileFolder, work: UnitOfWork, most: int, seeded: int):
    """The worker learns of edition 3 at its second look; by its third all is there.  Switched off, nobody looks."""
    looks = iter([2, 3])
    has_seeded = threading.Event()

    def newest() -> int:
        found = next(looks, None)
        if found is None:
            has_seeded.set()
        return found or 3

    seeder = TileSeeder(folder, newest, lambda: work, most_rendered=most, poll_s=0.001)
    seeder.start()
    assert has_seeded.wait(60) if most else next(looks) == 2
    seeder.stop()
    assert sum(body is not None for body in on_disk(folder, work)) == seeded
