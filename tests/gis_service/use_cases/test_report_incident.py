from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.orm import sessionmaker

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.building import Building
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


@pytest.mark.parametrize(
    ("principal", "values"),
    [
        (
            ROUTER,
            {"accuracy_m": 25.5, "external_id": "7", "reporter": "李", "locus": "屋顶\U0001f525\\u0041"},
        ),
        (ROUTER, {"point": DeclaredPoint(102.75, 25.01), "occurred_at": NOW - timedelta(days=400, microseconds=1)}),
        (ROUTER, {"point": None, "reporter_point": IN_D07A, "category": "dispute", "severity": "major"}),
        (ROUTER, {"point": None, "picked_grid": "D07A"}),
        (ROUTER, {"building_code": "unknown", "unit": "101"}),
        (Principal("worker", "worker", "D08"), {}),
        (Principal("worker", "worker", "D07"), {"occurred_at": datetime(2026, 3, 1, 1, 2, 3, 4, tzinfo=ZONE)}),
        (Principal("desk", "dispatcher", "D"), {"point": DeclaredPoint(102.75, 25.01)}),
        (Principal("desk", "dispatcher", "D08"), {"point": DeclaredPoint(102.75, 25.01)}),
    ],
)
def test_the_first_answer_reads_as_what_is_stored(report, principal, values):
    """Nothing is read back for it: it has the same values, zones of time and order of members all the same."""
    report(principal=principal, key="earlier")
    first = report(principal=principal, **values).incident
    again = report(principal=principal, **values)

    assert again.replayed
    assert again.incident == first
    assert orjson.dumps(asdict(first)) == orjson.dumps(asdict(again.incident))


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
        assert other.idempotency_keys.try_lock("hotline", ["k1"])

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
        ({"picked_grid": "D99", "point": None}, "/grid"),
        ({"point": DeclaredPoint(102.71, 25.01, "EPSG:3857")}, "/point/crs"),
        ({"point": DeclaredPoint(25.01, 102.71)}, "/point/lat"),
        ({"reporter_point": DeclaredPoint(0, 0, "mars")}, "/reporter_point/crs"),
        ({"occurred_at": NOW + timedelta(minutes=6)}, "/occurred_at"),
        ({"occurred_at": datetime(1969, 1, 1, tzinfo=UTC)}, "/occurred_at"),
    ],
    ids=["category", "building", "grid", "system", "axes swapped", "reporter's system", "future", "long ago"],
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


def test_a_picked_grid_owns_what_has_no_point(report):
    """Pointed at on the map, though the worker stood in D08A: the owner is that grid, and there is no event point."""
    incident = report(point=None, picked_grid="D07B", reporter_point=DeclaredPoint(102.73, 25.01)).incident

    assert (incident.owner, incident.located_by, incident.picked_grid, incident.point) == (
        "D07B",
        "grid",
        "D07B",
        None,
    )
    assert [link.code for link in incident.chain] == ["D", "D07", "D07B"]
    assert steps(incident)["owner"] == "the grid picked is D07B 二网格 in edition 1"
    assert incident.probability is None


def test_a_street_may_be_picked_too(report):
    """Who knows no more than the street: the street owns it, and finds the grid."""
    assert report(point=None, picked_grid="D08").incident.owner == "D08"


def test_a_point_is_surer_than_a_picked_grid(report):
    """Both are kept."""
    incident = report(picked_grid="D08A").incident

    assert (incident.owner, incident.located_by, incident.picked_grid) == ("D07A", "coordinate", "D08A")


def test_a_picked_grid_of_another_edition_finds_no_owner_and_loses_nothing(report, publish_edition):
    """D07B ends with 2026.  A phone with an old map picks it in March: unlocated, for a dispatcher to place."""
    publish_edition(2, datetime(2026, 1, 1, tzinfo=UTC), [], ["D07B"])

    now = report(point=None, picked_grid="D07B").incident
    then = report(point=None, picked_grid="D07B", key="k2", occurred_at=datetime(2025, 6, 1, tzinfo=UTC)).incident

    assert (now.state, now.owner, now.picked_grid) == ("unlocated", None, "D07B")
    assert steps(now)["owner"] == "the grid picked is not in edition 2"
    assert (then.owner, then.edition) == ("D07B", 1)


