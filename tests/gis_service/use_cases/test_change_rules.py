from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import text

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.period import Period
from gis_service.domain.rule_sheet import write_row
from gis_service.errors import ClashError, PreconditionFailedError, RuleBrokenError
from gis_service.use_cases.change_rules import GivenRows, change_rules, read_table
from tests.support.desk import RULES

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HAZARD = {"id": "hazard", "category": "hazard", "department": "emergency", "assisting": "housing"}


def stored(work):
    with work:
        return {rule.id: rule for rule in work.rules.dispatch()}


@pytest.mark.parametrize("table", ["departments", "categories", "dispatch", "deadlines", "calendar"])
@pytest.mark.parametrize("whole", [True, False])
def test_what_was_read_put_back_changes_nothing(ground, table, whole):
    """Every table, as all rows or as some: no row added, changed, ended or removed, and the tag stays."""
    change_rules(
        GivenRows("calendar", [{"day": "2026-10-12", "is_workday": False, "note": "flood"}]), ground, now=NOW
    )
    change_rules(GivenRows("dispatch", [HAZARD | {"since": "2026-01-01T00:00:00Z"}]), ground, now=NOW)
    before = read_table(table, ground)
    rows = [write_row(table, entry, NOW.tzinfo) for entry in before.entries]

    change, after = change_rules(GivenRows(table, rows, whole), ground, now=NOW)

    assert change.written == change.removed == ()
    assert after == before


def test_rules_that_are_gone_end_and_their_successors_begin(ground):
    """The rule for hazards gets another id: the old one was in force until now, the new one is from now on."""
    rows = [RULES.dispatch[1], RULES.dispatch[2], HAZARD | {"id": "hazard-2026"}]

    change, _ = change_rules(GivenRows("dispatch", rows, whole=True), ground, now=NOW)

    assert [rule.id for rule in change.ended] == ["hazard"]
    rules = stored(ground)
    assert rules["hazard"].in_force == Period(None, NOW)
    assert rules["hazard-2026"].in_force == Period(NOW, None)
    again, _ = change_rules(GivenRows("dispatch", rows, whole=True), ground, now=NOW + timedelta(days=1))
    assert again.written == ()


def test_an_editor_who_has_not_seen_the_last_change_is_refused(ground):
    """Two read the same state; the second one to write hears of it, and nothing is stored."""
    tag = read_table("dispatch", ground).tag
    change_rules(GivenRows("dispatch", [HAZARD | {"reason": "first"}]), ground, now=NOW, expected={tag})

    with pytest.raises(PreconditionFailedError, match="table dispatch has changed since you read it"):
        change_rules(GivenRows("dispatch", [HAZARD | {"reason": "second"}]), ground, now=NOW, expected={tag})

    assert stored(ground)["hazard"].reason == "first"


def test_of_two_editors_at_once_one_is_refused(own_database):
    """Both have read the same state and write at the same moment, each on a connection: one row is there."""
    engine = make_engine(own_database, pool_size=4, statement_timeout_ms=30_000)
    sessions = make_session_factory(engine)
    tag = read_table("departments", UnitOfWork(sessions)).tag
    together = Barrier(4)

    def edit(code):
        together.wait()
        rows = [{"code": code, "name": code, "name_en": code}]
        try:
            change_rules(GivenRows("departments", rows), UnitOfWork(sessions), now=NOW, expected={tag})
        except PreconditionFailedError:
            return "stale"
        return "stored"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(edit, "abcd"))

    assert outcomes == ["stale", "stale", "stale", "stored"]
    assert len(read_table("departments", UnitOfWork(sessions)).entries) == 1
    engine.dispose()


def test_faults_name_the_lines_of_the_file(ground):
    """Row 0 names nobody, row 1 clashes with a stored rule: both told, with row and line; nothing is stored."""
    rows = [HAZARD | {"department": "nobody"}, {"id": "d9", "category": "dispute", "department": "justice"}]

    with pytest.raises(RuleBrokenError) as refusal:
        change_rules(GivenRows("dispatch", rows, lines=(2, 5)), ground, now=NOW)

    assert [(fault.pointer, fault.detail) for fault in refusal.value.faults] == [
        ("/dispatch/0/department", "line 2: rule hazard: department nobody is not known"),
        ("/dispatch/1", "line 5: rules d9 and dispute decide the same case at one time"),
    ]
    assert "d9" not in stored(ground)


def test_all_rules_do_not_end_by_an_empty_file(ground):
    """An empty sheet is a mistake; an empty calendar is not."""
    with pytest.raises(RuleBrokenError, match="holds no row"):
        change_rules(GivenRows("dispatch", [], whole=True), ground, now=NOW)

    assert change_rules(GivenRows("calendar", [], whole=True), ground, now=NOW)[0].removed == ()


@pytest.mark.parametrize(
    ("table", "gone"), [("departments", ["emergency", "housing", "justice"]), ("categories", ["dispute", "hazard"])]
)
def test_what_rules_name_is_not_removed(ground, table, gone):
    """Housing assists, hazard has rules, sanitation none: those that are named are told, nothing is removed."""
    one = {"code": "water", "name": "水务", "name_en": "Water"}

    with pytest.raises(ClashError) as refusal:
        change_rules(GivenRows(table, [one], whole=True), ground, now=NOW)

    assert [fault.detail.split()[0] for fault in refusal.value.faults] == gone
    with ground:
        assert "water" not in {entry.code for entry in getattr(ground.rules, table)()}


def test_what_nothing_names_is_removed(ground):
    """No rule and no incident knows of waste: gone from the table."""
    rows = [row for row in RULES.categories if row["code"] not in {"sanitation", "dispute.property"}]

    change, _ = change_rules(GivenRows("categories", rows, whole=True), ground, now=NOW)

    assert [one.code for one in change.removed] == ["dispute.property", "sanitation"]
    with ground:
        assert not ground.rules.known_categories({"sanitation"})


def test_the_database_refuses_two_answers_too(ground):
    """Written past the check, by another program: the constraint holds."""
    with pytest.raises(ClashError, match="two dispatch rules would decide the same case"), ground:
        ground._session.execute(
            text("INSERT INTO dispatch_rule (id, category, department) VALUES ('x', 'hazard', 'justice')")
        )
