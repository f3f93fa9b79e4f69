from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gis_service.domain.access import Principal
from gis_service.domain.incident import DeclaredPoint, IncidentFilter, Report
from gis_service.errors import RuleBrokenError
from gis_service.use_cases.import_incidents import import_incidents
from gis_service.use_cases.read_incidents import find_incidents, read_events
from gis_service.use_cases.report_incident import IncidentRequest, report_incident

ZONE = ZoneInfo("Asia/Shanghai")
HAPPENED = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
UNTIL = datetime(2026, 6, 1, tzinfo=UTC)
CITY = Principal("city desk", "dispatcher", None)


@dataclass(frozen=True)
class Row:
    """A row of a record of the past."""

    category: str = "hazard"
    severity: str = "general"
    channel: str = "device"
    description: str = "smoke alarm"
    lon: float = 102.71
    lat: float = 25.01
    building_code: str | None = None
    locus: str | None = None
    accuracy_m: float | None = None
    occurred_at: datetime = HAPPENED
    final_state: str = "archived"
    handled_at: datetime | None = HAPPENED + timedelta(hours=5)
    external_id: str | None = None


@pytest.fixture
def load(ground, locate):
    """Import rows on the small ground and return what is listed then, newest first."""

    def locate_many(lons, lats, instants):
        return [locate(*asked) for asked in zip(lons, lats, instants, strict=True)]

    def act(*rows, progress=lambda _: None):
        import_incidents(rows, locate_many=locate_many, zone=ZONE, until=UNTIL, work=ground, progress=progress)
        return find_incidents(IncidentFilter(limit=10_000), CITY, ground)

    return act


def test_an_imported_incident_is_decided_like_a_reported_one(load, ground, locate):
    """All but identity, progress and alarms is equal: owner, chain, department, deadlines, every reason."""
    (imported,) = load(Row())
    report = Report("hazard", "general", "device", "smoke alarm", HAPPENED)
    request = IncidentRequest(report, "k", b"", point=DeclaredPoint(102.71, 25.01))
    reported = report_incident(
        request, principal=Principal("x", "router", None), locate=locate, zone=ZONE, now=HAPPENED, work=ground
    ).incident

    own = {"id", "feature_id", "version", "state", "accepted_at", "handled_at", "alarm_at"}
    assert {name: getattr(imported, name) for name in imported.__slots__ if name not in own} == {
        name: getattr(reported, name) for name in reported.__slots__ if name not in own
    }


def test_events_lead_to_the_final_state(load, ground):
    """Six events to archived; the version counts them."""
    (record,) = load(Row())

    events = read_events(record.id, CITY, ground)

    assert record.state == "archived"
    assert [event.to_state for event in events] == [
        "reported",
        "accepted",
        "dispatched",
        "handled",
        "verified",
        "archived",
    ]
    assert events[3].at == HAPPENED + timedelta(hours=5)
    assert record.version == 6
    assert (record.accepted_at, record.handled_at) == (events[1].at, events[3].at)


def test_what_lies_outside_is_kept_as_unlocated(load):
    """Whatever its state was: without an owner nobody can have handled it here."""
    (record,) = load(Row(lat=25.05))

    assert (record.state, record.owner, record.version) == ("unlocated", None, 1)


def test_a_building_places_an_imported_incident(load):
    """B7 stands in D07A; B8 is not known, so the point counts."""
    placed, fallen_back = load(
        Row(building_code="B8"), Row(building_code="B7", occurred_at=HAPPENED + timedelta(hours=1))
    )

    assert (placed.located_by, placed.building_code) == ("building", "B7")
    assert (fallen_back.located_by, fallen_back.building_code) == ("coordinate", None)


def test_the_newest_is_listed_first_whatever_the_order_of_the_rows(load):
    """Ids follow the instants of the reports."""
    days = [3, 1, 2, 5, 4]

    records = load(*(Row(occurred_at=HAPPENED + timedelta(days=day), handled_at=None) for day in days))

    assert [(record.occurred_at - HAPPENED).days for record in records] == [5, 4, 3, 2, 1]


def test_broken_rows_are_named_and_nothing_is_stored(load, ground):
    """A category, a state and a date of three rows; the fourth row is fine and not stored either."""
    with pytest.raises(RuleBrokenError) as refusal:
        load(Row(category="weather"), Row(final_state="lost"), Row(occurred_at=UNTIL + timedelta(days=1)), Row())

    assert [fault.pointer for fault in refusal.value.faults] == ["/0/category", "/1/final_state", "/2/occurred_at"]
    assert find_incidents(IncidentFilter(), CITY, ground) == []


def test_batches_are_told_to_the_progress_bar(load):
    """2,500 rows in three batches."""
    told: list[int] = []

    records = load(*(Row(occurred_at=HAPPENED + timedelta(minutes=n)) for n in range(2_500)), progress=told.append)

    assert told == [1_000, 2_000, 2_500]
    assert len(records) == 2_500
