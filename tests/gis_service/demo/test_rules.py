from datetime import datetime
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from gis_service.demo.rules import load_rules
from gis_service.domain.deadlines import DeadlineRule, choose_deadline_rule
from gis_service.domain.dispatch import DispatchRule, choose_dispatch

TOPS = ("sanitation", "hazard", "dispute", "order", "city", "social", "facility")
SEVERITIES = ("general", "larger", "major")
NOW = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture(scope="module")
def rules():
    return load_rules()


@pytest.fixture(scope="module")
def dispatch(rules):
    return [
        DispatchRule(
            id=row["id"],
            category=row["category"],
            department=row["department"],
            assisting=tuple(filter(None, row["assisting"].split(";"))),
            grid_code=row["grid_code"] or None,
            kind=row["kind"] or None,
            severity=row["severity"] or None,
        )
        for row in rules.dispatch
    ]


@pytest.fixture(scope="module")
def deadlines(rules):
    return [
        DeadlineRule(
            id=row["id"],
            stage=row["stage"],
            clock=row["clock"],
            amount=int(row["amount"]),
            response_class=row["response_class"],
            category=row["category"] or None,
            severity=row["severity"] or None,
        )
        for row in rules.deadlines
    ]


def test_levels_leave_no_zoom_uncovered(rules):
    """City first with rank 0; without the city, every zoom from 0 to 22 shows a level."""
    assert [row["code"] for row in rules.levels] == [
        "city",
        "district",
        "street",
        "community",
        "unit_grid",
        "micro_grid",
    ]
    assert [int(row["rank"]) for row in rules.levels] == list(range(6))
    shown = {zoom for row in rules.levels[1:] for zoom in range(int(row["min_zoom"]), int(row["max_zoom"]) + 1)}
    assert shown == set(range(23))


def test_the_seven_top_categories_are_there_and_none_hangs_in_the_air(rules):
    """Each dotted category has its parent in the list, before itself."""
    seen = set()
    for row in rules.categories:
        assert "." not in row["code"] or row["code"].rpartition(".")[0] in seen
        seen.add(row["code"])
    assert {code for code in seen if "." not in code} == set(TOPS)


def test_twelve_cross_cutting_kinds_have_one_lead_each(rules, dispatch):
    """The list of merged kinds (事件归并清单), numbered one to twelve: each led by one department, helped by some."""
    listed = {row["reason"].partition("：")[0]: row for row in rules.dispatch if row["reason"].startswith("归并清单")}

    assert list(listed) == [
        f"归并清单{number}" for number in ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"]
    ]
    assert len({row["category"] for row in listed.values()}) == 12
    for row, kind in product(listed.values(), ("standard", "dedicated")):
        decision = choose_dispatch(dispatch, row["category"], "general", ("530103",), kind, NOW)
        assert (decision.rule_id, decision.department) == (row["id"], row["department"])
        assert decision.assisting


def test_rules_name_what_is_there(rules):
    """Departments and categories of all rules; no id twice; no case decided twice."""
    departments = {row["code"] for row in rules.departments}
    categories = {row["code"] for row in rules.categories}
    for row in rules.dispatch:
        assert row["department"] in departments
        assert set(filter(None, row["assisting"].split(";"))) <= departments - {row["department"]}
        assert row["category"] in categories
        assert row["grid_code"] in ("", "530103")
    for rows in (rules.dispatch, rules.deadlines):
        assert len({row["id"] for row in rows}) == len(rows)
        assert all(None not in row and None not in row.values() for row in rows)


def test_no_case_is_decided_twice(dispatch, deadlines):
    """As the database demands."""
    assert len({rule.case for rule in dispatch}) == len(dispatch)
    assert len({rule.case for rule in deadlines}) == len(deadlines)


def test_every_category_has_a_department_at_every_severity(rules, dispatch):
    """52 categories by 3 severities, in a standard grid, a dedicated one and outside the coverage."""
    for row, severity, (chain, kind) in product(
        rules.categories, SEVERITIES, (((), None), (("530103",), "standard"), (("530103",), "dedicated"))
    ):
        assert choose_dispatch(dispatch, row["code"], severity, chain, kind, NOW).department is not None


def test_most_specific_rules_win(dispatch):
    """A cover plate in Panlong goes to city management, elsewhere to housing; a major hazard to emergency."""
    inside = choose_dispatch(dispatch, "facility.cover_plate", "general", ("530103", "530103001"), "standard", NOW)
    outside = choose_dispatch(dispatch, "facility.cover_plate", "general", (), None, NOW)
    major = choose_dispatch(dispatch, "hazard.fire_gear", "major", ("530103",), "standard", NOW)
    assert (inside.department, outside.department) == ("city_management", "housing")
    assert (major.department, major.assisting) == ("fire", ("emergency", "public_security"))


@pytest.mark.parametrize(
    ("category", "severity", "expected"),
    [
        ("hazard.structure", "general", ("elapsed", 4_320, "within_3_days")),
        ("hazard.structure", "larger", ("elapsed", 1_440, "same_day")),
        ("hazard.structure", "major", ("elapsed", 30, "immediate")),
        ("dispute.labour", "general", ("working", 3, "within_3_days")),
        ("sanitation", "larger", ("elapsed", 1_440, "same_day")),
        ("facility", "major", ("elapsed", 30, "immediate")),
    ],
)
def test_handling_has_the_deadlines_of_the_survey(deadlines, category, severity, expected):
    """Hazards: 3 days, 1 day, at once; all else 3 working days, 24 hours, 30 minutes."""
    rule = choose_deadline_rule(deadlines, category, severity, "handle", NOW)
    assert (rule.clock, rule.amount, rule.response_class) == expected


def test_accepting_has_a_deadline_for_everything(rules, deadlines):
    """Each category at each severity."""
    for row, severity in product(rules.categories, SEVERITIES):
        assert choose_deadline_rule(deadlines, row["code"], severity, "accept", NOW) is not None
