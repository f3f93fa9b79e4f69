from __future__ import annotations

import numpy as np
import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gis_service.api import json_columns
from gis_service.api.json_columns import parse_columns

NUMBERS = st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**64 - 1), max_size=30)
PIECES = st.sampled_from(
    [b"[", b"]", b"{", b"}", b",", b":", b'"a"', b'"', b"1", b"2.5", b"true", b" ", b'"b"', b"-"]
)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Parts of 20 bytes, so that short arrays have several."""
    monkeypatch.setattr(json_columns, "PART_BYTES", 20)


@given(lons=NUMBERS, lats=NUMBERS, indent=st.booleans())
def test_columns_are_what_the_parser_says(lons, lats, indent):
    """The same doubles, as arrays."""
    body = {"lons": lons, "crs": "EPSG:4326", "lats": lats}
    members = parse_columns(orjson.dumps(body, option=orjson.OPT_INDENT_2 if indent else None))
    assert members["crs"] == "EPSG:4326"
    for name in ("lons", "lats"):
        assert isinstance(members[name], np.ndarray)
        assert members[name].tolist() == [float(number) for number in body[name]]


@given(st.binary(max_size=30) | st.lists(PIECES, max_size=16).map(b"".join))
@example(b'{"a":[1,],"b":[2]}')
@example(b'{"a":[1,,2],"b":[2]}')
@example(b'{"a":[1],"b":[2],"a":3}')
@example(b'{"a":[[1]]}')
@example(b"[1][2]")
@example(b'{"a":"[5]","b":[[2]]}')
@example(b'{"a":"[5]","b":"[6]"}')
@example(b'{"a":{"b":[1]},"c":[2]}')
@example(b'{"a":[1],"a":[2]}')
@example(b'{"a":[' + b"1," * 20 + b'],"b":[2]}')
@example(b'{"a":[' + b"1," * 20 + b'true],"b":[2]}')
def test_anything_else_is_what_the_parser_says(body):
    """JSON that is not two arrays, and what is no JSON."""
    try:
        expected = orjson.loads(body)
    except orjson.JSONDecodeError:
        with pytest.raises(orjson.JSONDecodeError):
            parse_columns(body)
        return
    found = parse_columns(body)
    if type(found) is dict:
        found = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in found.items()}
    assert found == expected
