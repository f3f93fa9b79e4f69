import pytest

from gis_service.domain.level import Level
from gis_service.domain.rule_rows import RuleTables
from gis_service.errors import RuleBrokenError
from gis_service.use_cases.load_rules import load_rules

FIRE = {"code": "fire", "name": "消防", "name_en": "Fire"}
HAZARD = {"code": "hazard", "name": "安全隐患", "name_en": "Hazard"}
RULE = {"id": "d1", "category": "hazard", "department": "fire"}


def test_loading_twice_changes_nothing(work):
    """The same rows, the same tables."""
    tables = RuleTables(departments=[FIRE], categories=[HAZARD], dispatch=[RULE])
    load_rules(tables, work)
    with work:
        before = (work.rules.departments(), work.rules.categories(), work.rules.dispatch())

    load_rules(tables, work)

    with work:
        assert (work.rules.departments(), work.rules.categories(), work.rules.dispatch()) == before
    assert len(before[2]) == 1


def test_broken_rules_are_refused_whole_with_every_fault(work):
    """One department fits, yet is not stored: three faults in two rules."""
    rules = [
        RULE | {"department": "nobody"},
        {"id": "d2", "category": "nothing", "department": "fire", "kind": "odd"},
    ]
    with pytest.raises(RuleBrokenError) as refusal:
        load_rules(RuleTables(departments=[FIRE], dispatch=rules), work)

    assert [fault.detail for fault in refusal.value.faults] == [
        "Input should be 'standard' or 'dedicated'",
        "rule d1: category hazard is not known",
        "rule d1: department nobody is not known",
    ]
    with work:
        assert work.rules.departments() == []


def test_two_rules_may_change_cases(work):
    """What d1 said d2 says now, and the other way round: never two answers at a time."""
    tables = RuleTables(departments=[FIRE], categories=[HAZARD])
    first, second = RULE | {"severity": "major"}, RULE | {"id": "d2"}
    load_rules(tables, work)
    load_rules(RuleTables(dispatch=[first, second]), work)

    load_rules(RuleTables(dispatch=[first | {"severity": ""}, second | {"severity": "major"}]), work)

    with work:
        assert [(rule.id, rule.severity) for rule in work.rules.dispatch()] == [("d1", None), ("d2", "major")]


def test_a_rule_that_clashes_with_a_stored_one_is_refused(work):
    """Another id for the same case."""
    load_rules(RuleTables(departments=[FIRE], categories=[HAZARD], dispatch=[RULE]), work)

    with pytest.raises(RuleBrokenError, match="rules d9 and d1 decide the same case at one time"):
        load_rules(RuleTables(dispatch=[RULE | {"id": "d9"}]), work)


def test_levels_may_change_ranks(work):
    """Ranks are unique at every moment, and two levels change places all the same."""
    first = {"code": "street", "rank": "2", "name": "街道", "name_en": "street", "min_zoom": "9", "max_zoom": "14"}
    second = first | {"code": "town", "rank": "3"}
    load_rules(RuleTables(levels=[first, second]), work)

    load_rules(RuleTables(levels=[first | {"rank": "3"}, second | {"rank": "2"}]), work)

    with work:
        ranks = {level.code: level.rank for level in work.levels.list_all()}
    assert ranks["street"] == 3
    assert ranks["town"] == 2


def test_calendar_days_are_stored(work):
    """A day off by the city's decision."""
    load_rules(RuleTables(calendar=[{"day": "2026-10-12", "is_workday": "false", "note": "flood"}]), work)

    with work:
        assert list(work.rules.calendar().values()) == [False]


def test_what_was_read_is_returned(work):
    """So that a caller can say how much was loaded."""
    level = {"code": "street", "rank": "2", "name": "街道", "name_en": "street", "min_zoom": "9", "max_zoom": "14"}

    assert load_rules(RuleTables(levels=[level]), work).levels == (Level("street", 2, "街道", "street", 9, 14),)
