"""The reader of ``tests/support/strict_tiles.py`` finds what is wrong; else its silence would prove nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from mapbox_vector_tile.Mapbox import vector_tile_pb2

from tests.support.strict_tiles import faults_of


def command(kind: int, count: int) -> int:
    return count << 3 | kind


def zigzag(number: int) -> int:
    return number << 1 ^ number >> 31


def steps(*numbers: int) -> list[int]:
    return [zigzag(number) for number in numbers]


OUTLINE = [command(1, 1), *steps(10, 10), command(2, 3), *steps(90, 0, 0, 90, -90, 0), command(7, 1)]
"""A square of 90 units, clockwise as seen; the cursor ends at 10, 100."""
HOLE = [command(1, 1), *steps(10, -70), command(2, 3), *steps(0, 20, 20, 0, 0, -20), command(7, 1)]
"""A square of 20 units inside it, the other way round."""


def good_tile() -> Any:
    """Return a tile with a polygon with a hole, a line, and two points in one feature."""
    tile = vector_tile_pb2.tile()
    layer = tile.layers.add(name="a", version=2, extent=4096, keys=["k", "l"])
    layer.values.add(string_value="v")
    layer.features.add(id=1, tags=[0, 0, 1, 0], type=3, geometry=OUTLINE + HOLE)
    layer.features.add(id=2, type=2, geometry=[command(1, 1), *steps(0, 0), command(2, 1), *steps(5, 5)])
    layer.features.add(id=3, type=1, geometry=[command(1, 2), *steps(1, 1, 2, 2)])
    return tile


def test_a_good_tile_has_no_fault():
    """Polygon, line and points."""
    assert faults_of(good_tile().SerializeToString()) == []


def set_geometry(feature: int, numbers: list[int]) -> Callable[[Any], None]:
    def change(tile: Any) -> None:
        del tile.layers[0].features[feature].geometry[:]
        tile.layers[0].features[feature].geometry.extend(numbers)

    return change


def set_tags(*tags: int) -> Callable[[Any], None]:
    def change(tile: Any) -> None:
        del tile.layers[0].features[0].tags[:]
        tile.layers[0].features[0].tags.extend(tags)

    return change


BOW_TIE = [command(1, 1), *steps(0, 0), command(2, 3), *steps(90, 90, 0, -90, -80, 90), command(7, 1)]


FAULTS: list[tuple[Callable[[Any], None], str]] = [
    (lambda tile: tile.layers.append(tile.layers[0]), "a: the name of two layers"),
    (lambda tile: setattr(tile.layers[0], "version", 1), "a: version 1"),
    (lambda tile: setattr(tile.layers[0], "extent", 512), "a: extent 512"),
    (lambda tile: tile.layers[0].ClearField("features"), "a: no feature"),
    (lambda tile: tile.layers[0].keys.append("k"), "a: a key twice"),
    (lambda tile: tile.layers[0].values.add(), "a: a value of no kind or of several"),
    (lambda tile: setattr(tile.layers[0].values[0], "int_value", 1), "a: a value of no kind or of several"),
    (lambda tile: setattr(tile.layers[0].features[1], "id", 1), "a: an id twice"),
    (lambda tile: setattr(tile.layers[0].features[1], "id", 2**53 + 1), f"a: id {2**53 + 1}"),
    (lambda tile: tile.layers[0].features[1].ClearField("type"), "a: feature 2: no type"),
    (set_tags(0), "a: feature 1: an odd number of tags"),
    (set_tags(2, 0), "a: feature 1: a tag out of range"),
    (set_tags(0, 1), "a: feature 1: a tag out of range"),
    (set_tags(0, 0, 0, 0), "a: feature 1: a key twice"),
    (set_geometry(0, []), "a: feature 1: no geometry"),
    (set_geometry(0, OUTLINE[:-1]), "a: feature 1: a ring is not closed"),
    (set_geometry(0, OUTLINE[:-2]), "a: feature 1: parameters are missing"),
    (set_geometry(0, [*OUTLINE[:-1], command(7, 2)]), "a: feature 1: ClosePath 2 times"),
    (set_geometry(0, HOLE), "a: feature 1: a hole before any outline"),
    (
        set_geometry(0, [*OUTLINE, command(1, 1), *steps(300, 0), *HOLE[3:]]),
        "a: feature 1: a hole that is not inside",
    ),
    (
        set_geometry(0, [command(1, 1), 0, 0, command(2, 2), *steps(9, 0, 9, 0), command(7, 1)]),
        "a: feature 1: a ring without area",
    ),
    (set_geometry(0, BOW_TIE), "a: feature 1: a ring that meets itself"),
    (
        set_geometry(0, [*OUTLINE[:3], command(2, 4), *OUTLINE[4:10], *steps(0, -90), command(7, 1)]),
        "a: feature 1: the last place of a ring is its first",
    ),
    (
        set_geometry(0, [command(1, 1), 0, 0, command(2, 1), *steps(9, 9), command(7, 1)]),
        "a: feature 1: command 2 1 times",
    ),
    (
        set_geometry(1, [command(1, 1), 0, 0, command(2, 2), *steps(9, 9, 0, 0)]),
        "a: feature 2: LineTo goes nowhere",
    ),
    (set_geometry(1, [command(1, 1), 0, 0]), "a: feature 2: a line of one place"),
    (set_geometry(1, [command(2, 1), 2, 2]), "a: feature 2: command 2 where one of [1] is due"),
    (set_geometry(1, [command(1, 2), 0, 0, 2, 2]), "a: feature 2: command 1 2 times"),
    (set_geometry(2, [command(1, 0)]), "a: feature 3: command 1 0 times"),
    (set_geometry(2, [command(1, 1), 0, 0] * 2), "a: feature 3: command 1 where one of [] is due"),
    (set_geometry(2, [command(1, 1), *steps(4353, 0)]), "a: feature 3: a place outside the buffer"),
]


@pytest.mark.parametrize(("change", "fault"), FAULTS, ids=range(len(FAULTS)))
def test_a_fault_is_found(change: Callable[[Any], None], fault: str):
    """One thing is wrong with the good tile, and it is said."""
    tile = good_tile()
    change(tile)
    assert fault in faults_of(tile.SerializePartialToString())


def test_other_bytes_are_no_tile():
    """Torn in the middle, and followed by a field that no tile has."""
    whole = good_tile().SerializeToString()
    assert faults_of(whole[:-3])[0].startswith("no protobuf message")
    assert faults_of(whole + b"\x08\x01") == ["unknown field in the tile"]
