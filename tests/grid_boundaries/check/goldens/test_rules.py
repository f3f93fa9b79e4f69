"""One tiny case for each rule of the report: what goes in, and the finding that comes out, whole."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely

from grid_boundaries.check import (
    BuildingPoints,
    CheckRules,
    Workload,
    check_grids,
    check_tree,
    weigh_with_buildings,
    weigh_with_workloads,
)
from grid_boundaries.check.findings import RULES
from grid_boundaries.partition import Grid, on_lattice

CASES = json.loads(Path(__file__).with_name("rules.json").read_text(encoding="utf-8"))
LEVELS = ("district", "street", "community", "unit_grid")


def ground(wkt):
    """Return a shape given in metres of a map of 0.00001 degree each, whose corner is 102.7 east and 25 north."""
    shape = shapely.from_wkt(wkt)
    return on_lattice(shapely.transform(shape, lambda metres: metres / 100_000 + [102.7, 25.0]))


def report_on(case):
    """Check what a case gives: a set, a set in its parent, or a tree; then weigh it with what it has to weigh."""
    grids = [
        Grid(
            given["code"],
            ground(given["wkt"]),
            **{name: given[name] for name in given if name not in {"code", "wkt"}},
        )
        for given in case["grids"]
    ]
    rules = CheckRules()
    if case.get("tree"):
        report = check_tree(grids, rules, LEVELS)
    else:
        parent = ground(case["parent"]) if "parent" in case else None
        report = check_grids(grids, parent, rules, "p" if "parent" in case else None)
    if "buildings" in case:
        report = weigh_with_buildings(report, grids, buildings_of(case["buildings"]))
    if "workloads" in case:
        workloads = {code: Workload(**load) for code, load in case["workloads"].items()}
        report = weigh_with_workloads(report, grids, workloads, rules)
    return report


def buildings_of(given):
    """Return buildings from their points, the centre first and entrances after it."""
    places = [shapely.get_coordinates(ground(one["wkt"])) for one in given]
    centres = np.array([place[0] for place in places])
    more = np.concatenate([place[1:] for place in places])
    return BuildingPoints(
        [one["code"] for one in given],
        centres[:, 0],
        centres[:, 1],
        np.array([one["households"] for one in given]),
        more[:, 0],
        more[:, 1],
        np.repeat(np.arange(len(places)), [len(place) - 1 for place in places]),
    )


def plain(finding):
    """Return a finding as JSON does, sizes to a millimetre, places to 0.0000001 degree."""
    told = json.loads(json.dumps(finding.as_dict()))
    for size in ("area_m2", "length_m", "width_m"):
        told[size] = None if told[size] is None else round(told[size], 3)
    if told["geometry"] is not None:
        told["geometry"]["coordinates"] = rounded(told["geometry"]["coordinates"])
    told["fixes"] = [
        {name: round(v, 7) if isinstance(v, float) else v for name, v in fix.items()} for fix in told["fixes"]
    ]
    return told


def rounded(coordinates):
    """Return nested coordinates, each to 0.0000001 degree."""
    return round(coordinates, 7) if isinstance(coordinates, float) else [rounded(one) for one in coordinates]


@pytest.mark.parametrize("case", CASES, ids=[case["rule"] for case in CASES])
def test_the_finding_of_each_rule_is_as_it_was(case):
    """Severity, class, grids, sizes, place, sentences in both languages, fixes and id."""
    found = [plain(finding) for finding in report_on(case).findings]

    assert [one["rule"] for one in found] == case.get("beside", [case["rule"]])
    assert [one for one in found if one["rule"] == case["rule"]] == [case["finding"]]


def test_every_rule_has_its_case():
    """None is forgotten, and none is there twice."""
    assert [case["rule"] for case in CASES] == list(RULES)
