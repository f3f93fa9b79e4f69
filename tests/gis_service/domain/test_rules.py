from datetime import UTC, datetime

from gis_service.domain.deadlines import DeadlineRule
from gis_service.domain.dispatch import DispatchRule
from gis_service.domain.period import Period
from gis_service.domain.rules import Category, Department, Rules, Stored, find_faults

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
FIRE = Department("fire", "消防", "Fire")
HAZARD = Category("hazard", "安全隐患", "Hazard")


def rules(**tables) -> Rules:
    empty = {
        "levels": (),
        "departments": (FIRE,),
        "categories": (HAZARD,),
        "dispatch": (),
        "deadlines": (),
        "calendar": (),
    }
    return Rules(**empty | tables)


def details(given: Rules, stored: Stored | None = None) -> list[str]:
    return [fault.detail for fault in find_faults(given, stored or Stored())]


def test_rules_that_fit_have_no_faults():
    """The same case in two periods that only touch is unambiguous; the database agrees (half-open)."""
    before = DispatchRule("a", "hazard", "fire", in_force=Period(None, NEW_YEAR))
    after = DispatchRule("b", "hazard", "fire", in_force=Period(NEW_YEAR, None))

    assert details(rules(dispatch=(before, after))) == []


def test_every_unknown_code_is_named():
    """Category, department, assisting department and grid: four faults of one rule."""
    rule = DispatchRule("a", "order", "police", assisting=("army",), grid_code="D99")

    assert details(rules(dispatch=(rule,))) == [
        "rule a: category order is not known",
        "rule a: department police is not known",
        "rule a: department army is not known",
        "rule a: grid D99 is not known",
    ]


def test_what_is_stored_may_be_referred_to():
    """A table of rules alone can be loaded again."""
    stored = Stored(frozenset({"fire"}), frozenset({"hazard"}), frozenset({"D07"}))
    rule = DispatchRule("a", "hazard", "fire", grid_code="D07")

    assert details(rules(departments=(), categories=(), dispatch=(rule,)), stored) == []


def test_two_answers_to_one_case_are_ambiguous():
    """Whether the other rule is given or stored."""
    first, second = DispatchRule("a", "hazard", "fire"), DispatchRule("b", "hazard", "fire", reason="other")

    expected = ["rules a and b decide the same case at one time"]
    assert details(rules(dispatch=(first, second))) == expected
    assert details(rules(dispatch=(first,)), Stored(dispatch=(second,))) == expected


def test_a_rule_takes_the_place_of_the_one_with_its_id():
    """Loaded again with another department it does not clash with itself."""
    assert (
        details(
            rules(dispatch=(DispatchRule("a", "hazard", "fire"),)),
            Stored(dispatch=(DispatchRule("a", "hazard", "x"),)),
        )
        == []
    )


def test_deadlines_of_two_stages_are_two_cases():
    """To accept and to handle are two clocks."""
    accept = DeadlineRule("a", "accept", "elapsed", 30, "immediate", category="hazard")
    handle = DeadlineRule("b", "handle", "elapsed", 60, "immediate", category="hazard")
    again = DeadlineRule("c", "handle", "working", 1, "same_day", category="hazard")

    assert details(rules(deadlines=(accept, handle))) == []
    assert details(rules(deadlines=(accept, handle, again))) == ["rules b and c decide the same case at one time"]


def test_faults_point_at_the_rows():
    """The second rule was read in row 7: its department in that row, and its clash with the first, are told there."""
    first, second = DispatchRule("a", "hazard", "fire"), DispatchRule("b", "hazard", "army")

    faults = find_faults(rules(dispatch=(first, second), row_numbers={"dispatch": (2, 7)}), Stored())

    assert [fault.pointer for fault in faults] == ["/dispatch/7/department", "/dispatch/7"]


def test_each_rule_that_begins_within_another_one_is_named():
    """One rule for ever, two within it that do not touch each other, and one that ended before: two faults."""
    year = [datetime(2026 + number, 1, 1, tzinfo=UTC) for number in range(4)]
    given = (
        DispatchRule("c", "hazard", "fire", in_force=Period(year[2], year[3])),
        DispatchRule("ever", "hazard", "fire", in_force=Period(year[1], None)),
        DispatchRule("past", "hazard", "fire", in_force=Period(None, year[1])),
        DispatchRule("d", "hazard", "fire", in_force=Period(year[3], None)),
    )

    assert details(rules(dispatch=given)) == [
        "rules ever and c decide the same case at one time",
        "rules ever and d decide the same case at one time",
    ]


def test_a_code_that_stands_twice_is_named():
    """Two rows for one department."""
    assert details(rules(departments=(FIRE, FIRE))) == ["fire stands there twice"]
