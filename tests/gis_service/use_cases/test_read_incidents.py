from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
import shapely
from sqlalchemy import event

from gis_service.domain.access import Principal
from gis_service.domain.incident import DeclaredPoint, IncidentFilter, Report
from gis_service.errors import NotFoundError, RuleBrokenError
from gis_service.use_cases.read_incidents import find_incidents, read_events, read_incident
from gis_service.use_cases.report_incident import IncidentRequest, report_incident
from grid_boundaries.partition import Grid

NOW = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
CITY = Principal("city desk", "dispatcher", None)
POINTS = {"D07A": (102.71, 25.01), "D07B": (102.71, 25.03), "D08A": (102.73, 25.01), "nowhere": (102.71, 25.05)}


@pytest.fixture
def report(ground, locate):
    """Report a hazard at a named place; returns its id."""

    def act(where="D07A", by="hotline", hours_ago=0, **values) -> UUID:
        values = {"category": "hazard", "severity": "general", "channel": "patrol", "description": "x"} | values
        values["occurred_at"] = NOW - timedelta(hours=hours_ago)
        request = IncidentRequest(Report(**values), str(uuid4()), b"", point=DeclaredPoint(*POINTS[where]))
        return report_incident(
            request,
            principal=Principal(by, "router", None),
            locate=locate,
            zone=ZoneInfo("Asia/Shanghai"),
            now=NOW,
            work=ground,
        ).incident.id

    return act


@pytest.fixture
def found(ground):
    """List ids, as a caller without a scope unless told."""

    def act(principal=CITY, **wanted) -> list[UUID]:
        return [record.id for record in find_incidents(IncidentFilter(**wanted), principal, ground)]

    return act


def test_the_newest_report_comes_first(report, found):
    """Three reports, in reverse."""
    ids = [report() for _ in range(3)]

    assert found() == ids[::-1]


def test_a_page_begins_after_the_last_one_of_the_page_before(report, found):
    """Five reports in pages of two: every one once."""
    ids = [report() for _ in range(5)][::-1]

    assert found(limit=2) == ids[:2]
    assert found(limit=2, after=ids[1]) == ids[2:4]
    assert found(limit=2, after=ids[3]) == ids[4:]


@pytest.mark.parametrize(
    ("scope", "role", "sees"),
    [
        ("D07", "worker", {"D07A", "D07B"}),
        ("D07A", "worker", {"D07A"}),
        ("D", "worker", {"D07A", "D07B", "D08A"}),
        ("D", "dispatcher", {"D07A", "D07B", "D08A", "nowhere"}),
        ("D07", "dispatcher", {"D07A", "D07B"}),
        ("D", "admin", {"D07A", "D07B", "D08A", "nowhere"}),
        ("D07", "admin", {"D07A", "D07B"}),
        (None, "worker", {"D07A", "D07B", "D08A", "nowhere"}),
    ],
)
def test_each_caller_sees_their_own_ground(report, found, scope, role, sees):
    """What has no owner is for those without a scope, and admins and dispatchers of the root."""
    ids = {where: report(where) for where in POINTS}

    seen = set(found(Principal("somebody", role, scope)))

    assert {where for where, incident in ids.items() if incident in seen} == sees


def test_what_one_reported_oneself_one_sees(report, found, ground):
    """A worker of D07A reports across the border of their ground."""
    worker = Principal("worker 5", "worker", "D07A")
    own = report("D08A", by="worker 5")
    report("D08A", by="another")

    assert found(worker) == [own]
    assert read_incident(own, worker, ground).id == own


def test_what_one_may_not_see_is_not_there(report, ground):
    """Reading and events alike."""
    stranger = Principal("worker 6", "worker", "D08")
    incident = report("D07A")

    with pytest.raises(NotFoundError):
        read_incident(incident, stranger, ground)
    with pytest.raises(NotFoundError):
        read_events(incident, stranger, ground)


def test_a_grid_means_its_subtree(report, found):
    """D07 holds D07A and D07B."""
    a, b, other = (report(where) for where in ("D07A", "D07B", "D08A"))

    assert found(grid="D07") == [b, a]
    assert found(grid="D07A") == [a]
    assert found(grid="D") == [other, b, a]


def test_a_category_means_all_below_it(report, found):
    """Dispute holds dispute.property."""
    report()
    dispute, fees = report(category="dispute"), report(category="dispute.property")

    assert found(category="dispute") == [fees, dispute]
    assert found(category="dispute.property") == [fees]
    with pytest.raises(RuleBrokenError, match=r"^category is one of ") as refused:
        found(category="disp")
    assert refused.value.code == "unknown-category"


def test_since_and_until_look_at_when_it_happened(report, found):
    """Since belongs to the span, until does not."""
    early, late = report(hours_ago=2), report(hours_ago=1)

    assert found(since=NOW - timedelta(hours=1)) == [late]
    assert found(until=NOW - timedelta(hours=1)) == [early]


def test_states_and_boxes_narrow_the_list(report, found):
    """Unlocated ones by state, the east by its box."""
    nowhere, east = report("nowhere"), report("D08A")
    report("D07A")

    assert found(states=("unlocated",)) == [nowhere]
    assert found(bbox=(102.725, 25.0, 102.74, 25.02)) == [east]


def test_overdue_is_what_is_not_handled_in_time(report, found):
    """A major hazard is due at once; a dispute of a minute ago in working days that end in the future, from 2035."""
    overdue = report(severity="major")

    assert found(overdue=True) == [overdue]
    assert found(overdue=False) == []


def test_a_list_costs_one_query_however_long_it_is(report, found, engine):
    """Names of chains and departments come along."""
    for _ in range(7):
        report()
    statements: list[str] = []

    def count(_connection, _cursor, statement, *_rest) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        assert len(found()) == 7
    finally:
        event.remove(engine, "before_cursor_execute", count)

    assert len(statements) == 1


def test_names_are_those_of_the_edition_of_the_incident(report, ground, publish_edition):
    """D07A is renamed later; the old incident keeps the name under which it came in."""
    incident = report("D07A")
    renamed = Grid("D07A", shapely.box(102.70, 25.00, 102.72, 25.02), "unit_grid", "D07", "新名")
    publish_edition(2, NOW, [renamed], ["D07A"])

    assert read_incident(incident, CITY, ground).chain[-1].name == "一网格"
