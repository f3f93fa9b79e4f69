"""Who gets which ground and why, on squares drawn by hand: one thousandth of a degree is 101 m by 111 m."""

from __future__ import annotations

import pytest
import shapely

from grid_boundaries.check import CheckRules, check_grids
from grid_boundaries.partition import Grid
from grid_boundaries.redraw.repair import propose_repair
from tests.support.partitions import polygon, square

RULES = CheckRules()
WHOLE = square("p", 0, 0, 4, 4).shape


def repair(grids, **more):
    """Propose a repair of grids that must fill four by four."""
    return propose_repair(grids, RULES, (), parent=WHOLE, **more)


def decided(proposal):
    """Return who lost what to whom by which rule, the largest piece first."""
    return [(one.from_codes, one.to_code, one.why) for one in proposal.assignments]


def finding_id(grids):
    """Return the id of the only finding about ground."""
    (finding,) = [one for one in check_grids(grids, WHOLE, RULES).findings if one.area_m2]
    return finding.id


NARROW = [square("a", 0, 0, 2.1, 4), polygon("b", (2, 0), (4, 0), (4, 4), (2.1, 4), (2.1, 3), (2, 3))]
"""Both claim 0.1 by 3; a borders on that at its side and its end, b at its side alone."""


def test_an_overlap_goes_to_the_longest_shared_edge():
    """The overlap is bordered by 3 and 0.1 of a, and by 3 of b."""
    proposal = repair(NARROW)

    assert decided(proposal) == [(("a", "b"), "a", "longest-edge")]
    assert proposal.diff["b"].lost_m2 == pytest.approx(0.3 * 100.9 * 110.8, rel=0.01)
    assert "a" not in proposal.diff


def test_the_owner_before_goes_before_the_longest_edge():
    """The published border was at 2."""
    proposal = repair(NARROW, before=[square("a", 0, 0, 2, 4), square("b", 2, 0, 4, 4)])

    assert decided(proposal) == [(("a", "b"), "b", "before")]
    assert proposal.complete


def test_ground_that_has_one_owner_now_stays_its_owners_whoever_had_it_before():
    """A border moved by both, and beside it an overlap: only that is a fault, the move may be a decision."""
    before = [square("a", 0, 0, 2, 4), square("b", 2, 0, 4, 2), square("c", 2, 2, 4, 4)]
    b = polygon("b", (1, 0), (4, 0), (4, 2.1), (2, 2.1), (2, 2), (1, 2))
    grids = [square("a", 0, 0, 1, 4), b, square("c", 1, 2, 4, 4)]

    proposal = repair(grids, before=before)

    assert {one.from_codes for one in proposal.assignments} == {("b", "c")}
    assert set(proposal.diff) == {"b"}
    assert proposal.complete


def test_the_choice_of_the_planner_goes_before_the_owner_before():
    """The published border was at 2, and the planner says a."""
    before = [square("a", 0, 0, 2, 4), square("b", 2, 0, 4, 4)]

    proposal = repair(NARROW, before=before, choices={finding_id(NARROW): "a"})

    assert decided(proposal) == [(("a", "b"), "a", "choice")]
    assert not proposal.assignments[0].needs_decision


def test_a_choice_narrower_than_a_millimetre_is_not_taken_back_for_the_owner_before():
    """An overlap of 0.5 mm: by the published border it is b's, and the planner says a."""
    grids = [square("a", 0, 0, 2.000005, 4), square("b", 2, 0, 4, 4)]
    before = [square("a", 0, 0, 2, 4), square("b", 2, 0, 4, 4)]

    chosen = repair(grids, before=before, choices={finding_id(grids): "a"})
    unsaid = repair(grids, before=before)

    assert set(chosen.diff) == {"b"}
    assert set(unsaid.diff) == {"a"}
    assert chosen.complete
    assert unsaid.complete


def test_equal_edges_go_to_the_smallest_code():
    """A gap of 1 between two grids with edges of 4, and an overlap of 1."""
    gap = repair([square("b", 0, 0, 1.5, 4), square("a", 2.5, 0, 4, 4)])
    overlap = repair([square("b", 0, 0, 2.5, 4), square("a", 1.5, 0, 4, 4)])

    assert decided(gap) == [((), "a", "smallest-code")]
    assert decided(overlap) == [(("a", "b"), "a", "smallest-code")]