def test_an_unknown_picked_grid_gives_way_to_where_the_reporter_stood(report):
    """Nothing is lost for a mistyped code, and the explanation says so."""
    incident = report(point=None, picked_grid="D99", reporter_point=DeclaredPoint(102.73, 25.01)).incident

    assert (incident.owner, incident.located_by, incident.picked_grid) == ("D08A", "reporter", None)
    assert steps(incident)["located"] == "grid D99 is not there; instead by where the reporter stood"


def test_an_uncertain_point_says_how_sure_its_owner_is(report):
    """30 m at the edge of D07A: three quarters of the places lie in it, the others in D07B."""
    incident = report(point=DeclaredPoint(102.71, 25.02), accuracy_m=30.0).incident

    assert incident.probability == 0.75
    assert incident.fact("owner", "candidates") == [
        {"code": "D07A", "probability": 0.75},
        {"code": "D07B", "probability": 0.25},
    ]
    assert steps(incident)["owner"].endswith("; as accurate as the point is, with a probability of 0.75")


def test_a_building_is_sure_however_accurate_the_phone_is(report):
    """The plate was read, not measured."""
    assert report(building_code="B7", accuracy_m=500.0).incident.probability is None


def test_on_whose_behalf_it_is_typed_in_is_kept(report):
    """A typist reports for a resident: both are known, apart."""
    incident = report(reporter="李大姐 138…").incident

    assert incident.reporter == "李大姐 138…"


@pytest.fixture
def kept(ground):
    """B7 is kept in D07B, though it stands in D07A; its shop 1F-1 in D08A; it is 云A-7 elsewhere."""
    with ground:
        for statement in (
            "UPDATE building_owner SET grid_code = 'D07B' WHERE building_code = 'B7'",
            "INSERT INTO building_unit (building_code, label) VALUES ('B7', '1F-1'), ('B7', '201')",
            (
                "INSERT INTO building_unit_owner (building_code, unit, editions, grid_code)"
                " VALUES ('B7', '1F-1', '[1,)', 'D08A')"
            ),
            "INSERT INTO building_alias (scheme, alias, building_code) VALUES ('police', '云A7', 'B7')",
        ):
            ground._session.execute(text(statement))
        ground.commit()


@pytest.mark.parametrize(
    ("named", "owner", "why"),
    [
        ({"building_code": "B7"}, "D07B", "the building is kept in D07B 二网格 in edition 1"),
        ({"building_code": "b7", "unit": "1f-1"}, "D08A", "the unit is kept in D08A 三网格 in edition 1"),
        ({"building_code": "B7", "unit": "201"}, "D07B", "the building is kept in D07B 二网格 in edition 1"),
        ({"building_code": "B7", "unit": "999"}, "D07B", "the building is kept in D07B 二网格 in edition 1"),
        ({"building_code": "police:云A-7"}, "D07B", "the building is kept in D07B 二网格 in edition 1"),
        ({"building_code": "B7-1"}, "D07B", "the building is kept in D07B 二网格 in edition 1"),
    ],
    ids=["building", "shop", "flat", "unknown flat", "alias", "door"],
)
def test_a_building_has_the_owner_that_is_kept_for_it(report, kept, named, owner, why):
    """As a lookup by building says, whatever its point says."""
    incident = report(point=None, **named).incident

    assert (incident.owner, incident.chain[-1].code, incident.located_by) == (owner, owner, "building")
    assert incident.building_code == "B7"
    assert steps(incident)["owner"] == why


def test_a_door_is_where_it_happened(report):
    """B7-1 is the door at 102.7051, ten metres from the building's point."""
    incident = report(point=None, building_code="B7-1").incident

    assert (incident.point.lon, steps(incident)["located"]) == (102.7051, "by building B7, entrance 1")


def test_an_alias_of_two_buildings_is_refused_alone_and_gives_way_to_a_point(report, kept, ground):
    """Two registers mean two buildings by 云A7."""
    other = Building("B9", "九栋", "人民路9号", "residential", 102.73, 25.005)
    with ground:
        ground.buildings.add_many([other], ["D08A"], edition=1)
        ground._session.execute(
            text("INSERT INTO building_alias (scheme, alias, building_code) VALUES ('housing', '云A7', 'B9')")
        )
        ground.commit()

    with pytest.raises(ClashError) as refusal:
        report(point=None, building_code="云A7")

    assert refusal.value.code == "ambiguous-alias"
    assert report(building_code="云A7").incident.located_by == "coordinate"
