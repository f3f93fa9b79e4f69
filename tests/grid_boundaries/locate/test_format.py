"""The file of a locator: what goes in comes out, and nothing else is taken for one."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid_boundaries.locate.format import FORMAT, FormatError, pack, unpack

ARRAYS = {
    "numbers": np.arange(7, dtype=np.int32),
    "table": np.arange(12, dtype=np.float64).reshape(3, 4),
    "nothing": np.empty((0, 4), dtype=np.int64),
    "big-endian": np.array([1, 2, 3], dtype=">i2"),
}
WHOLE = b"".join(pack({"edition": 7, "名": "盘龙"}, ARRAYS))


def test_what_was_packed_is_unpacked():
    """Values, types, shapes and what is said of them; read-only, and from multiples of 64 bytes on."""
    about, arrays = unpack(WHOLE)

    assert about == {"edition": 7, "名": "盘龙"}
    assert {name: array.tolist() for name, array in arrays.items()} == {n: a.tolist() for n, a in ARRAYS.items()}
    assert arrays["table"].shape == (3, 4)
    assert arrays["big-endian"].dtype == np.dtype("<i2")
    assert not any(array.flags.writeable for array in arrays.values())
    starts = [WHOLE.find(ARRAYS[name].tobytes()) for name in ("numbers", "table")]
    assert all((start - len(WHOLE) % 64) % 64 == 0 for start in starts)


def test_a_file_of_nothing_is_whole():
    """No array at all."""
    assert unpack(b"".join(pack({}, {}))) == ({}, {})


@given(st.binary(max_size=300))
def test_other_bytes_are_refused(data):
    """Whatever they are."""
    with pytest.raises(FormatError):
        unpack(data)


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_one_changed_byte_is_found(place, change):
    """Anywhere: in the head, in the arrays, in the space between."""
    data = bytearray(WHOLE)
    data[place] ^= change
    with pytest.raises(FormatError):
        unpack(bytes(data))


@given(st.integers(0, len(WHOLE) - 1))
def test_a_file_cut_short_is_found(length):
    """After any byte."""
    with pytest.raises(FormatError):
        unpack(WHOLE[:length])


def test_another_format_is_named():
    """A file of a later version, whole in its own way."""
    later = WHOLE[:8] + struct.pack("<I", FORMAT + 1) + WHOLE[12:]
    with pytest.raises(FormatError, match=f"has format {FORMAT + 1}; this version reads format {FORMAT}"):
        unpack(later)
