from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from gis_service.database.tables import incident as incident_table
from gis_service.domain.access import Principal
from gis_service.domain.alarms import USUAL
from gis_service.domain.incident import DeclaredPoint, IncidentFilter, IncidentRecord, Report
from gis_service.errors import ClashError, ForbiddenError, NotFoundError, RuleBrokenError
from gis_service.use_cases.change_clocks import ACTS, ClockAct, change_clocks
from gis_service.use_cases.keep_clocks import ring_alarms
from gis_service.use_cases.read_incidents import find_incidents, read_events
from gis_service.use_cases.report_incident import IncidentRequest, report_incident

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)  # Friday, 17:00 in Shanghai
DISPATCHER = Principal("street desk", "dispatcher", "D07")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def incident(ground, locate) -> IncidentRecord:
    """A general hazard in D07A: four hours to accept it, three days to handle it, to Monday 17:00."""
    return reported(ground, locate)


def reported(ground, locate, at=NOW, category="hazard", point=(102.71, 25.01)) -> IncidentRecord:
    request = IncidentRequest(
        Report(category, "general", "patrol", "loose tile", at),
        str(point),
        b"body",
        point=DeclaredPoint(*point),
    )
    return report_incident(
        request, principal=Principal("hotline", "router"), locate=locate, zone=ZONE, now=at, work=ground
    ).incident


@pytest.fixture
def do(ground, incident):
    """Do something to the clocks of the incident, a dispatcher of its street so many hours after the report."""

    def act(
        word: str, hours: float = 0, *, until=None, principal=DISPATCHER, reason="why", of=None
    ) -> IncidentRecord:
        return change_clocks(
            incident.id if of is None else of,
            ClockAct(word, reason, until),
            principal=principal,
            zone=ZONE,
            clock=lambda: NOW + hours * HOUR,
            work=ground,
            alarms=USUAL,
        )

    return act


@pytest.fixture
def put(ground, incident):
    """Write columns of the incident past all rules."""

    def act(**values) -> None:
        with ground as work:
            this = update(incident_table).where(incident_table.c.id == incident.id)
            work.incidents._session.execute(this.values(version=1, **values))
            work.commit()

    return act


def test_a_pause_and_what_follows_are_stored_and_told(do, incident, ground):
    """Two hours of pause: both deadlines are two hours later, each act is a version and an event with its facts."""
    standing = do("pause", 1, reason="waits for the owner")
    after = do("resume", 3)

    assert (standing.paused_at, standing.alarm_at, standing.version) == (NOW + HOUR, None, 2)
    assert (after.due_at, after.accept_due_at) == (incident.due_at + 2 * HOUR, incident.accept_due_at + 2 * HOUR)
    assert (after.paused_at, after.alarm_at, after.version) == (None, incident.alarm_at + 2 * HOUR, 3)
    paused, resumed = read_events(incident.id, DISPATCHER, ground)[1:]
    assert (paused.kind, paused.actor, paused.reason) == ("paused", "street desk", "waits for the owner")
    assert paused.facts == {"paused_at_before": None, "paused_at": "2026-03-06T18:00:00+08:00"}
    assert (resumed.kind, resumed.from_state, resumed.to_state) == ("resumed", "reported", "reported")
    assert resumed.facts == {
        "accept_due_at_before": "2026-03-06T21:00:00+08:00",
        "accept_due_at": "2026-03-06T23:00:00+08:00",
        "due_at_before": "2026-03-09T17:00:00+08:00",
        "due_at": "2026-03-09T19:00:00+08:00",
        "paused_at_before": "2026-03-06T18:00:00+08:00",
        "paused_at": None,
    }


def test_a_pause_moves_working_days_by_working_time(do, ground, locate):
    """A dispute, to Wednesday 17:00: paused from Saturday noon to Monday noon it ends on Thursday 05:00."""
    dispute = reported(ground, locate, category="dispute", point=(102.71, 25.005))

    do("pause", 19, of=dispute.id)
    after = do("resume", 67, of=dispute.id)

    assert after.due_at == datetime(2026, 3, 12, 5, tzinfo=ZONE)


