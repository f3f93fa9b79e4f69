"""A strict reader of vector tiles: what the specification demands of every byte, as a list of faults."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import shapely
from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet
from mapbox_vector_tile.Mapbox import vector_tile_pb2

MOVE_TO, LINE_TO, CLOSE_PATH = 1, 2, 7
POINT, LINE, POLYGON = 1, 2, 3
MOST_OUTSIDE = 256  # the widest buffer of a layer, in tile units

Place = tuple[int, int]


def faults_of(tile: bytes) -> list[str]:
    """Return what is wrong with a tile by MVT 2.1, its SHOULDs and our own bounds included; empty for a good one.

    Our own: 4096 units, ids of at most 2**53, nothing further outside than the widest buffer.

    Source:
        Mapbox Vector Tile Specification 2.1, sections 4.1 to 4.4.
    """
    read = vector_tile_pb2.tile()
    try:
        read.ParseFromString(tile)
    except DecodeError as error:
        return [f"no protobuf message: {error}"]
    names = [layer.name for layer in read.layers]
    faults = [f"{name}: the name of two layers" for name in sorted({one for one in names if names.count(one) > 1})]
    faults += [f"unknown field in {kind}" for kind, message in _messages(read) if len(UnknownFieldSet(message))]
    for layer in read.layers:
        faults += [f"{layer.name}: {fault}" for fault in _faults_of_layer(layer)]
    return faults


def _messages(read: Message) -> Iterator[tuple[str, Message]]:
    yield "the tile", read
    for layer in read.layers:
        yield f"layer {layer.name}", layer
        for feature in layer.features:
            yield f"a feature of {layer.name}", feature
        for value in layer.values:
            yield f"a value of {layer.name}", value


def _faults_of_layer(layer: Message) -> Iterator[str]:
    if not layer.HasField("version") or layer.version != 2:
        yield f"version {layer.version}"
    if not layer.name:
        yield "no name"
    if layer.extent != 4096:
        yield f"extent {layer.extent}"
    if not layer.features:
        yield "no feature"
    if len(set(layer.keys)) < len(layer.keys):
        yield "a key twice"
    for value in layer.values:
        if len(value.ListFields()) != 1:
            yield "a value of no kind or of several"
    ids = [feature.id for feature in layer.features if feature.HasField("id")]
    if len(set(ids)) < len(ids):
        yield "an id twice"
    if ids and max(ids) > 2**53:
        yield f"id {max(ids)}"
    for feature in layer.features:
        yield from (f"feature {feature.id}: {fault}" for fault in _faults_of_feature(layer, feature))


def _faults_of_feature(layer: Message, feature: Message) -> Iterator[str]:
    tags = list(feature.tags)
    if len(tags) % 2:
        yield "an odd number of tags"
    keys, values = tags[::2], tags[1::2]
    if len(set(keys)) < len(keys):
        yield "a key twice"
    if any(key >= len(layer.keys) for key in keys) or any(value >= len(layer.values) for value in values):
        yield "a tag out of range"
    if not feature.HasField("type") or feature.type not in {POINT, LINE, POLYGON}:
        yield "no type"
        return
    try:
        paths = list(_paths(feature.type, list(feature.geometry)))
    except ValueError as error:
        yield str(error)
        return
    if not paths:
        yield "no geometry"
    if any(not -MOST_OUTSIDE <= axis <= 4096 + MOST_OUTSIDE for path in paths for place in path for axis in place):
        yield "a place outside the buffer"
    if feature.type == POLYGON and paths:
        yield from _faults_of_rings(paths)


def _paths(kind: int, numbers: Sequence[int]) -> Iterator[list[Place]]:
    """Yield what each MoveTo begins, as places of the tile.

    Raises:
        ValueError: the commands are not those that the kind has, in number or order.
    """
    x = y = at = 0
    path: list[Place] = []
    expected = {MOVE_TO}
    while at < len(numbers):
        command, count = numbers[at] & 7, numbers[at] >> 3
        at += 1
        if command not in expected:
            raise ValueError(f"command {command} where one of {sorted(expected)} is due")
        if command == CLOSE_PATH:
            if count != 1:
                raise ValueError(f"ClosePath {count} times")
            yield path
            path, expected = [], {MOVE_TO}
            continue
        if command == MOVE_TO and path:
            yield path
            path = []
        _check_count(kind, command, count)
        if at + 2 * count > len(numbers):
            raise ValueError("parameters are missing")
        for _ in range(count):
            dx, dy = (number >> 1 ^ -(number & 1) for number in numbers[at : at + 2])
            if command == LINE_TO and dx == dy == 0:
                raise ValueError("LineTo goes nowhere")
            x, y, at = x + dx, y + dy, at + 2
            path.append((x, y))
        expected = _next_commands(kind, command)
    if kind == POLYGON and path:
        raise ValueError("a ring is not closed")
    if kind == LINE and len(path) == 1:
        raise ValueError("a line of one place")
    if path:
        yield path


def _check_count(kind: int, command: int, count: int) -> None:
    least = 2 if kind == POLYGON and command == LINE_TO else 1
    most = 1 if kind != POINT and command == MOVE_TO else 1 << 29
    if not least <= count <= most:
        raise ValueError(f"command {command} {count} times")


def _next_commands(kind: int, command: int) -> set[int]:
    if kind == POINT:
        return set()
    if command == MOVE_TO:
        return {LINE_TO}
    return {CLOSE_PATH} if kind == POLYGON else {MOVE_TO}


def _faults_of_rings(rings: Sequence[Sequence[Place]]) -> Iterator[str]:
    polygons: list[list[Sequence[Place]]] = []
    for ring in rings:
        doubled = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))
        if doubled == 0:
            yield "a ring without area"
        if ring[0] == ring[-1]:
            yield "the last place of a ring is its first"
        if not shapely.LinearRing(ring).is_simple:
            yield "a ring that meets itself"
        if doubled > 0:
            polygons.append([ring])
        elif not polygons:
            yield "a hole before any outline"
            return
        else:
            polygons[-1].append(ring)
    for outline, *holes in polygons:
        if not shapely.Polygon(outline, holes).is_valid:
            yield "a hole that is not inside"
