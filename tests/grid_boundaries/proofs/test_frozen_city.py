"""A city of twelve planted defects and the exact report on it; ``tests/data/frozen_city/README.md`` lists them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gis_service.domain.level import USUAL_LEVELS
from gis_service.files.vector_files import read_vector_file
from grid_boundaries.check import CheckRules, check_tree
from grid_boundaries.check.second_opinions import second_opinions
from grid_boundaries.partition import Grid

CITY = Path(__file__).resolve().parents[2] / "data" / "frozen_city"

_SQUARE_M2 = 11_177.0
"""A thousandth of a degree each way near 25 N, to a thousandth part."""


def grids_of(name):
    """Return the grids of a file, as the command line reads them."""
    return [
        Grid(
            feature.properties["code"],
            feature.shape,
            feature.properties["level"],
            feature.properties["parent"],
            feature.properties["name"],
            households=feature.properties.get("households"),
        )
        for feature in read_vector_file(CITY / name).features
    ]


def report_of(name):
    """Return the report as JSON without geometries and fixes; areas to the square centimetre, widths to 0.1 mm."""
    told = json.loads(json.dumps(check_tree(grids_of(name), CheckRules(), USUAL_LEVELS).as_dict()))
    for finding in told["findings"]:
        del finding["geometry"], finding["fixes"]
        for size in ("area_m2", "length_m", "width_m"):
            finding[size] = None if finding[size] is None else round(finding[size], 4)
    for sum_of in ("overlap_area_m2", "gap_area_m2", "coverage_ratio"):
        told["summary"][sum_of] = round(told["summary"][sum_of], 4)
    return told


def test_the_report_on_the_frozen_city_is_the_one_that_was_reviewed():
    """Ids, rules, classes, grids, sizes and sentences of every finding, in their order."""
    assert report_of("city.geojson") == json.loads((CITY / "report.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("rule", "grids", "square_thousandths"),
    [
        ("overlap", ["W2", "W3"], 0.05 * 5),
        ("overlap", ["W4", "W5"], 0.0003 * 10),
        ("gap", ["W5", "W6"], 0.003 * 10),
        ("uncovered-parent", ["W1"], 6 * 1),
        ("outside-parent", ["W4"], 0.5 * 5),
        ("duplicate-geometry", ["E1", "E1B"], 10 * 20),
        ("contained", ["E7", "E2"], 2 * 3),
        ("uncovered-parent", ["E2", "E6"], 10 * 20),
    ],
)
def test_areas_of_the_reviewed_report_are_those_reckoned_by_hand(rule, grids, square_thousandths):
    """Thousandths of a degree times thousandths, from the list of defects, by the size of such a square."""
    findings = json.loads((CITY / "report.json").read_text(encoding="utf-8"))["findings"]

    (finding,) = (one for one in findings if one["rule"] == rule and sorted(one["grids"]) == sorted(grids))

    assert finding["area_m2"] == pytest.approx(square_thousandths * _SQUARE_M2, rel=1e-3)


def test_each_rule_of_the_twelve_defects_is_in_the_report():
    """One more would be a false alarm, one less a miss: 12 defects, 3 that follow from them, 1 remark."""
    findings = json.loads((CITY / "report.json").read_text(encoding="utf-8"))["findings"]

    assert len(findings) == 12 + 3 + 1


def test_independent_methods_agree_on_the_frozen_city():
    """In the families that have no bow-tie."""
    assert second_opinions(grids_of("city.geojson")) == []
