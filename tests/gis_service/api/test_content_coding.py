from __future__ import annotations

import gzip

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis_service.api.content_coding import choose_coding, compress


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("x-gzip", "gzip"),
        ("GZIP;Q=0.5", "gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br; q=1.0 , gzip; q=1.0", "br"),
        ("*", "br"),
        ("br;q=0, *;q=0.1", "gzip"),
        ("identity, gzip;q=0.5", "identity"),
        ("identity;q=0", "identity"),
        ("deflate, zstd", "identity"),
        ("*;q=0", "identity"),
        ("gzip;q=2", "identity"),
        ("gzip;q=nan", "identity"),
        ("gzip;q=", "identity"),
    ],
)
def test_the_coding_weighed_most_is_chosen(header: str | None, coding: str):
    """Brotli before gzip among equals; without any that is offered the body stays as it is."""
    assert choose_coding(header) == coding


@given(st.text())
def test_any_header_chooses_something(header: str):
    """No header is an error."""
    assert choose_coding(header) in {"br", "gzip", "identity"}


@given(st.binary(min_size=1))
def test_a_packed_body_is_unpacked_to_itself(body: bytes):
    """And packed again gives the same bytes."""
    assert brotli.decompress(compress(body, "br")) == body
    assert gzip.decompress(compress(body, "gzip")) == body
    assert compress(body, "identity") == body
    assert compress(body, "gzip") == compress(body, "gzip")


def test_an_empty_body_stays_empty():
    """So that an empty tile is known by its body in every coding."""
    assert [compress(b"", coding) for coding in ("br", "gzip", "identity")] == [b"", b"", b""]
