from __future__ import annotations

from dataclasses import replace

import pytest
from shapely.geometry import box

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import PUBLIC
from gis_service.use_cases.describe_tiles import read_tile_edition
from gis_service.use_cases.find_dirty_tiles import DirtyTiles
from gis_service.use_cases.render_tile import render_tile
from grid_boundaries.partition import Grid, on_lattice
from tests.support.tile_ground import BOUNDS, grids, publish, store_ground
from tiles.address import TileAddress
from tiles.etag import TileKey
from tiles.filters import TileFilters
from tiles.pyramid import tiles_over

NO_FILTERS = TileFilters()
TREE = {one.code: one for one in grids()}
TILES = [
    TileAddress(zoom, x, y)
    for zoom, columns, rows in tiles_over(box(*BOUNDS), 0, 14, 256)
    for x, y in zip(columns.tolist(), rows.tolist(), strict=True)
]


@pytest.fixture
def ground(work: UnitOfWork) -> UnitOfWork:
    store_ground(work)
    return work


def follow(work: UnitOfWork, added: list[Grid], closed: tuple[str, ...]) -> None:
    """Publish edition 3 on top of edition 2, whose leaves are C1, C2, S2 and K."""
    with work:
        publish(work, 3, added=added, closed=closed)
        work.commit()


def compare(
    work: UnitOfWork, first: int, second: int, filters: TileFilters = NO_FILTERS, tiles: list[TileAddress] = TILES
) -> tuple[set[TileAddress], set[TileAddress]]:
    """Render all tiles of both editions; return those called dirty, and those that differ."""
    before, after = (read_tile_edition(number, work) for number in (first, second))
    dirty = DirtyTiles(before, after, work)
    called, differing = set(), set()
    for address in tiles:
        key = TileKey(first, ("grids", "grid_labels"), address, (), "public", filters)
        if render_tile(key, before, PUBLIC, work) != render_tile(key, after, PUBLIC, work):
            differing.add(address)
        if dirty.has(address, filters):
            called.add(address)
    return called, differing


def renamed(code: str) -> Grid:
    return replace(TREE[code], name="新名")


def wider() -> list[Grid]:
    """C2 and C1 with their common edge 400 m further north: their parent keeps its shape."""
    return [
        replace(TREE["C1"], shape=on_lattice(box(102.70, 25.00, 102.74, 25.044))),
        replace(TREE["C2"], shape=on_lattice(box(102.70, 25.044, 102.74, 25.08))),
    ]


def child_of_k() -> list[Grid]:
    """A unit grid over the west half of K alone: K is no longer drawn from zoom 14 on, though its row stays."""
    return [replace(TREE["U1"], code="U9", parent="K", shape=on_lattice(box(102.76, 25.00, 102.77, 25.08)))]


CASES = {
    "renamed": ([renamed("K")], ("K",)),
    "moved edge": (wider(), ("C1", "C2")),
    "first child": (child_of_k(), ()),
    "parent of another level": ([replace(TREE["S1"], level="unit_grid")], ("S1",)),
    "gone": ([], ("C2",)),
    "nothing": ([], ()),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_not_dirty_has_the_same_bytes(ground: UnitOfWork, case: str):
    """Labels and grids from zoom 0 to 14; what differs is dirty, and the other side of the ground is not."""
    follow(ground, *CASES[case])
    called, differing = compare(ground, 2, 3)
    assert differing <= called
    assert bool(differing) is (case != "nothing")
    assert len(called) < len(TILES)


def test_levels_that_came_to_be_make_their_zooms_dirty(ground: UnitOfWork):
    """Edition 1 has unit grids from zoom 14 on and edition 2 has none: all tiles there, and none below zoom 12."""
    called, differing = compare(ground, 2, 1)
    assert differing <= called
    assert {address for address in called if address.z == 14} == {one for one in TILES if one.z == 14}
    assert not [address for address in called if address.z < 12]


@pytest.mark.parametrize("filters", [TileFilters(level="community"), TileFilters(kind="dedicated")])
def test_filters_are_obeyed(ground: UnitOfWork, filters: TileFilters):
    """One level alone, at zooms where another is usual; one kind."""
    follow(ground, *CASES["moved edge"])
    called, differing = compare(ground, 2, 3, filters, [one for one in TILES if one.z < 13])
    assert differing <= called
    assert bool(differing) is (filters.level is not None)


def test_editions_are_compared_over_any_distance(ground: UnitOfWork):
    """What edition 3 has changed and edition 4 has changed back has the same bytes, and is dirty: rows decide."""
    follow(ground, *CASES["renamed"])
    with ground:
        publish(ground, 4, added=[TREE["K"]], closed=("K",))
        ground.commit()
    called, differing = compare(ground, 2, 4)
    assert (bool(called), differing) == (True, set())
