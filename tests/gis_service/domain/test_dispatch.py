from datetime import UTC, datetime

import pytest

from gis_service.domain.dispatch import DispatchRule, FirstReceiver, choose_dispatch, lies_under, with_ancestors
from gis_service.domain.period import Period

AT = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
CHAIN = ("D", "D07", "D07C3", "D07C3G2")


def choose(
    *rules: DispatchRule, category="dispute.property", severity="general", chain=CHAIN, kind="standard", at=AT
):
    return choose_dispatch(rules, category, severity, chain, kind, at)


def test_the_longest_category_wins():
    """dispute.property goes to housing although dispute goes to justice, whichever stands first."""
    general = DispatchRule("r1", "dispute", "justice")
    special = DispatchRule("r2", "dispute.property", "housing", assisting=("justice",))

    decision = choose(general, special)

    assert (decision.department, decision.assisting, decision.rule_id) == ("housing", ("justice",), "r2")
    assert choose(special, general) == decision


def test_a_longer_category_beats_a_deeper_grid():
    """The order is category, grid, kind, severity: the category decides before the grid is looked at."""
    deep = DispatchRule("deep", "dispute", "street", grid_code="D07C3G2", kind="standard", severity="general")
    special = DispatchRule("special", "dispute.property", "housing")

    assert choose(deep, special).rule_id == "special"


def test_the_deepest_grid_wins_among_equal_categories():
    """A rule of the community beats one of the street, and that one beats a rule without a grid."""
    everywhere = DispatchRule("all", "dispute", "justice")
    street = DispatchRule("street", "dispute", "street", grid_code="D07")
    community = DispatchRule("community", "dispute", "community", grid_code="D07C3")

    assert choose(street, community, everywhere).rule_id == "community"
    assert choose(everywhere, street).rule_id == "street"


def test_a_deeper_grid_beats_kind_and_severity():
    """Kind and severity together count for less than one level of depth."""
    narrow = DispatchRule("narrow", "dispute", "a", grid_code="D07", kind="standard", severity="general")
    deeper = DispatchRule("deeper", "dispute", "b", grid_code="D07C3")

    assert choose(narrow, deeper).rule_id == "deeper"


def test_kind_counts_before_severity():
    """Of two rules for the same ground the one that names the kind wins."""
    by_kind = DispatchRule("kind", "dispute", "a", kind="standard")
    by_severity = DispatchRule("severity", "dispute", "b", severity="general")

    assert choose(by_severity, by_kind).rule_id == "kind"


@pytest.mark.parametrize(
    "rule",
    [
        DispatchRule("other-category", "hazard", "x"),
        DispatchRule("sibling", "dispute.prop", "x"),
        DispatchRule("below", "dispute.property.fee", "x"),
        DispatchRule("other-ground", "dispute", "x", grid_code="D08"),
        DispatchRule("other-kind", "dispute", "x", kind="dedicated"),
        DispatchRule("other-severity", "dispute", "x", severity="major"),
        DispatchRule("ended", "dispute", "x", in_force=Period(until=AT)),
        DispatchRule("not-yet", "dispute", "x", in_force=Period(since=datetime(2026, 3, 6, 9, 1, tzinfo=UTC))),
    ],
    ids=lambda rule: rule.id,
)
def test_a_rule_that_does_not_match_is_passed_over(rule):
    """The incident is dispute.property, general, in a standard grid of street D07, on 6 March 2026 at 9:00."""
    decision = choose(rule)

    assert decision.department is None
    assert decision.rule_id is None


def test_a_rule_is_in_force_from_its_first_instant():
    """A period is half-open: since belongs to it."""
    assert choose(DispatchRule("now", "dispute", "x", in_force=Period(since=AT))).rule_id == "now"


def test_without_a_rule_the_reason_says_so():
    """No department is no refusal: the answer names the category and what is to be done."""
    reason = choose().reason.as_json()

    assert reason["step"] == "dispatch"
    assert reason["detail"] == (
        "no dispatch rule matches category dispute.property with severity general here; a dispatcher must choose;"
        " grid D07C3G2 keeps it until it is handed over"
    )
    assert "rule" not in reason


