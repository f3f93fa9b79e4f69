from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from gis_service.domain.alarms import AlarmShares
from gis_service.domain.deadlines import DeadlineRule
from gis_service.domain.dispatch import DispatchRule
from gis_service.domain.incident import Duplicate, Incident, Point, Report
from gis_service.domain.intake import Rulebook, open_incident
from gis_service.domain.period import Period
from gis_service.domain.place import ChainLink, Place
from gis_service.domain.spot import find_spot
from gis_service.domain.work_calendar import WorkCalendar

HAPPENED = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
REPORTED = HAPPENED + timedelta(hours=2)
INSIDE = Place(
    3, "inside", "D07", "standard", (ChainLink("D", "Panlong", "district"), ChainLink("D07", "Donghua", "street"))
)
RULEBOOK = Rulebook(
    [DispatchRule("d1", "hazard", "fire", assisting=("housing",))],
    [DeadlineRule("t1", "handle", "elapsed", 60, "immediate")],
    WorkCalendar(ZoneInfo("Asia/Shanghai")),
)


def opened(place: Place = INSIDE, rulebook: Rulebook = RULEBOOK, duplicates: tuple[Duplicate, ...] = ()) -> Incident:
    report = Report("hazard", "general", "patrol", "blocked exit", HAPPENED, point=Point(102.7, 25.0))
    return open_incident(
        id=UUID(int=1),
        report=report,
        spot=find_spot(report, None),
        place=place,
        rulebook=rulebook,
        duplicates=duplicates,
        reported_at=REPORTED,
        reported_by="worker 1",
    )


def test_owner_department_and_deadline_come_with_their_reasons():
    """One answer, five steps, in the order in which they were decided."""
    incident = opened()

    assert (incident.state, incident.owner, incident.chain) == ("reported", "D07", ("D", "D07"))
    assert (incident.department, incident.assisting) == ("fire", ("housing",))
    assert [entry["step"] for entry in incident.explain] == [
        "located",
        "owner",
        "dispatch",
        "accept_deadline",
        "deadline",
    ]


def test_the_clock_starts_when_it_happened():
    """Reported two hours late with an hour to handle it, it is overdue at once: the order of uploads is nothing."""
    assert opened().due_at == HAPPENED + timedelta(hours=1)


def test_the_clock_to_accept_starts_with_the_report():
    """Nobody could accept before: half an hour from the report, two hours after it happened."""
    accept = DeadlineRule("a", "accept", "elapsed", 30, "immediate")

    incident = opened(rulebook=replace(RULEBOOK, deadlines=[*RULEBOOK.deadlines, accept]))

    assert incident.accept_due_at == REPORTED + timedelta(minutes=30)
    assert opened().accept_due_at is None


def test_the_first_alarm_is_the_earlier_one_of_both_clocks():
    """80 % of half an hour to accept come before 80 % of ten hours to handle; the past rings no alarms."""
    rules = [
        DeadlineRule("a", "accept", "elapsed", 30, "immediate"),
        DeadlineRule("h", "handle", "elapsed", 600, "same_day"),
    ]

    ringing = opened(rulebook=replace(RULEBOOK, deadlines=rules, alarms=AlarmShares()))

    assert ringing.alarm_at == REPORTED + timedelta(minutes=24)
    assert opened(rulebook=replace(RULEBOOK, deadlines=rules)).alarm_at is None
    assert opened(rulebook=replace(RULEBOOK, deadlines=[], alarms=AlarmShares())).alarm_at is None


def test_rules_are_those_of_the_instant_of_the_report():
    """A rule that ended between the two does not name a department any more."""
    ended = DispatchRule("d1", "hazard", "fire", in_force=Period(until=REPORTED))

    incident = opened(rulebook=Rulebook([ended], RULEBOOK.deadlines, RULEBOOK.calendar))

    assert incident.department is None


def test_outside_the_coverage_it_is_unlocated_and_kept():
    """No owner, no chain, the distance to the nearest grid, and department and deadline all the same."""
    incident = opened(Place(3, "outside", nearest=("D07", 12.5)))

    assert (incident.state, incident.owner, incident.chain) == ("unlocated", None, ())
    assert (incident.located_by, incident.distance_m) == ("nowhere", 12.5)
    assert incident.department == "fire"


def test_possible_duplicates_are_part_of_the_explanation():
    """They are stored with it, so that a retry names the same ones."""
    twin = Duplicate(UUID(int=2), 12.0, HAPPENED, "hazard", 0.7)

    entry = opened(duplicates=(twin,)).explain[-1]

    assert entry["step"] == "duplicates"
    assert entry["duplicates"] == [
        {
            "id": str(UUID(int=2)),
            "distance_m": 12.0,
            "occurred_at": "2026-03-06T09:00:00+00:00",
            "category": "hazard",
            "score": 0.7,
        }
    ]