def test_ground_outside_the_parent_is_clipped_whoever_had_it_before():
    """A choice and the published shape both say otherwise."""
    grids = [square("a", -1, 0, 2, 4), square("b", 2, 0, 4, 4)]

    proposal = repair(grids, before=grids, choices={finding_id(grids): "a"})

    assert decided(proposal) == [(("a",), None, "clip")]
    assert proposal.moved[0][:2] == ("a", None)
    assert [one.kind for one in proposal.announcements] == ["choice-ignored"]


def test_uncovered_ground_of_the_parent_goes_to_a_child():
    """A strip of 1 along the parent's edge."""
    proposal = repair([square("a", 0, 0, 2, 4), square("b", 2, 0, 3, 4)])

    assert decided(proposal) == [((), "b", "longest-edge")]
    assert proposal.report_after.certificate is not None


def test_a_narrow_fault_is_snapped():
    """2 cm between edges."""
    proposal = repair([square("a", 0, 0, 2, 4), square("b", 2.0002, 0, 4, 4)])

    assert decided(proposal) == [((), "a", "snap")]
    assert not proposal.assignments[0].needs_decision


def test_large_ground_without_owner_before_is_marked_for_a_decision():
    """A missing square of 100 m is; with a published owner it is not."""
    grids = [square("a", 0, 0, 2, 4), square("b", 2, 0, 4, 3)]

    without = repair(grids)
    known = repair(grids, before=[square("a", 0, 0, 2, 4), square("b", 2, 0, 4, 4)])

    assert [one.needs_decision for one in without.assignments] == [True]
    assert [one.needs_decision for one in known.assignments] == [False]


def test_a_long_gap_is_cut_where_neighbours_meet():
    """Two grids below, two above, their borders half a step apart: nobody gets ground in front of another."""
    below = [square("a", 0, 0, 2, 1.9), square("b", 2, 0, 4, 1.9)]
    above = [square("c", 0, 2, 2.5, 4), square("d", 2.5, 2, 4, 4)]

    proposal = repair([*below, *above])

    assert proposal.complete
    repaired = {grid.code: grid for grid in proposal.applied_to([*below, *above])}
    middle = square("b", 2, 0, 2, 1).shape.bounds[0]
    assert repaired["a"].shape.bounds[2] == pytest.approx(middle, abs=1e-9)
    assert repaired["b"].shape.bounds[0] == pytest.approx(middle, abs=1e-9)


def test_gaps_fill_inward_from_their_smallest_part():
    """A gap in two parts, of which only the small one has a neighbour at first, ends with one owner all the way."""
    grids = [square("a", 0, 0, 1, 4), square("b", 1, 0, 4, 1)]
    before = [square("c", 3, 3, 4, 4)]

    proposal = repair(grids, before=before)

    assert proposal.complete
    assert {one.to_code for one in proposal.assignments} <= {"a", "b"}


def test_a_grid_inside_another_keeps_its_ground():
    """By edges it would vanish, even where all was the other's before: who drew it wants it there."""
    grids = [square("a", 0, 0, 4, 4), square("b", 1, 1, 2, 2)]

    for before in ([], [grids[0]]):
        proposal = repair(grids, before=before)

        assert decided(proposal) == [(("a", "b"), "b", "keep")]
        assert not proposal.removed
        assert proposal.complete


def test_of_two_equal_polygons_none_is_removed_by_guess():
    """Both stay, the check's error with them, and it is said why."""
    grids = [square("a", 0, 0, 4, 4), square("b", 0, 0, 4, 4)]

    proposal = repair(grids)

    assert not proposal.replacements
    assert [(one.kind, one.grids) for one in proposal.announcements] == [("refused", ("b",))]
    assert [one.finding.rule for one in proposal.not_repaired] == ["duplicate-geometry"]
    assert "vanish" in proposal.not_repaired[0].reason


@pytest.mark.parametrize("owner", ["a", "b"])
def test_of_two_equal_polygons_one_goes_where_somebody_said_so(owner):
    """The planner's choice, or the grids of before; the other is named as removed."""
    grids = [square("a", 0, 0, 4, 4), square("b", 0, 0, 4, 4)]
    other = {"a": "b", "b": "a"}[owner]

    for more in ({"choices": {finding_id(grids): owner}}, {"before": [square(owner, 0, 0, 4, 4)]}):
        proposal = repair(grids, **more)

        assert proposal.removed == (other,)
        assert [(one.kind, one.grids) for one in proposal.announcements] == [("removed", (other,))]
        assert [grid.code for grid in proposal.applied_to(grids)] == [owner]
        assert proposal.complete


