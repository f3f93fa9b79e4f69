"""Independent methods: they agree with a check that works, and give the alarm when it or a library does not."""

from __future__ import annotations

import pytest
import shapely

from grid_boundaries.check import CheckRules
from grid_boundaries.check import second_opinions as module
from grid_boundaries.check.second_opinions import second_opinions
from grid_boundaries.partition import Grid
from tests.support.partitions import random_partition, square


def tree(cells):
    """Return grids under the parent of a random partition."""
    parent = random_partition(4).parent
    return [Grid("p", parent), *(Grid(grid.code, grid.shape, parent="p") for grid in cells)]


def torn():
    """Return grids of which one lies 30 m east."""
    return random_partition(4).redraw(3, lambda shape: shapely.affinity.translate(shape, 30, 0))


@pytest.mark.parametrize("cells", [random_partition(4).grids, random_partition(4).grids[1:], torn()])
def test_nothing_is_said_where_all_agree(cells):
    """A clean tree, one with a gap, one with overlaps and a gap."""
    assert second_opinions(tree(cells)) == []
    assert second_opinions(cells) == []


def test_a_check_that_overlooks_everything_is_contradicted_by_all_three(monkeypatch):
    """The verdict is replaced by a clean one; a grid lies 30 m east of its place."""
    monkeypatch.setattr(module, "check_families", lambda *_: type("Nothing", (), {"findings": []})())

    found = second_opinions(tree(torn()))

    assert [(one.method, one.family) for one in found] == [
        ("coverage-is-valid", "p"),
        ("union-area", "p"),
    ]
    assert found[1].figures["difference_m2"] < -1000
    missing = second_opinions(tree(random_partition(4).grids[1:]))
    assert [one.method for one in missing] == ["sum-of-areas", "union-area"]
    assert missing[0].check_says != missing[0].method_says


def test_a_check_that_invents_an_overlap_is_contradicted(monkeypatch):
    """Findings of the torn tree are told of the clean one."""
    real = module.check_families
    invented = []
    monkeypatch.setattr(module, "check_families", lambda *args: invented.append(real(*args)) or invented[0])
    second_opinions(tree(torn()))

    found = second_opinions(tree(random_partition(4).grids))

    assert {one.method for one in found} == {"coverage-is-valid", "union-area"}


def test_a_union_that_loses_a_polygon_is_an_alarm(monkeypatch):
    """As floating-point union does now and then: 15,000 m2 were seen to go."""
    real = shapely.union_all
    monkeypatch.setattr(shapely, "union_all", lambda shapes, **more: real(shapes[1:], **more))

    (found,) = second_opinions(tree(random_partition(4).grids))

    assert (found.method, found.family) == ("union-area", "p")
    assert -found.figures["difference_m2"] > found.figures["allowed_m2"]
    assert found.as_dict()["figures"] == dict(found.figures)


@pytest.mark.parametrize(
    ("name", "method"), [("coverage_is_valid", "coverage-is-valid"), ("union_all", "union-area")]
)
def test_a_method_that_raises_is_an_alarm_and_not_the_end(monkeypatch, name, method):
    """GEOS is known to raise TopologyException on input that it should take."""

    def fail(*_, **__):
        raise shapely.GEOSException("TopologyException: side location conflict")

    monkeypatch.setattr(shapely, name, fail)

    (found,) = second_opinions(tree(random_partition(4).grids))

    assert (found.method, found.method_says) == (method, "failed")
    assert "side location conflict" in found.figures["error"]


def test_a_family_with_a_member_that_is_no_polygon_is_left_out():
    """The bow-tie is the check's to tell; of the rest of its family nothing can be compared."""
    bow_tie = shapely.Polygon([(102, 25), (103, 26), (103, 25), (102, 26)])

    assert second_opinions([square("p", 0, 0, 2, 1), Grid("a", bow_tie, parent="p")]) == []
    assert second_opinions([]) == []


def test_a_parent_that_is_not_there_leaves_its_children_among_the_roots():
    """As in the check of a tree."""
    assert second_opinions([square("a", 0, 0, 1, 1, parent="gone"), square("b", 0.5, 0, 2, 1)]) == []


def test_an_unmatched_vertex_is_no_alarm_whatever_geos_makes_of_it():
    """GEOS reports such a vertex or not, by the last bit of its place: it is asked where the check has no doubt."""
    grids = [square("long", 0, 0, 1, 2), square("low", 1, 0, 2, 1), square("high", 1, 1, 2, 2)]

    assert second_opinions(grids) == []


def test_rules_are_those_of_the_check():
    """With a precision of a metre a strip of 10 cm is noise, and noise is no overlap to insist on."""
    grids = [square("a", 0, 0, 1, 1), square("b", 0.999, 0, 2, 1)]

    assert second_opinions(grids, CheckRules(stored_precision_m=1.0)) == []


def test_progress_ends_with_the_whole():
    """Two families."""
    told = []

    second_opinions([*tree(random_partition(4).grids), square("q", 900, 0, 901, 1)], progress=told.append)

    assert told == [0.5, 1.0]
