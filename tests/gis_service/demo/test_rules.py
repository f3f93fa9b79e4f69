from datetime import date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from gis_service.demo.rules import load_rules
from gis_service.domain.deadlines import DeadlineRule, choose_deadline_rule, set_deadline
from gis_service.domain.dispatch import DispatchRule, choose_dispatch
from gis_service.domain.work_calendar import WorkCalendar

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


WORKED = {date(2025, 9, 28), date(2025, 10, 11), date(2026, 1, 4)}
OFF = {date(2025, 10, day) for day in range(1, 9)} | {date(2026, 1, day) for day in (1, 2, 3)}
"""Make-up days and holidays as the State Council has announced them, of the weeks tried below."""

STARTS = [
    pytest.param("2026-03-06T17:00", id="Friday 17:00"),
    pytest.param("2026-03-07T10:20", id="a Saturday"),
    pytest.param("2026-03-08T23:59", id="the last minute of a Sunday"),
    pytest.param("2026-03-09T00:00", id="the midnight before a Monday"),
    pytest.param("2025-09-26T12:00", id="before a Sunday that is worked"),
    pytest.param("2025-09-30T23:30", id="before the October holiday"),
    pytest.param("2025-10-03T08:00", id="in the October holiday"),
    pytest.param("2025-10-10T16:45", id="before a Saturday that is worked"),
    pytest.param("2025-12-31T23:45", id="31 December"),
    pytest.param("2025-12-31T00:00", id="the midnight before 31 December"),
]


def _counted(start: datetime, rule: DeadlineRule) -> datetime:
    """Return the end of a deadline by counting minutes, with the days off written out above."""
    left = rule.amount * (1 if rule.clock == "elapsed" else 1_440)
    instant = start
    while left:
        day = instant.date()
        if rule.clock == "elapsed" or day in WORKED or (day.weekday() < 5 and day not in OFF):
            left -= 1
        instant += timedelta(minutes=1)
    return instant


@pytest.mark.parametrize("start", STARTS)
def test_every_row_of_the_deadlines_ends_where_counting_does(deadlines, start):
    """Twelve rules from ten starts around weekends, holidays, make-up days, midnights and the end of a year."""
    begun = datetime.fromisoformat(start).replace(tzinfo=NOW.tzinfo)
    calendar = WorkCalendar(NOW.tzinfo)
    assert len(deadlines) == 12
    for rule in deadlines:
        category, severity = rule.category or "city", rule.severity or "general"

        deadline = set_deadline(deadlines, category, severity, begun, begun, calendar, rule.stage)

        assert (deadline.rule_id, deadline.due_at) == (rule.id, _counted(begun, rule))
        assert "not known" not in deadline.reason.detail


def test_three_days_and_three_working_days_differ_over_a_weekend(deadlines):
    """From Friday 17:00 a general hazard ends on Monday 17:00, any other general matter on Wednesday 17:00."""
    friday = datetime(2026, 3, 6, 17, tzinfo=NOW.tzinfo)
    calendar = WorkCalendar(NOW.tzinfo)

    def due(category: str) -> datetime:
        return set_deadline(deadlines, category, "general", friday, friday, calendar).due_at

    assert due("hazard.fire_gear") == datetime(2026, 3, 9, 17, tzinfo=NOW.tzinfo)
    assert due("dispute.property") == datetime(2026, 3, 11, 17, tzinfo=NOW.tzinfo)


def test_every_category_is_to_be_accepted_before_it_is_to_be_handled(rules, deadlines):
    """52 categories by 3 severities: a rule for each stage, and the first ends earlier."""
    calendar = WorkCalendar(NOW.tzinfo)
    for row, severity in product(rules.categories, SEVERITIES):
        accept, handle = (
            set_deadline(deadlines, row["code"], severity, NOW, NOW, calendar, stage).due_at
            for stage in ("accept", "handle")
        )
        assert accept < handle
