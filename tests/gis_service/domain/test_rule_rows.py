from datetime import UTC, date, datetime

import pytest

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


@pytest.mark.parametrize(
    ("table", "row", "pointer", "detail"),
    [
        ("calendar", {"day": "20261001", "is_workday": "1"}, "day", "must be a day, like 2026-10-01"),
        ("calendar", {"day": 20261001, "is_workday": True}, "day", "must be a day, like 2026-10-01"),
        ("calendar", {"day": "0026-10-01", "is_workday": "1"}, "day", "must lie in the years 1900 to 2199"),
        ("dispatch", {"since": "2026"}, "since", "must be an instant with an offset, like 2026-07-01T08:00:00+08:00"),
        ("dispatch", {"until": "9999-12-31T23:59:59Z"}, "until", "must lie in the years 1900 to 2199"),
        ("dispatch", {"reason": "a\x00b"}, "reason", "must not hold control characters or line breaks"),
        ("dispatch", {"assisting": ["a b"]}, "assisting/0", "must be one word without semicolons"),
        ("dispatch", {"assisting": "fire"}, "", "a department leads or assists, and is named once"),
        ("dispatch", {"first_receiver": "me"}, "first_receiver", "Input should be 'grid' or 'department'"),
        ("dispatch", {"a/b~": 1}, "a~1b~0", "Extra inputs are not permitted"),
        ("departments", {"code": "a;b", "name": "a", "name_en": "b"}, "code", "must be one word without semicolons"),
    ],
)
def test_what_a_cell_may_not_say(table, row, pointer, detail):
    """No number passes for an instant, nothing that CSV or the database cannot hold passes at all."""
    whole = {"id": "d", "category": "hazard", "department": "fire", **row} if table == "dispatch" else row

    _, faults = read_rules(RuleTables(**{table: [whole]}))

    assert [(fault.pointer, fault.detail) for fault in faults] == [(f"/{table}/0/{pointer}".rstrip("/"), detail)]


def test_a_day_is_read_as_a_spreadsheet_writes_it():
    """Excel makes 2026/10/1 and TRUE of 2026-10-01 and true."""
    rules, faults = read_rules(RuleTables(calendar=[{"day": "2026/10/1", "is_workday": "TRUE"}]))

    assert faults == []
    assert rules.calendar == (CalendarDay(date(2026, 10, 1), is_workday=True),)
