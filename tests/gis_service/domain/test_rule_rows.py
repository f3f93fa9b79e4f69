from datetime import UTC, date, datetime

from gis_service.domain.deadlines import DeadlineRule
from gis_service.domain.dispatch import DispatchRule
from gis_service.domain.period import Period
from gis_service.domain.rule_rows import RuleTables, read_rules
from gis_service.domain.rules import CalendarDay


def test_cells_of_text_become_rules():
    """Empty cells say nothing; codes stand apart by semicolons or blanks."""
    tables = RuleTables(
        dispatch=[
            {
                "id": "d1",
                "category": "hazard.fire",
                "grid_code": "",
                "kind": "",
                "severity": "major",
                "department": "fire",
                "assisting": "housing; transport",
                "since": "2026-01-01T00:00:00+08:00",
                "until": "",
                "reason": "",
            }
        ],
        deadlines=[
            {
                "id": "t1",
                "category": "",
                "severity": "",
                "stage": "handle",
                "clock": "working",
                "amount": "3",
                "response_class": "within_3_days",
            }
        ],
        calendar=[{"day": "2026-10-10", "is_workday": "true", "note": ""}],
    )

    rules, faults = read_rules(tables)

    assert faults == []
    assert rules.dispatch == (
        DispatchRule(
            "d1",
            "hazard.fire",
            "fire",
            ("housing", "transport"),
            severity="major",
            in_force=Period(datetime(2025, 12, 31, 16, tzinfo=UTC), None),
        ),
    )
    assert rules.deadlines == (DeadlineRule("t1", "handle", "working", 3, "within_3_days"),)
    assert rules.calendar == (CalendarDay(date(2026, 10, 10), is_workday=True),)


def test_every_bad_cell_is_named_with_its_row_and_column():
    """Nothing is skipped without a word: four faults in three rows."""
    tables = RuleTables(
        departments=[{"code": "fire", "name": "消防", "name_en": "Fire", "phone": "119"}],
        deadlines=[
            {"id": "t1", "stage": "handle", "clock": "solar", "amount": "-1", "response_class": "immediate"},
            {"id": "t2", "stage": "handle", "clock": "working", "amount": "9999", "response_class": "immediate"},
        ],
    )

    rules, faults = read_rules(tables)

    assert rules.departments == ()
    assert rules.deadlines == ()
    assert [fault.pointer for fault in faults] == [
        "/departments/0/phone",
        "/deadlines/0/clock",
        "/deadlines/0/amount",
        "/deadlines/1",
    ]
    assert faults[3].detail == "amount must not exceed ten years"


def test_a_period_that_ends_before_it_begins_is_a_fault():
    """Since and until the wrong way round."""
    row = {"id": "d", "category": "hazard", "department": "fire"}
    row |= {"since": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}

    _, faults = read_rules(RuleTables(dispatch=[row]))

    assert [(fault.pointer, fault.detail) for fault in faults] == [("/dispatch/0", "since must lie before until")]
