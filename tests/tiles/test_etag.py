from __future__ import annotations

from dataclasses import replace

import pytest

from tiles.address import TileAddress
from tiles.etag import DrawnTileKey, TileKey, drawn_tile_etag, names_etag, tile_etag
from tiles.filters import TileFilters

KEY = TileKey(
    edition=12,
    layers=("grids", "incidents"),
    address=TileAddress(3, 1, 2),
    data_versions=(("incidents", "7.7"),),
    permission_class="public",
    filters=TileFilters(),
)

OTHERS = [
    replace(KEY, edition=1),
    replace(KEY, layers=("grids",)),
    replace(KEY, layers=("grids,incidents",)),
    replace(KEY, address=TileAddress(3, 2, 1)),
    replace(KEY, data_versions=(("incidents", "8.8"),)),
    replace(KEY, permission_class="router in U1"),
    replace(KEY, filters=TileFilters(kind="standard")),
]


def test_every_part_of_the_key_changes_the_tag():
    """Seven other keys and two other codings: ten tags."""
    tags = {tile_etag(key, "gzip") for key in [KEY, *OTHERS]} | {tile_etag(KEY, "br"), tile_etag(KEY, "identity")}
    assert len(tags) == 10


def test_equal_keys_have_equal_tags():
    """So that every worker gives the same one."""
    assert tile_etag(replace(KEY), "br") == tile_etag(KEY, "br")


def test_a_tag_is_a_quoted_text_that_tells_nothing_of_the_scope():
    """RFC 9110: visible ASCII within quotes; the scope is hashed."""
    tag = tile_etag(replace(KEY, permission_class="router in U1"), "br")
    assert tag[0] == tag[-1] == '"'
    assert "U1" not in tag
    assert tag.isascii()


def test_whatever_differs_of_what_is_drawn_has_a_tag_of_its_own():
    """Plan, version, layers, address or coding; and the tag of no edition."""
    key = DrawnTileKey("plan 1", ("2", "draft", ""), ("grids", "changes"), TileAddress(3, 1, 2))
    others = [
        replace(key, drawn="plan 12"),
        replace(key, state=("3", "draft", "")),
        replace(key, state=("2", "draft", "7")),
        replace(key, layers=("grids",)),
        replace(key, address=TileAddress(3, 2, 1)),
    ]
    tags = {drawn_tile_etag(one, "gzip") for one in (key, *others)} | {
        drawn_tile_etag(key, "br"),
        tile_etag(KEY, "br"),
    }
    assert len(tags) == 8


@pytest.mark.parametrize("header", ['"a"', 'W/"a"', '"b", "a"', '"b" ,W/"a","c"', ' "a" ', '"a,b", "a"'])
def test_a_tag_is_found_in_a_list(header: str):
    """Weak or strong, alone or among others, commas inside other tags."""
    assert names_etag(header, '"a"')


@pytest.mark.parametrize("header", [None, "", "*", '"b"', "a", '"a', '"a,b"', '"b"a"'])
def test_a_tag_that_is_not_named_is_not_found(header: str | None):
    """Nothing, any, another, no quotes, half a tag."""
    assert not names_etag(header, '"a"')
