from __future__ import annotations

import pytest

from grid_boundaries.check import messages


@pytest.mark.parametrize(
    ("metres", "words"),
    [
        (0.00012, ("0.12 mm", "0.12 毫米")),
        (0.0512, ("5.12 cm", "5.12 厘米")),
        (12.345, ("12.3 m", "12.3 米")),
        (4321.0, ("4.32 km", "4.32 公里")),
    ],
)
def test_a_length_is_told_in_the_unit_one_would_use(metres, words):
    """Millimetres, centimetres, metres, kilometres."""
    assert messages.length(metres) == words


@pytest.mark.parametrize(
    ("square_metres", "words"),
    [
        (0.004, ("less than 0.01 m²", "不足 0.01 平方米")),
        (1234.5, ("1,234.50 m²", "1,234.50 平方米")),
        (2_500_000.0, ("2.500 km²", "2.500 平方公里")),
    ],
)
def test_an_area_is_told_in_the_unit_one_would_use(square_metres, words):
    """Next to nothing, square metres, square kilometres."""
    assert messages.area(square_metres) == words


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ((), ("", "")),
        (("a",), ("a", "a")),
        (("a", "b"), ("a and b", "a、b")),
        (("a", "b", "c"), ("a, b and c", "a、b、c")),
        (tuple("abcdefg"), ("a, b, c, d and 3 more", "a、b、c、d 等 7 个网格")),
    ],
)
def test_codes_are_listed_as_one_would_say_them(codes, words):
    """None, one, two, three, and of many the first four."""
    assert messages.named(codes) == words


def test_a_place_is_told_by_hemisphere_in_chinese():
    """Kunming, and a place in the south-west."""
    assert messages.at((102.7, 25.0)) == (" at 102.70000, 25.00000", "，位于东经 102.70000、北纬 25.00000")
    assert messages.at((-70.5, -33.25))[1] == "，位于西经 70.50000、南纬 33.25000"
    assert messages.at(None) == ("", "")


def test_several_grids_reach_out_in_the_plural():
    """One reaches, two reach."""
    size = (1.0, 1.0, 1.0)

    assert messages.outside_parent("p", ["a"], size, None)[0].startswith("Grid a reaches 1.00 m²")
    assert messages.outside_parent(None, ["a", "b"], size, None)[0].startswith("Grids a and b reach 1.00 m²")
    assert messages.outside_parent(None, ["a"], size, None)[0].endswith("out of the parent.")


def test_ground_without_neighbours_is_told_without_them():
    """An empty parent has none."""
    assert messages.gap((), (1.0, 1.0, 1.0), None)[0] == "Nobody owns 1.00 m² (1.0 m wide, 1.0 m long)."
    assert messages.uncovered_parent(None, (), (1.0, 1.0, 1.0), None)[0].endswith("along the parent's edge.")


def test_a_reason_without_words_is_told_as_it_came():
    """Whatever a newer geometry library may say."""
    assert messages.invalid_geometry("a", "new-trouble", None) == (
        "Grid a is not valid (new-trouble).",
        "网格 a 图形无效（new-trouble）。",
    )
