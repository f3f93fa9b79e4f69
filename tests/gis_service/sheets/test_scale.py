from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis_service.sheets.scale import LARGEST_SCALE, LONGEST_BAR_MM, choose_denominator, make_bar


@pytest.mark.parametrize(
    ("width_m", "denominator"),
    [(1000, 10_000), (1001, 12_500), (999, 10_000), (2000, 20_000), (86_000, 1_000_000), (7_600, 100_000), (3, 200)],
)
def test_a_kilometre_on_ten_centimetres_is_one_to_ten_thousand(width_m, denominator):
    """On 100 mm; the next round number is taken, not the nearest."""
    assert choose_denominator(width_m, 0.1, 100, 100) == denominator


@given(st.floats(1, 1e6), st.floats(1, 1e6))
def test_the_ground_always_goes_into_the_frame(width_m, height_m):
    """And fills at least four fifths of it one way, unless it would be larger than the largest scale."""
    denominator = choose_denominator(width_m, height_m, 180, 120)

    share = max(width_m * 1000 / denominator / 180, height_m * 1000 / denominator / 120)
    assert share <= 1 + 1e-9
    assert share > 0.74 or denominator == LARGEST_SCALE


@given(st.integers(200, 5_000_000))
def test_the_bar_is_round_and_true(denominator):
    """1, 2 or 5 times a power of ten metres, in fifths or quarters, 24 to 62 mm long."""
    bar = make_bar(denominator)

    assert f"{bar.length_m:e}"[:8] in {"1.000000", "2.000000", "5.000000"}
    assert bar.length_mm == pytest.approx(bar.length_m * 1000 / denominator)
    assert LONGEST_BAR_MM / 2.5 - 0.01 <= bar.length_mm <= LONGEST_BAR_MM + 1e-9
    assert bar.parts == (5 if f"{bar.length_m:e}"[0] == "5" else 4)
