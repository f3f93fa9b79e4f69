"""Arrays as one file and back: nothing is copied when the file is mapped.

8 bytes   ``GISLOC``, carriage return, line feed: what this is, broken by whoever takes it for text
uint32    the format's version, little-endian
uint32    length of the head
head      JSON: what the writer says of the content, and each array's name, type, shape and place
32 bytes  SHA-256 of all that follows and of all before it
arrays    each from a multiple of 64 bytes on
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = b"GISLOC\r\n"
FORMAT = 1
_ALIGNED = 64
_START = struct.Struct("<8sII")
_DIGEST = 32


class FormatError(ValueError):
    """Bytes that are no such file, or one of another version, or not whole."""


def pack(about: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Iterator[bytes | memoryview]:
    """Yield the bytes of a file that holds arrays; ``about`` is whatever JSON says of them."""
    listed, place = [], 0
    for name, array in arrays.items():
        kind = array.dtype.newbyteorder("<").str
        listed.append({"name": name, "type": kind, "shape": array.shape, "place": place})
        place = -(-(place + array.nbytes) // _ALIGNED) * _ALIGNED
    head = json.dumps({"about": dict(about), "arrays": listed, "bytes": place}).encode()
    head += b" " * (-(_START.size + len(head) + _DIGEST) % _ALIGNED)
    start = _START.pack(MAGIC, FORMAT, len(head)) + head
    digest = hashlib.sha256(start)
    body: list[bytes | memoryview] = []
    for array in arrays.values():
        plain = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        body += [plain.reshape(-1).view(np.uint8).data, bytes(-plain.nbytes % _ALIGNED)]
    for part in body:
        digest.update(part)
    yield start
    yield digest.digest()
    yield from body


def unpack(data: bytes | memoryview) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return what a file says of its content, and its arrays, which lie in ``data`` and cannot be written to.

    Raises:
        FormatError: it is no such file, or one of another version, or it has been cut short or changed.
    """
    view = memoryview(data)
    if len(view) < _START.size + _DIGEST or bytes(view[: len(MAGIC)]) != MAGIC:
        raise FormatError("this is no locator file")
    _, version, length = _START.unpack_from(view)
    if version != FORMAT:
        raise FormatError(f"the locator file has format {version}; this version reads format {FORMAT}")
    start = _START.size + length
    if len(view) < start + _DIGEST:
        raise FormatError("the locator file has been cut short")
    digest = hashlib.sha256(view[:start])
    body = view[start + _DIGEST :]
    digest.update(body)
    if digest.digest() != bytes(view[start : start + _DIGEST]):
        raise FormatError("the locator file has been cut short or changed: its checksum does not fit")
    head = json.loads(bytes(view[_START.size : start]))
    arrays = {}
    for one in head["arrays"]:
        kind, count = np.dtype(one["type"]), int(np.prod(one["shape"], dtype=np.int64))
        flat = np.frombuffer(body, kind, count, one["place"]) if count else np.empty(0, kind)
        arrays[one["name"]] = flat.reshape(one["shape"])
    for array in arrays.values():
        array.flags.writeable = False
    return head["about"], arrays
