from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gis_service.api.lines import LineSplitter


@given(text=st.binary(max_size=60) | st.text("ab\n", max_size=60).map(str.encode), cuts=st.lists(st.integers(0, 60)))
def test_lines_do_not_depend_on_how_they_come(text, cuts):
    """However a text is cut into pieces, its lines are those of the whole; those over 5 bytes are None."""
    splitter = LineSplitter(longest_bytes=5)
    lines = []
    for start, end in pairwise(sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})):
        lines += splitter.feed(text[start:end])
        assert len(splitter._begun) <= 5
    lines += splitter.end()

    expected = text.split(b"\n")
    if expected[-1] == b"":
        expected.pop()
    assert lines == [line if len(line) <= 5 else None for line in expected]