def test_the_reason_names_the_rule_and_its_conditions():
    """The explanation can be checked against the table of rules."""
    rule = DispatchRule("r7", "dispute", "justice", grid_code="D07", severity="general", reason="mediation office")

    assert choose(rule).reason.as_json() == {
        "step": "dispatch",
        "rule": "r7",
        "first_receiver": {"kind": "grid", "code": "D07C3G2"},
        "detail": "rule r7 (category dispute, grid D07, severity general) sends it to department justice:"
        " mediation office; grid D07C3G2 keeps it until it is handed over",
        "detail_zh": "按规则 r7（类别 dispute、网格 D07、等级 general）由部门 justice 牵头处置"
        "；首接负责：网格 D07C3G2，移交前由其负责到底",
    }


def test_the_reason_names_the_rules_that_matched_and_lost():
    """Three other rules match; each lost by the first criterion in which it is less specific, the strongest first."""
    rules = (
        DispatchRule("all", "dispute", "a"),
        DispatchRule("best", "dispute.property", "b", grid_code="D07", kind="standard"),
        DispatchRule("street", "dispute.property", "c", grid_code="D07", severity="general"),
        DispatchRule("district", "dispute.property", "d", grid_code="D"),
        DispatchRule("other", "hazard", "e"),
    )

    reason = choose(*rules).reason.as_json()

    assert reason["outranked"] == [
        {"rule": "street", "department": "c", "by": "kind"},
        {"rule": "district", "department": "d", "by": "grid"},
        {"rule": "all", "department": "a", "by": "category"},
    ]
    assert "; it goes before street (by kind), district (by grid), all (by category);" in reason["detail"]
    assert "；优先于规则 street（类型）、district（网格）、all（类别）；" in reason["detail_zh"]


def test_of_many_rules_that_lost_five_are_named():
    """Seven rules for seven grids of a chain: the deepest wins, six lost."""
    chain = tuple(f"D{depth}" for depth in range(7))
    rules = [DispatchRule(f"r{code}", "dispute", "a", grid_code=code) for code in chain]

    decision = choose(*rules, chain=chain)

    assert decision.rule_id == "rD6"
    assert [entry["rule"] for entry in decision.reason.facts["outranked"]] == ["rD5", "rD4", "rD3", "rD2", "rD1"]
    assert "rD1 (by grid) and 1 more;" in decision.reason.detail
    assert "等 6 条" in decision.reason.detail_zh


@pytest.mark.parametrize(
    ("first_receiver", "chain", "expected"),
    [
        ("grid", CHAIN, FirstReceiver("grid", "D07C3G2")),
        ("department", CHAIN, FirstReceiver("department", "justice")),
        ("grid", (), FirstReceiver("department", "justice")),
    ],
)
def test_who_received_a_case_first_keeps_it(first_receiver, chain, expected):
    """The owner, unless the rule goes past the grids, or there is no grid."""
    rule = DispatchRule("r", "dispute", "justice", first_receiver=first_receiver)

    assert choose(rule, chain=chain).first_receiver == expected


def test_without_a_rule_the_owner_keeps_the_case():
    """And nobody keeps what lies outside the coverage and has no department."""
    assert choose().first_receiver == FirstReceiver("grid", "D07C3G2")
    assert choose(chain=(), kind=None).first_receiver is None


def test_outside_the_coverage_only_rules_without_ground_match():
    """No chain and no kind: the rule for everywhere is left."""
    rules = (
        DispatchRule("ground", "dispute", "a", grid_code="D"),
        DispatchRule("kind", "dispute", "a", kind="standard"),
        DispatchRule("all", "dispute", "b"),
    )

    assert choose(*rules, chain=(), kind=None).rule_id == "all"


def test_a_category_lies_below_its_dotted_prefixes_only():
    """Category ``disputes`` is another word, not a part of dispute."""
    assert lies_under("dispute.property", "dispute")
    assert lies_under("dispute", "dispute")
    assert not lies_under("disputes", "dispute")
    assert with_ancestors("a.b.c") == ["a", "a.b", "a.b.c"]