def test_a_paused_incident_is_not_overdue_and_rings_nothing(do, incident, ground):
    """Years after its deadline; resumed it has as long as it had."""

    def is_overdue() -> bool:
        return bool(find_incidents(IncidentFilter(overdue=True), DISPATCHER, ground))

    assert is_overdue()

    do("pause", 1)

    assert not is_overdue()
    assert len(find_incidents(IncidentFilter(overdue=False), DISPATCHER, ground)) == 1
    assert ring_alarms(zone=ZONE, alarms=USUAL, now=NOW + 99 * DAY, work=ground) == {}
    assert do("resume", 1 + 99 * 24).due_at == incident.due_at + 99 * DAY


def test_an_extension_is_asked_for_and_granted(do, incident, ground):
    """By a worker of the grid before Monday 17:00; granted on Tuesday, when it counts all the same."""
    until = incident.due_at + 2 * DAY

    asked = do("ask-extension", 71, until=until, principal=Principal("worker 7", "worker", "D07A"))
    granted = do("grant-extension", 90)

    assert (asked.asked_until, asked.due_at) == (until, incident.due_at)
    assert (granted.asked_until, granted.due_at) == (None, until)
    _, first, second = read_events(incident.id, DISPATCHER, ground)
    assert (first.kind, first.actor, first.reason) == ("extension_asked", "worker 7", "why")
    assert first.facts == {"asked_until_before": None, "asked_until": "2026-03-11T17:00:00+08:00"}
    assert second.kind == "extension_granted"
    assert (second.facts["due_at_before"], second.facts["due_at"]) == (
        "2026-03-09T17:00:00+08:00",
        "2026-03-11T17:00:00+08:00",
    )


def test_an_extension_refused_may_be_asked_for_again(do, incident):
    """The deadline stays; a second request needs a decision of its own."""
    do("ask-extension", 1, until=incident.due_at + DAY)
    refused = do("refuse-extension", 2)
    again = do("ask-extension", 3, until=incident.due_at + DAY)

    assert (refused.asked_until, refused.due_at) == (None, incident.due_at)
    assert again.asked_until == incident.due_at + DAY


@pytest.mark.parametrize(
    ("word", "values", "code"),
    [
        ("pause", {"paused_at": NOW}, "paused"),
        ("ask-extension", {"paused_at": NOW}, "paused"),
        ("grant-extension", {"paused_at": NOW, "asked_until": NOW}, "paused"),
        ("resume", {}, "not-paused"),
        ("grant-extension", {}, "no-extension-asked"),
        ("refuse-extension", {}, "no-extension-asked"),
        ("ask-extension", {"asked_until": NOW}, "extension-asked"),
        ("ask-extension", {"due_at": NOW}, "deadline-passed"),
        ("pause", {"state": "handled"}, "no-clock"),
        ("ask-extension", {"state": "archived"}, "no-clock"),
        ("pause", {"due_at": None}, "no-clock"),
    ],
)
def test_what_the_clocks_do_not_allow_is_a_clash(do, put, word, values, code):
    """Each says by its code why not; the deadline itself is too late to ask."""
    put(**values)

    with pytest.raises(ClashError) as refusal:
        do(word, until=NOW + 9 * DAY)

    assert refusal.value.code == code


@pytest.mark.parametrize("days", [3, 367], ids=["at the deadline", "over a year ahead"])
def test_an_extension_lies_after_the_deadline_and_within_a_year(do, days):
    """The deadline is three days ahead."""
    with pytest.raises(RuleBrokenError) as refusal:
        do("ask-extension", until=NOW + days * DAY)

    assert [fault.pointer for fault in refusal.value.faults] == ["/until"]


def test_only_who_has_the_ground_in_scope_may(do, ground, locate):
    """The other street does not see it; who reported it does, and may not; without an owner it is the city's."""
    for word in ACTS:
        with pytest.raises(NotFoundError):
            do(word, principal=Principal("other desk", "dispatcher", "D08"))
    with pytest.raises(NotFoundError):
        do("pause", of=UUID(int=7))
    with pytest.raises(ForbiddenError) as refusal:
        do("pause", principal=Principal("hotline", "router", "D08"))
    assert refusal.value.code == "outside-scope"
    unlocated = reported(ground, locate, point=(102.71, 25.05))
    with pytest.raises(ForbiddenError):
        do("pause", of=unlocated.id, principal=Principal("hotline", "router", "D08"))
    assert do("pause", of=unlocated.id, principal=Principal("city desk", "dispatcher")).paused_at == NOW
