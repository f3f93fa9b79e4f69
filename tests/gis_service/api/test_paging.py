from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis_service.api.paging import decode_cursor, encode_cursor
from gis_service.errors import RuleBrokenError


@given(st.integers(-(2**53), 2**53), st.text())
def test_a_cursor_holds_its_position(number, code):
    """Whatever the code, Chinese too."""
    assert decode_cursor(encode_cursor(number, code), int, str) == [number, code]


@given(st.text())
def test_any_other_text_is_refused_by_name(text):
    """No text makes anything but a position or a refusal."""
    try:
        position = decode_cursor(text, int, str)
    except RuleBrokenError as error:
        assert error.code == "bad-cursor"
    else:
        assert [type(part) for part in position] == [int, str]


def test_a_cursor_of_another_list_is_refused():
    """One number where a number and a code are expected."""
    with pytest.raises(RuleBrokenError, match="no cursor of this list"):
        decode_cursor(encode_cursor(1), int, str)
