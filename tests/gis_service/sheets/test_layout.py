from __future__ import annotations

import dataclasses
import itertools

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis_service.sheets.layout import lay_out
from tests.support.sheets import SOUTH, WEST, cells, community, leaf, outline, rule_of_thumb, sheet_grid


def drawn(subject, paper="A4", orientation=None):
    return lay_out(subject, paper, orientation, "zh", rule_of_thumb)


def boxes(layout):
    """All that is written on the map."""
    return [one.box.polygon() for one in (*layout.labels, *layout.neighbour_labels, *layout.badges)]


@settings(max_examples=12)
@given(st.integers(1, 90), st.integers(0, 1000), st.sampled_from(["A4", "A3"]))
def test_no_label_covers_another(count, seed, paper):
    """Labels, numbers and neighbours' names keep apart and in the map; leaders cross neither them nor each other."""
    subject = community(1)
    if count > 1:
        parts = cells(count, outline(), seed)
        children = tuple(
            sheet_grid(f"5301030010010{number:02}", f"第{number}网格", part) for number, part in enumerate(parts)
        )
        subject = dataclasses.replace(subject, children=children)

    layout = drawn(subject, paper)

    written = boxes(layout)
    assert not any(one.intersects(other) for one, other in itertools.combinations(written, 2))
    frame = layout.page.map.polygon()
    assert all(frame.contains(one) for one in written)
    leaders = [badge.leader for badge in layout.badges if badge.leader is not None]
    assert not any(one.intersects(other) for one, other in itertools.combinations(leaders, 2))
    for badge in layout.badges:
        if badge.leader is not None:
            others = [one for one in written if not one.equals(badge.box.polygon())]
            assert not any(badge.leader.intersects(one) for one in others)


@pytest.mark.parametrize("count", [1, 20, 60])
def test_every_grid_is_named_once(count):
    """A label in it, a number in it, or a number whose leader ends in it."""
    layout = drawn(community(count))

    assert len(layout.labels) + len(layout.badges) == count
    named = set()
    for label in layout.labels:
        [inside] = [one.number for one in layout.grids if one.shape.contains(label.box.polygon())]
        named.add(inside)
    for badge in layout.badges:
        grid = layout.grids[badge.number - 1]
        anchor = badge.box.polygon() if badge.leader is None else shapely.Point(badge.leader.coords[0])
        assert grid.shape.contains(anchor)
        named.add(badge.number)
    assert named == set(range(1, count + 1))


def test_large_grids_tell_all_and_small_ones_their_number():
    """Two strips of half a community, and a triangle of 20 m between that a number points to."""
    shape = shapely.box(WEST, SOUTH, WEST + 0.02, SOUTH + 0.02)
    tiny = shapely.Polygon([(WEST, SOUTH), (WEST + 0.0002, SOUTH), (WEST, SOUTH + 0.0002)])
    left = shapely.box(WEST, SOUTH, WEST + 0.01, SOUTH + 0.02).difference(tiny)
    right = shapely.box(WEST + 0.01, SOUTH, WEST + 0.02, SOUTH + 0.02)
    children = tuple(
        sheet_grid(f"53010300100100{number}", f"第{number}网格", one)
        for number, one in enumerate((left, right, tiny), 1)
    )
    subject = dataclasses.replace(community(1, shape=shape), children=children, neighbours=())

    layout = drawn(subject)

    assert [label.lines for label in layout.labels] == [
        ("第1网格", "530103001001001", "400 户"),
        ("第2网格", "530103001001002", "400 户"),
    ]
    [badge] = layout.badges
    assert badge.number == 3
    assert badge.leader is not None
    assert not layout.outline.intersects(badge.box.polygon())


def test_the_orientation_with_the_larger_scale_is_taken():
    """A tall grid stands upright; asked for, it lies in a smaller scale."""
    tall = community(1, shape=shapely.box(WEST, SOUTH, WEST + 0.01, SOUTH + 0.03))

    free, lying = drawn(tall), drawn(tall, orientation="landscape")

    assert free.page.orientation == "portrait"
    assert (lying.page.orientation, lying.page.width, lying.page.height) == ("landscape", 297, 210)
    assert lying.plane.denominator > free.plane.denominator


def test_all_of_the_grid_is_on_the_map_and_the_middle_in_the_middle():
    """With 6 mm around it for the neighbours."""
    layout = drawn(community(20))

    assert layout.page.map.inset(5.9).polygon().contains(layout.outline)
    west, north, east, south = layout.outline.bounds
    assert (west + east) / 2 == pytest.approx(layout.page.map.left + layout.page.map.width / 2, abs=0.1)
    assert (north + south) / 2 == pytest.approx(layout.page.map.top + layout.page.map.height / 2, abs=0.1)


def test_a_grid_without_children_shows_its_buildings_and_writes_beside_them():
    """Three columns of 24 buildings: the label covers none, where it would if there were none."""
    places = [(WEST + 0.0025 + 0.0025 * x, SOUTH + 0.0003 + 0.0004 * y) for x in range(3) for y in range(24)]

    layout, bare = drawn(leaf(*places)), drawn(leaf())

    [label], [unhindered] = layout.labels, bare.labels
    assert label.lines == unhindered.lines == ("第1网格", "530103001001001", "400 户")
    assert len(shapely.get_parts(layout.buildings)) == 72
    assert layout.grids[0].shape.contains(layout.buildings)
    assert unhindered.box.polygon().intersects(layout.buildings)
    assert not label.box.polygon().intersects(layout.buildings)


def test_a_grid_in_two_parts_is_labelled_in_the_larger():
    """An exclave takes no label of its own."""
    parts = shapely.MultiPolygon(
        [
            shapely.box(WEST, SOUTH, WEST + 0.01, SOUTH + 0.01),
            shapely.box(WEST + 0.02, SOUTH, WEST + 0.024, SOUTH + 0.004),
        ]
    )

    layout = drawn(community(1, shape=parts))

    [label] = layout.labels
    assert shapely.get_parts(layout.outline)[0].contains(label.box.polygon())
