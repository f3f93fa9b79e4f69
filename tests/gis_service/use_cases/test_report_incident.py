from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import sessionmaker

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.incident import DeclaredPoint, IncidentRecord, Report
from gis_service.errors import ClashError, RuleBrokenError
from gis_service.use_cases.read_incidents import read_events
from gis_service.use_cases.report_incident import IncidentRequest, Receipt, report_incident

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)  # Friday, 17:00 in Shanghai
ROUTER = Principal("hotline", "router", None)
IN_D07A = DeclaredPoint(102.71, 25.01)


@pytest.fixture
def report(ground, locate):
    """Report an incident on the small ground."""

    def act(
        *,
        key="k1",
        principal=ROUTER,
        point=IN_D07A,
        reporter_point=None,
        body_hash=b"body",
        now=NOW,
        **values,
    ) -> Receipt:
        values = {
            "category": "hazard",
            "severity": "general",
            "channel": "patrol",
            "description": "loose tile",
        } | values
        request = IncidentRequest(
            Report(**{"occurred_at": now} | values), key, body_hash, point=point, reporter_point=reporter_point
        )
        return report_incident(request, principal=principal, locate=locate, zone=ZONE, now=now, work=ground)

    return act


def steps(incident: IncidentRecord) -> dict[str, str]:
    return {entry["step"]: entry["detail"] for entry in incident.explain}


def test_the_answer_holds_owner_chain_department_and_deadline(report):
    """A general hazard in D07A: emergency management leads, 3 days elapsed, to Monday 17:00."""
    incident = report().incident

    assert incident.state == "reported"
    assert incident.owner == "D07A"
    assert [(link.code, link.name, link.level) for link in incident.chain] == [
        ("D", "盘龙区", "district"),
        ("D07", "东华街道", "street"),
        ("D07A", "一网格", "unit_grid"),
    ]
    assert (incident.department, incident.department_name, incident.assisting) == (
        "emergency",
        "应急管理局",
        ("housing",),
    )
    assert incident.due_at == datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
    assert incident.response_class == "within_3_days"
    assert (incident.edition, incident.located_by, incident.version) == (1, "coordinate", 1)


def test_working_days_end_on_wednesday(report):
    """A dispute falls under the usual rule: 3 working days from Friday 17:00."""
    assert report(category="dispute").incident.due_at == datetime(2026, 3, 11, 9, 0, tzinfo=UTC)


def test_the_same_report_again_is_the_first_answer(report):
    """Same key, same body: nothing is stored, the very same record comes back."""
    first = report()
    again = report(now=NOW + timedelta(minutes=1))

    assert (first.replayed, again.replayed) == (False, True)
    assert again.incident == first.incident


def test_the_first_answer_names_the_same_duplicates_later(report):
    """A second incident beside the first does not change what the first answer was."""
    first = report()
    report(key="k2", body_hash=b"other")

    assert report().incident == first.incident


def test_one_key_for_two_bodies_is_refused(report):
    """The second report is not swallowed as a retry of the first."""
    report()

    with pytest.raises(RuleBrokenError) as refusal:
        report(body_hash=b"other")

    assert refusal.value.code == "idempotency-key-reused"


def test_a_key_under_way_is_not_waited_for(report, engine):
    """Another transaction holds the key: told at once to come again, and then it is stored."""
    with UnitOfWork(sessionmaker(engine)) as other:
        assert other.idempotency_keys.try_lock("hotline", "k1")

        with pytest.raises(ClashError) as refusal:
            report()

    assert (refusal.value.code, refusal.value.members) == ("idempotency-in-flight", {"retry": True})
    assert not report().replayed


def test_keys_of_two_principals_do_not_meet(report):
    """Two systems may number their reports alike."""
    first = report()
    other = report(principal=Principal("sensor desk", "router", None))

    assert not other.replayed
    assert other.incident.id != first.incident.id


def test_an_incident_begins_with_one_event(report, ground):
    """Reported, by whom, and to which grid."""
    incident = report().incident

    (event,) = read_events(incident.id, ROUTER, ground)

    assert (event.kind, event.actor, event.from_state, event.to_state) == ("reported", "hotline", None, "reported")
    assert (event.to_grid, event.at) == ("D07A", NOW)


def test_a_point_on_a_shared_edge_has_one_owner(report):
    """25.02 N is the edge of D07A and D07B: the smaller code owns it, the other is named."""
    incident = report(point=DeclaredPoint(102.71, 25.02)).incident

    assert (incident.owner, incident.tied_with) == ("D07A", ("D07B",))
    assert "the smallest code wins" in steps(incident)["owner"]


