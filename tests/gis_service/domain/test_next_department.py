from gis_service.domain.dispatch import DispatchRule
from gis_service.domain.next_department import choose_next_department

SPECIAL = DispatchRule("special", "dispute.property", "housing", assisting=("justice", "police"))
GENERAL = DispatchRule("general", "dispute", "street", assisting=("union",))


def test_every_lead_is_asked_and_then_everyone_who_assists():
    """Six departments, each declines in its turn; the seventh answer is nobody."""
    asked, assisting = ["housing"], SPECIAL.assisting
    while (decision := choose_next_department([SPECIAL, GENERAL], assisting, asked)).department is not None:
        asked.append(decision.department)
        assisting = decision.assisting

    assert asked == ["housing", "street", "union", "justice", "police"]
    assert decision.rule_id is None
    assert "a dispatcher must choose" in decision.reason.detail
    assert "人工分派" in decision.reason.detail_zh
    assert all(department in decision.reason.detail for department in asked)


def test_the_next_lead_brings_those_who_assist_by_its_rule():
    """Without those who declined, and without itself."""
    decision = choose_next_department([SPECIAL, GENERAL], SPECIAL.assisting, ["housing"])

    assert (decision.department, decision.assisting, decision.rule_id) == ("street", ("union",), "general")
    assert "rule general" in decision.reason.detail


def test_who_assists_and_leads_now_no_longer_assists():
    """Police go on assisting."""
    decision = choose_next_department([SPECIAL], SPECIAL.assisting, ["housing"])

    assert (decision.department, decision.assisting) == ("justice", ("police",))
    assert "justice, which assists" in decision.reason.detail


def test_a_department_that_declined_is_asked_by_no_rule():
    """The general rule names it again."""
    again = DispatchRule("again", "dispute", "housing")

    assert choose_next_department([SPECIAL, again], (), ["housing"]).department == "justice"


def test_without_rules_and_helpers_a_dispatcher_must_choose():
    """No rule ever matched."""
    decision = choose_next_department([], (), [])

    assert (decision.department, decision.assisting) == (None, ())
    assert "declined by none" in decision.reason.detail