def test_a_grid_over_all_others_is_left_aside_and_the_rest_repaired():
    """One covers a and b; the overlap of those is settled all the same."""
    grids = [square("a", 0, 0, 2.1, 4), square("b", 2, 0, 4, 4), square("c", 0, 0, 4, 4)]

    proposal = repair(grids)

    assert [(one.kind, one.grids) for one in proposal.announcements] == [("refused", ("c",))]
    assert set(proposal.diff) == {"b"}
    assert not propose_repair(proposal.applied_to(grids), RULES, (), parent=WHOLE).replacements


def test_a_bow_tie_is_made_valid_and_said_to_be():
    """Two triangles; the other half of the square is uncovered and goes to it too."""
    proposal = repair([polygon("a", (0, 0), (4, 4), (4, 0), (0, 4))])

    assert proposal.complete
    assert [one.kind for one in proposal.announcements] == ["made-valid"]
    assert proposal.grids[0].shape.equals(WHOLE)


def test_a_bow_tie_alone_is_only_made_valid():
    """Two triangles and no parent: there is nothing else to do, and the report is of the polygons made valid."""
    grids = [polygon("a", (0, 0), (4, 4), (4, 0), (0, 4))]

    proposal = propose_repair(grids, RULES, ())

    assert [one.kind for one in proposal.announcements] == ["made-valid"]
    assert proposal.complete
    assert not proposal.assignments


def test_what_no_repair_can_mend_is_listed_with_its_reason():
    """An empty grid, a code that occurs twice, a parent that is not there; the overlap goes all the same."""
    empty = repair([square("a", 0, 0, 4, 4), Grid("b", shapely.Polygon())])
    twice = repair([square("a", 0, 0, 2.1, 4), square("a", 2, 0, 4, 4)])
    orphan = propose_repair(
        [square("p", 0, 0, 4, 4), square("a", 0, 0, 4, 4, parent="p"), square("b", 0, 0, 1, 1, parent="q")], RULES, ()
    )

    assert [one.finding.rule for one in empty.not_repaired] == ["invalid-geometry"]
    assert [one.finding.rule for one in twice.not_repaired] == ["duplicate-code"]
    assert [one.finding.rule for one in orphan.not_repaired] == ["unknown-parent"]
    assert all(one.reason and one.reason_zh for one in (*empty.not_repaired, *twice.not_repaired))


def test_a_grid_that_falls_in_two_is_announced():
    """A road along the middle takes its overlap by choice, and cuts the field."""
    grids = [square("field", 0, 0, 4, 4), square("road", -0.5, 1.9, 4.5, 2.1)]
    overlap = next(one for one in check_grids(grids, WHOLE, RULES).findings if one.rule in {"overlap", "contained"})

    proposal = repair(grids, choices={overlap.id: "road"})

    assert proposal.complete
    assert [(one.kind, one.grids) for one in proposal.announcements] == [("multipart", ("field",))]


def test_gaps_that_the_jurisdiction_allows_stay():
    """Nine tenths suffice in the country; a gap of 1 by 1 in 4 by 4 may stay, an overlap may not."""
    grids = [square("a", 0, 0, 2.1, 4), square("b", 2, 0, 4, 3), square("c", 3, 3, 4, 4)]
    rural = CheckRules(coverage_target=0.9)

    proposal = propose_repair(grids, rural, (), parent=WHOLE)

    assert proposal.complete
    assert {one.from_codes for one in proposal.assignments} == {("a", "b")}
    assert proposal.report_after.summary["uncovered-parent"] == 1


def test_a_parents_outline_decides_for_its_children():
    """The street's border moves west by its own repair; its community is clipped there and no other gains by it."""
    tree = [
        square("d", 0, 0, 4, 4, level="district"),
        square("s", 0, 0, 2.1, 4, level="street", parent="d"),
        square("t", 2, 0, 4, 4, level="street", parent="d"),
        square("sa", 0, 0, 2.1, 4, level="community", parent="s"),
        square("ta", 2, 0, 4, 4, level="community", parent="t"),
    ]
    before = [square("s", 0, 0, 2, 4, parent="d"), square("t", 2, 0, 4, 4, parent="d")]

    proposal = propose_repair(tree, RULES, ("district", "street", "community"), before=before)

    assert {(one.from_codes, one.to_code, one.why) for one in proposal.assignments} == {
        (("s", "t"), "t", "before"),
        (("sa",), None, "clip"),
    }
    assert proposal.report_after.certificate is not None
    repaired = {grid.code: grid.shape for grid in proposal.applied_to(tree)}
    assert shapely.equals(repaired["ta"], tree[4].shape)