def test_outside_the_coverage_it_is_stored_as_unlocated(report):
    """0.01 degrees north of the district: no owner, the nearest grid is named, a deadline runs."""
    incident = report(point=DeclaredPoint(102.71, 25.05)).incident

    assert (incident.state, incident.owner, incident.chain, incident.located_by) == ("unlocated", None, (), "nowhere")
    assert incident.fact("owner", "nearest")["code"] == "D07B"
    assert incident.fact("owner", "nearest")["distance_m"] == pytest.approx(1110, abs=1)
    assert incident.due_at is not None


def test_without_a_matching_rule_it_is_kept_without_department(report):
    """Sanitation has no dispatch rule here."""
    incident = report(category="sanitation").incident

    assert incident.department is None
    assert steps(incident)["dispatch"].startswith("no dispatch rule matches category sanitation")


def test_a_rule_of_the_grid_goes_before_the_rule_of_all(report):
    """A property dispute in D07B goes to housing, elsewhere to justice."""
    assert report(category="dispute.property", point=DeclaredPoint(102.71, 25.03)).incident.department == "housing"
    assert (
        report(category="dispute.property", key="k2", point=DeclaredPoint(102.71, 25.01)).incident.department
        == "justice"
    )


def test_gcj02_is_converted_at_the_door(report):
    """About 500 m of shift: stored is WGS 84."""
    point = report(point=DeclaredPoint(102.71, 25.01, "gcj02")).incident.point

    assert point.lon == pytest.approx(102.7085, abs=0.002)
    assert point.lon != pytest.approx(102.71, abs=0.0005)


def test_a_building_is_surer_than_a_point(report):
    """B7 stands in D07A, the phone in D07B: the plate decides, the distance is said."""
    incident = report(building_code="B7", point=DeclaredPoint(102.705, 25.025)).incident

    assert (incident.owner, incident.located_by, incident.building_code) == ("D07A", "building", "B7")
    assert "which is far" in steps(incident)["located"]


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"category": "weather"}, "/category"),
        ({"building_code": "B8", "point": None}, "/building_code"),
        ({"point": DeclaredPoint(102.71, 25.01, "EPSG:3857")}, "/point/crs"),
        ({"point": DeclaredPoint(25.01, 102.71)}, "/point/lat"),
        ({"reporter_point": DeclaredPoint(0, 0, "mars")}, "/reporter_point/crs"),
        ({"occurred_at": NOW + timedelta(minutes=6)}, "/occurred_at"),
        ({"occurred_at": datetime(1969, 1, 1, tzinfo=UTC)}, "/occurred_at"),
    ],
    ids=["category", "building", "system", "axes swapped", "reporter's system", "future", "long ago"],
)
def test_what_cannot_be_is_refused_and_named(report, values, pointer):
    """Unknown category, building, systems; axes swapped; six minutes ahead; before computers."""
    with pytest.raises(RuleBrokenError) as refusal:
        report(**values)

    assert [fault.pointer for fault in refusal.value.faults] == [pointer]


def test_a_refused_report_does_not_use_up_its_key(report):
    """Corrected, it may come again with the same key."""
    with pytest.raises(RuleBrokenError):
        report(category="weather", body_hash=b"wrong")

    assert not report().replayed


def test_a_clock_five_minutes_ahead_is_forgiven(report):
    """Phones differ."""
    assert not report(occurred_at=NOW + timedelta(minutes=5)).replayed


def test_what_happened_before_the_first_edition_is_placed_in_the_first(report):
    """The first edition is of 2025; the explanation says that it was taken."""
    incident = report(occurred_at=datetime(2024, 6, 1, tzinfo=UTC)).incident

    assert incident.owner == "D07A"
    assert "it happened before the first edition" in steps(incident)["owner"]


def test_an_open_incident_nearby_is_a_possible_duplicate(report):
    """Ten metres east and an hour later, the same category."""
    first = report(occurred_at=NOW - timedelta(hours=1)).incident

    second = report(key="k2", point=DeclaredPoint(102.7101, 25.01)).incident

    (twin,) = second.fact("duplicates", "duplicates")
    assert UUID(twin["id"]) == first.id
    assert twin["distance_m"] == pytest.approx(10.1, abs=0.1)
    assert twin["score"] == pytest.approx(0.8, abs=0.01)
