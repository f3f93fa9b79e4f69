from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from gis_service.domain.access import Principal
from gis_service.domain.incident import IncidentFilter
from gis_service.errors import RuleBrokenError
from gis_service.use_cases.change_rules import GivenRows, change_rules, read_table
from gis_service.use_cases.import_incidents import import_incidents
from gis_service.use_cases.read_incidents import find_incidents
from gis_service.use_cases.try_rules import TrialWindow, try_rules

ZONE = ZoneInfo("Asia/Shanghai")
FRIDAY = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 20, tzinfo=UTC)
WINDOW = TrialWindow(FRIDAY - timedelta(days=1), NOW)
CITY = Principal("city desk", "dispatcher", None)

# In standard grids, in a dedicated one, in none below a street, outside the coverage.
PLACES = ((102.71, 25.01), (102.71, 25.03), (102.73, 25.01), (102.73, 25.03), (102.80, 25.01))
CATEGORIES = ("hazard", "dispute", "dispute.property", "sanitation")
SEVERITIES = ("general", "larger", "major")


@dataclass(frozen=True)
class Row:
    """An incident of the past."""

    category: str
    severity: str
    lon: float
    lat: float
    description: str
    occurred_at: datetime
    channel: str = "device"
    building_code: str | None = None
    locus: str | None = None
    accuracy_m: float | None = None
    final_state: str = "unlocated"
    handled_at: datetime | None = None
    external_id: str | None = None


@pytest.fixture
def decide(ground, locate):
    """Take in 60 incidents, one of each kind and place, by the rules as stored; return them in their order."""

    def locate_many(lons, lats, instants):
        return [locate(*asked) for asked in zip(lons, lats, instants, strict=True)]

    def act(name):
        kinds = list(product(PLACES, CATEGORIES, SEVERITIES))
        rows = [
            Row(
                category,
                severity,
                *place,
                name,
                FRIDAY + timedelta(hours=number),
                final_state="unlocated" if place == PLACES[-1] else "reported",
            )
            for number, (place, category, severity) in enumerate(kinds)
        ]
        import_incidents(rows, locate_many=locate_many, zone=ZONE, until=NOW, work=ground)
        found = find_incidents(IncidentFilter(limit=10_000), CITY, ground)
        return sorted((one for one in found if one.description == name), key=lambda one: one.occurred_at)

    return act


NEW_DISPATCH = [
    {"id": "hazard", "category": "hazard", "department": "housing"},
    {"id": "hazard-dedicated", "category": "hazard", "kind": "dedicated", "department": "emergency"},
    {"id": "dispute-d08", "category": "dispute", "grid_code": "D08", "department": "housing"},
    {"id": "property-major", "category": "dispute.property", "severity": "major", "department": "emergency"},
]
NEW_DEADLINES = [
    {"id": "usual", "stage": "handle", "clock": "elapsed", "amount": 4320, "response_class": "within_3_days"},
    {
        "id": "hazard-major",
        "category": "hazard",
        "severity": "major",
        "stage": "handle",
        "clock": "elapsed",
        "amount": 30,
        "response_class": "immediate",
    },
]


def test_a_trial_of_dispatch_says_what_loading_does(decide, ground):
    """60 incidents: what the trial counts is what comes out when the rules are loaded and all is decided again."""
    before = decide("before")
    given = GivenRows("dispatch", NEW_DISPATCH)

    trial = try_rules(given, WINDOW, ground, now=NOW, zone=ZONE)

    change_rules(given, ground, now=NOW)
    after = decide("after")
    pairs = [(old.department, new.department) for old, new in zip(before, after, strict=True)]
    assert len(pairs) == trial.outcome.incidents == 60
    assert trial.outcome.moves == Counter(pair for pair in pairs if pair[0] != pair[1])
    assert trial.outcome.moves.total() >= 20
    assert trial.outcome.undecided_after == sum(department is None for _, department in pairs)
    reasons = {old.id: new.explain for old, new in zip(before, after, strict=True)}
    for example in trial.outcome.examples:
        assert example.after.as_json() in reasons[example.incident.id]


def test_a_trial_of_deadlines_says_what_loading_does(decide, ground):
    """Working days against days by the clock, over a weekend: earlier and later as the stored deadlines are."""
    before = decide("before")
    given = GivenRows("deadlines", NEW_DEADLINES)

    trial = try_rules(given, WINDOW, ground, now=NOW, zone=ZONE)

    change_rules(given, ground, now=NOW)
    pairs = [(old.due_at, new.due_at) for old, new in zip(before, decide("after"), strict=True)]
    moves = Counter("earlier" if new < old else "later" for old, new in pairs if new != old)
    assert {how: count for (stage, how), count in trial.outcome.moves.items() if stage == "handle"} == moves
    assert set(moves) == {"earlier", "later"}


def test_a_trial_writes_nothing(decide, ground):
    """The table has the same tag, and broken rows are refused as they are when loaded."""
    decide("before")
    tag = read_table("dispatch", ground).tag

    try_rules(GivenRows("dispatch", NEW_DISPATCH, whole=True), WINDOW, ground, now=NOW, zone=ZONE)
    row = {"id": "x", "category": "hazard", "department": "nobody"}
    with pytest.raises(RuleBrokenError, match="department nobody is not known"):
        try_rules(GivenRows("dispatch", [row]), WINDOW, ground, now=NOW, zone=ZONE)

    assert read_table("dispatch", ground).tag == tag


def test_the_newest_incidents_of_the_window_are_tried(decide, ground):
    """Ten of sixty, and it is told that there were more; none in a window before."""
    records = decide("before")
    given = GivenRows("dispatch", [{"id": "sanitation", "category": "sanitation", "department": "housing"}])
    few = TrialWindow(WINDOW.since, WINDOW.until, 10)

    trial = try_rules(given, few, ground, now=NOW, zone=ZONE)
    earlier = try_rules(given, TrialWindow(WINDOW.since, FRIDAY), ground, now=NOW, zone=ZONE)

    assert (trial.outcome.incidents, trial.truncated) == (10, True)
    assert {one.incident.id for one in trial.outcome.examples} <= {one.id for one in records[-10:]}
    assert (earlier.outcome.incidents, earlier.truncated) == (0, False)


@pytest.mark.parametrize(
    ("since", "until"),
    [(NOW, NOW), (NOW + timedelta(days=1), None), (None, datetime(1, 1, 1, tzinfo=UTC))],
)
def test_a_window_must_have_a_past(since, until):
    """It ends after it begins, and before now."""
    with pytest.raises(RuleBrokenError):
        TrialWindow.around(since, until, NOW, 10)
