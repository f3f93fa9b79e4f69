from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from zoneinfo import ZoneInfo

import pytest

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.alarms import USUAL
from gis_service.domain.incident import DeclaredPoint, IncidentRecord, Report
from gis_service.use_cases.keep_clocks import ring_alarms
from gis_service.use_cases.read_incidents import read_events, read_incident
from gis_service.use_cases.repeating import Repeating
from gis_service.use_cases.report_incident import IncidentRequest, report_incident
from tests.support.desk import locate_on_ground, prepare

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
CITY = Principal("city desk", "dispatcher", None)
LONG_AFTER = NOW + timedelta(days=60)
ALL = ["reminded", "alerted", "alerted"]


def report(work: UnitOfWork, key: str = "k", at: datetime = NOW, lat: float = 25.01) -> IncidentRecord:
    """A general hazard in D07A: four hours to accept it, three days to handle it."""
    request = IncidentRequest(
        Report("hazard", "general", "patrol", "loose tile", at), key, b"body", point=DeclaredPoint(102.71, lat)
    )
    return report_incident(request, principal=CITY, locate=locate_on_ground, zone=ZONE, now=at, work=work).incident


def look(work: UnitOfWork, now: datetime, at_once: int = 200) -> Counter[str]:
    return ring_alarms(zone=ZONE, alarms=USUAL, now=now, work=work, at_once=at_once)


def told(work: UnitOfWork, incident: IncidentRecord) -> list[tuple[str, str | None]]:
    return [(event.kind, event.to_grid) for event in read_events(incident.id, CITY, work)[1:]]


@pytest.fixture
def works(own_database):
    """Gives transactions of a database with the small ground, each on a connection of its own."""
    engine = make_engine(own_database, pool_size=6, statement_timeout_ms=30_000)
    sessions = make_session_factory(engine)
    prepare(UnitOfWork(sessions))
    yield lambda: UnitOfWork(sessions)
    engine.dispose()


def test_what_is_due_is_told_once_and_the_next_alarm_is_set(ground):
    """After 3 h 12 min of four hours to accept: a reminder with its facts; then nothing until the four are over."""
    incident = report(ground)

    assert incident.alarm_at == NOW + timedelta(hours=3, minutes=12)
    assert look(ground, incident.alarm_at - timedelta(seconds=1)) == {}
    assert look(ground, incident.alarm_at) == {"reminded": 1}
    assert look(ground, incident.alarm_at) == {}

    event = read_events(incident.id, CITY, ground)[-1]
    assert (event.kind, event.actor, event.from_state, event.to_state) == (
        "reminded",
        "clock",
        "reported",
        "reported",
    )
    assert (event.at, event.to_grid) == (incident.alarm_at, "D07A")
    assert event.facts == {
        "stage": "accept",
        "due_at": "2026-03-06T21:00:00+08:00",
        "alarm_at": "2026-03-06T20:12:00+08:00",
    }
    assert read_incident(incident.id, CITY, ground).alarm_at == NOW + timedelta(hours=4)


def test_an_alarm_is_no_new_version(ground):
    """Who wants to change the incident is not held up by it."""
    incident = report(ground)

    look(ground, LONG_AFTER)

    after = read_incident(incident.id, CITY, ground)
    assert (after.version, after.due_at, after.accept_due_at) == (1, incident.due_at, incident.accept_due_at)
    assert (after.alarm_at, after.alarm_step) == (None, 303)


def test_more_than_one_batch_is_told_in_one_call(ground):
    """Five incidents, two at a time: reported now, and one, two, three and four hours before."""
    incidents = [report(ground, f"k{number}", NOW - timedelta(hours=number)) for number in range(5)]

    assert look(ground, NOW + timedelta(hours=3, minutes=12), at_once=2) == {"reminded": 1, "alerted": 6}

    assert told(ground, incidents[0]) == [("reminded", "D07A")]
    assert told(ground, incidents[2]) == [("alerted", "D07")]
    assert told(ground, incidents[4]) == [("alerted", "D07"), ("alerted", "D")]


def test_without_an_owner_the_desk_is_told(ground):
    """Outside the district nobody of the chain is there; the events are."""
    incident = report(ground, lat=25.05)

    look(ground, LONG_AFTER)

    assert told(ground, incident) == [("alerted", None), ("alerted", None)]


def test_a_clock_set_back_or_far_forward_tells_nothing_twice(ground):
    """A year ahead, back, and there again."""
    incident = report(ground)

    for now in (NOW + timedelta(hours=3, minutes=12), NOW + timedelta(days=365), NOW, NOW + timedelta(days=366)):
        look(ground, now)

    assert told(ground, incident) == [
        ("reminded", "D07A"),
        ("alerted", "D07"),
        ("alerted", "D"),
        ("alerted", "D07"),
        ("alerted", "D"),
    ]


def test_the_queries_do_not_grow_with_the_incidents(ground, count_queries):
    """Five incidents at once: read the calendar and the incidents, write events and alarms."""
    for number in range(5):
        report(ground, f"k{number}")

    with count_queries() as queries:
        look(ground, LONG_AFTER)

    assert [query.split()[0] for query in queries] == ["SELECT", "SELECT", "INSERT", "UPDATE"]


def test_what_another_keeper_holds_is_left_to_it_and_lost_by_nobody(works):
    """One keeper holds two of five and dies; another tells of the three meanwhile, and of the two afterwards."""
    incidents = [report(works(), f"k{number}") for number in range(5)]
    at = NOW + timedelta(hours=3, minutes=12)

    with works() as dying:
        held = {record.id for record in dying.incidents.lock_ringing(at, 2)}
        assert look(works(), at) == {"reminded": 3}
    assert look(works(), at) == {"reminded": 2}

    assert len(held) == 2
    assert all(told(works(), incident) == [("reminded", "D07A")] for incident in incidents)


def test_many_keepers_at_once_tell_of_each_alarm_once(works):
    """Four threads take three incidents at a time of 24, for each of which two deadlines passed long ago."""
    incidents = [report(works(), f"k{number}") for number in range(24)]

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: look(works(), LONG_AFTER, at_once=3), range(4)))

    assert sum(counts, Counter()) == {"alerted": 4 * len(incidents)}
    for incident in incidents:
        assert Counter(told(works(), incident)) == {("alerted", "D07"): 2, ("alerted", "D"): 2}


def test_a_keeper_looks_by_itself_and_survives_a_database_that_is_away(works):
    """The first look fails, the second tells of a report of yesterday."""
    incident = report(works(), at=datetime.now(UTC) - timedelta(days=1))
    calls, failed = [], Event()

    def open_work() -> UnitOfWork:
        calls.append(1)
        if len(calls) == 1:
            failed.set()
            message = "away"
            raise ConnectionError(message)
        return works()

    keeper = Repeating("clocks", lambda: look(open_work(), datetime.now(UTC)), 0.01)
    keeper.start()
    assert failed.wait(30)
    while not told(works(), incident):
        pass
    keeper.stop()

    assert told(works(), incident) == [("alerted", "D07"), ("alerted", "D")]


def test_a_keeper_without_a_period_does_nothing():
    """The service then rings none; cron may."""
    calls = []
    keeper = Repeating("clocks", lambda: calls.append(1), 0)

    keeper.start()
    keeper.stop()

    assert calls == []
