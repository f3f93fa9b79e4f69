from __future__ import annotations

import hashlib
import json

import pytest
from shapely.geometry import Point, Polygon

from grid_boundaries.check import CheckRules, FamilyProof, Finding, check_grids
from grid_boundaries.check.certificate import combine_proofs
from grid_boundaries.check.findings import make_report, place_of, with_ids
from tests.support.partitions import square


def finding(rule="gap", severity="error", grids=("a",), place=(102.7, 25.0), **more):
    """Return a finding with some of its fields."""
    return Finding(rule, severity, grids, "…", "…", place=place, **more)


def test_a_report_has_the_form_of_the_interface():
    """Every key that POST /v1/boundaries/check promises, as JSON; and the sentence in Chinese besides."""
    report = check_grids([square("a", 0, 0, 1, 1), square("b", 0.9, 0, 2, 1)]).as_dict()

    assert json.loads(json.dumps(report)).keys() == {"valid", "summary", "findings", "certificate"}
    assert report["summary"].keys() == {"overlap", "grids", "overlap_area_m2", "gap_area_m2", "coverage_ratio"}
    assert report["findings"][0].keys() == {
        "id",
        "rule",
        "severity",
        "class",
        "grids",
        "area_m2",
        "length_m",
        "width_m",
        "message",
        "message_zh",
        "geometry",
        "fixes",
    }


def test_households_are_told_where_they_are_known():
    """A household-range finding has the number; an overlap has no such key."""
    report = check_grids([square("a", 0, 0, 1, 1, level="unit_grid", households=7)]).as_dict()

    assert report["findings"][0]["households"] == 7


def test_errors_come_first_then_the_larger():
    """By severity, rule, area, grids, whatever the order in which they were found."""
    found = [
        finding(severity="info"),
        finding("overlap", area_m2=1.0),
        finding("overlap", area_m2=5.0),
        finding("duplicate-code"),
        finding(severity="warning"),
    ]

    listed = [(one.severity, one.rule, one.area_m2) for one in with_ids(found)]

    assert listed == [
        ("error", "duplicate-code", None),
        ("error", "overlap", 5.0),
        ("error", "overlap", 1.0),
        ("warning", "gap", None),
        ("info", "gap", None),
    ]
    assert [(one.severity, one.rule, one.area_m2) for one in with_ids(found[::-1])] == listed


def test_an_id_outlives_a_change_of_size_and_of_order():
    """Rule, grids and place to a metre make it; sentence, area and the order of codes do not."""
    (one,) = with_ids([finding(grids=("a", "b"), area_m2=3.0)])
    (other,) = with_ids([finding(grids=("b", "a"), area_m2=4.0, place=(102.700001, 25.000001))])
    (moved,) = with_ids([finding(grids=("a", "b"), place=(102.7001, 25.0))])

    assert one.id == other.id != moved.id
    assert one.id == hashlib.sha256(b"gap\na\nb\n102.70000,25.00000").hexdigest()[:16]


def test_findings_that_agree_in_all_that_makes_an_id_are_numbered():
    """Three gaps within one metre."""
    ids = [one.id for one in with_ids([finding(), finding(), finding()])]

    assert ids == [ids[0], f"{ids[0]}-2", f"{ids[0]}-3"]


def test_a_report_is_valid_without_errors():
    """Warnings and remarks are no obstacle; an error takes the certificate away, and no family's proof."""
    proofs = (FamilyProof("p", 2, 4, "ab", 6),)

    fine = make_report([finding(severity="warning"), finding(severity="info")], 2, 1.0, proofs, proved=True)
    partly = make_report([finding(severity="warning")], 2, 1.0, proofs)
    faulty = make_report([finding()], 2, 1.0, proofs, proved=True)

    assert (fine.valid, fine.certificate) == (True, combine_proofs(proofs))
    assert (partly.valid, partly.certificate, partly.proofs) == (True, None, proofs)
    assert (faulty.valid, faulty.certificate, faulty.proofs) == (False, None, proofs)


def test_the_summary_adds_up_ground():
    """Overlaps of every kind together, gaps of both kinds together."""
    found = [
        finding("overlap", area_m2=1.0),
        finding("contained", area_m2=2.0),
        finding("duplicate-geometry", area_m2=4.0),
        finding("gap", area_m2=8.0),
        finding("uncovered-parent", area_m2=16.0),
        finding("outside-parent", area_m2=32.0),
    ]

    summary = make_report(found, 5, 0.9).summary

    assert (summary["overlap_area_m2"], summary["gap_area_m2"], summary["coverage_ratio"]) == (7.0, 24.0, 0.9)
    assert summary["grids"] == 5


def test_a_place_lies_inside_and_is_the_same_for_every_order_of_vertices():
    """A C whose centroid lies outside of it, its ring turned and started elsewhere."""
    ring = [(0, 0), (9, 0), (9, 1), (1, 1), (1, 9), (9, 9), (9, 10), (0, 10)]

    place = place_of(Polygon(ring))

    assert Polygon(ring).contains(Point(place))
    assert place_of(Polygon([*ring[3:], *ring[:3]][::-1])) == place
    assert place_of(Polygon()) is None


@pytest.mark.parametrize("wrong", [{"tolerance_m": -1.0}, {"sliver_m": float("nan")}, {"coverage_target": 1.1}])
def test_rules_that_make_no_sense_are_refused(wrong):
    """A negative length, one that is no number, a target over the whole."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        CheckRules(**wrong)


@pytest.mark.parametrize(
    ("width_m", "expected"),
    [
        (0.0, "noise"),
        (0.00035, "noise"),
        (0.00036, "misaligned"),
        (0.05, "misaligned"),
        (0.051, "sliver"),
        (0.5, "sliver"),
        (0.51, "real"),
    ],
)
def test_the_class_follows_the_width(width_m, expected):
    """0.35 mm, 5 cm, 50 cm; a width on the line belongs to the smaller class."""
    assert CheckRules().class_of(width_m) == expected


def test_noise_reaches_up_to_the_stored_precision():
    """Input of seven decimals: 1.1 cm is rounding."""
    assert CheckRules(stored_precision_m=0.011).class_of(0.01) == "noise"
