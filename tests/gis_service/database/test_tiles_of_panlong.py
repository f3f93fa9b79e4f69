"""Tiles of the demo district at every zoom: its levels, its bent lines, its thin strips and enclaves."""

from __future__ import annotations

import pytest
import shapely

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import PUBLIC
from gis_service.use_cases.describe_tiles import read_tile_edition
from gis_service.use_cases.render_tile import permission_class, render_tile
from tests.support.tile_ground import shapes_by_code, tile_at, vertices
from tiles.address import EXTENT, TileAddress
from tiles.etag import TileKey
from tiles.filters import TileFilters
from tiles.layers import TileEdition, choose_level

ZOOMS = range(4, 19)
EDGE = 64  # units that a tile reaches beyond its edges, where lines are cut


@pytest.fixture(scope="module")
def edition(demo_work: UnitOfWork) -> TileEdition:
    return read_tile_edition(1, demo_work)


def address_at(edition: TileEdition, zoom: int) -> TileAddress:
    """The tile in the middle of the district."""
    west, south, east, north = edition.bounds
    return tile_at(zoom, (west + east) / 2, (south + north) / 2)


def draw(work: UnitOfWork, edition: TileEdition, address: TileAddress, level: str | None = None):
    """The grids of a tile by code, in tile units; and the bytes."""
    key = TileKey(1, ("grids",), address, (), permission_class(PUBLIC), TileFilters(level=level))
    tile = render_tile(key, edition, PUBLIC, work)
    return shapes_by_code(tile), tile


@pytest.mark.parametrize("zoom", ZOOMS)
def test_grids_of_a_tile_neither_overlap_nor_leave_a_hole(demo_work: UnitOfWork, edition: TileEdition, zoom: int):
    """The areas add up to the area of their union, and the union has no hole."""
    drawn, _ = draw(demo_work, edition, address_at(edition, zoom))
    shapes = list(drawn.values())
    union = shapely.union_all(shapes)
    assert sum(shape.area for shape in shapes) == pytest.approx(union.area, abs=1e-3)
    assert sum(len(part.interiors) for part in shapely.get_parts(union)) == 0


@pytest.mark.parametrize("zoom", ZOOMS)
def test_neighbours_have_the_vertices_of_their_common_line(demo_work: UnitOfWork, edition: TileEdition, zoom: int):
    """Away from the cut, every vertex of one on the line of the other is a vertex of the other."""
    drawn, _ = draw(demo_work, edition, address_at(edition, zoom))
    tile = shapely.box(2 - EDGE, 2 - EDGE, EXTENT + EDGE - 2, EXTENT + EDGE - 2)
    codes = sorted(drawn)
    common = 0
    shapes = [drawn[code] for code in codes]
    for one, other in shapely.STRtree(shapes).query(shapes).T.tolist():
        mine, theirs = drawn[codes[one]], drawn[codes[other]]
        if one == other or mine.boundary.intersection(theirs.boundary).length == 0:
            continue
        inside = [place for place in vertices(mine) if shapely.intersects_xy(tile, *place)]
        lying = {place for place in inside if shapely.distance(theirs.boundary, shapely.Point(place)) == 0}
        common += len(lying)
        missing = lying - vertices(theirs)
        # A corner between two others, in line for the third: it was dropped there, and no ground lies between.
        assert len(missing) <= len(lying) * 0.02 + 2
    assert common > 5 or len(codes) == 1


@pytest.mark.parametrize("zoom", ZOOMS)
def test_a_parent_is_the_union_of_its_children(demo_work: UnitOfWork, edition: TileEdition, zoom: int):
    """Each coarser level drawn alone covers what the level of the zoom covers, to a thousandth of a square unit."""
    address = address_at(edition, zoom)
    finest = choose_level(edition.present_levels(), zoom)
    cut, _ = draw(demo_work, edition, address)
    for level in edition.coarser_than(finest):
        parents, _ = draw(demo_work, edition, address, level)
        for code, parent in parents.items():
            children = shapely.union_all([shape for child, shape in cut.items() if child.startswith(code)])
            assert children.symmetric_difference(parent).area <= 1e-3


@pytest.mark.parametrize("zoom", range(4, 14))
def test_a_generalised_tile_lies_within_three_units_of_the_exact_one(
    demo_work: UnitOfWork, edition: TileEdition, zoom: int
):
    """Two units by which lines may move, and half a unit of snapping on each side; the bytes are no more."""
    exact = TileEdition(edition.number, edition.bounds, edition.levels, edition.present)
    address = address_at(edition, zoom)
    near, small = draw(demo_work, edition, address)
    far, large = draw(demo_work, exact, address)
    assert set(near) == set(far)
    assert len(small) <= len(large)
    frame = shapely.box(0, 0, EXTENT, EXTENT)
    for code, shape in near.items():
        mine, theirs = shape.boundary.intersection(frame), far[code].boundary.intersection(frame)
        if not mine.is_empty and not theirs.is_empty:
            assert theirs.hausdorff_distance(shape.boundary) <= 6 or mine.distance(theirs) == 0
            assert (
                max(
                    (
                        shapely.distance(shapely.Point(place), far[code].boundary)
                        for place in shapely.get_coordinates(mine)
                    ),
                    default=0,
                )
                <= 3
            )


def test_two_tiles_agree_on_both_sides_of_their_edge(demo_work: UnitOfWork, edition: TileEdition):
    """At zoom 12 and 13 the lines of the next tile go on where those of this one are cut."""
    for zoom in (12, 13):
        address = address_at(edition, zoom)
        left, _ = draw(demo_work, edition, address)
        right, _ = draw(demo_work, edition, TileAddress(address.z, address.x + 1, address.y))
        strip = shapely.box(EXTENT - 48, 0, EXTENT + 48, EXTENT)
        for code in set(left) & set(right):
            mine = {place for place in vertices(left[code]) if shapely.intersects_xy(strip, *place)}
            theirs = {(x + EXTENT, y) for x, y in vertices(right[code])}
            assert mine == {place for place in theirs if shapely.intersects_xy(strip, *place)}
