import math
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pyproj import Geod
from sqlalchemy import event, text

from gis_service.domain.access import Principal
from gis_service.domain.incident import Incident, Point, Report, Sighting

AT = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
FIRST_ID = int(AT.timestamp() * 1000) << 80
HERE = Point(102.71, 25.01)
CITY = Principal("city desk", "dispatcher", None)
GEOD = Geod(ellps="WGS84")
ASKED = Sighting(UUID(int=FIRST_ID + 10**6), HERE, "hazard", AT)


def incident(number: int, point: Point = HERE, **values) -> Incident:
    report = Report("hazard", "general", "patrol", "x", values.pop("occurred_at", AT), point=point)
    told = {name: values.pop(name) for name in ("category", "accuracy_m") if name in values}
    made = Incident(
        id=UUID(int=FIRST_ID + number),
        version=1,
        state="reported",
        report=replace(report, **told),
        reported_at=AT,
        reported_by="hotline",
        located_by="coordinate",
        event_point=point,
        building_code=None,
        owner="D07A",
        chain=("D", "D07", "D07A"),
        edition=1,
        distance_m=None,
        tied_with=(),
        department=None,
        assisting=(),
        response_class=None,
        due_at=None,
        explain=(),
    )
    return replace(made, **values)


def moved(azimuth: float, metres: float) -> Point:
    lon, lat, _ = GEOD.fwd(HERE.lon, HERE.lat, azimuth, metres)
    return Point(lon, lat)


@pytest.fixture
def find(ground):
    """Store incidents and return what may be the same as each of some sightings: numbers and scores."""

    def act(incidents, sightings=(ASKED,), principal=CITY) -> list[list[tuple[int, float]]]:
        with ground as work:
            for category in {one.report.category for one in incidents}:
                work._session.execute(
                    text("INSERT INTO category VALUES (:code, 'x', 'x') ON CONFLICT DO NOTHING"), {"code": category}
                )
            work.incidents.add(incidents, [])
            found = work.duplicates.find(sightings, principal)
            return [[(one.id.int - FIRST_ID, one.score) for one in found.get(asked.id, ())] for asked in sightings]

    return act


@pytest.fixture
def duplicates(find):
    """Store incidents and return the numbers of those that may be duplicates of a hazard here and now."""

    def act(*incidents: Incident, principal: Principal = CITY) -> list[int]:
        return [number for number, _ in find(incidents, principal=principal)[0]]

    return act


def test_duplicates_lie_within_fifty_metres(duplicates):
    """In any direction: 49.9 m is near, 50.1 m is not."""
    near = [incident(number, moved(azimuth, 49.9)) for number, azimuth in enumerate((0, 90, 180, 270), start=1)]
    far = [incident(number, moved(azimuth, 50.1)) for number, azimuth in enumerate((0, 90, 180, 270), start=11)]

    assert sorted(duplicates(*near, *far)) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("stored", "asked", "near_m"), [(30, None, 80), (None, 30, 80), (30, 20, 100), (400, None, 150), (900, 900, 250)]
)
def test_the_accuracy_of_both_positions_is_allowed_for(find, stored, asked, near_m):
    """Each adds its radius, 100 m at most, to the 50 m."""
    near = incident(1, moved(90, near_m - 0.5), accuracy_m=stored)
    far = incident(2, moved(90, near_m + 0.5), accuracy_m=stored)

    (found,) = find([near, far], [replace(ASKED, accuracy_m=asked)])

    assert [number for number, _ in found] == [1]


def test_the_less_exact_the_positions_the_less_closeness_says(find):
    """At one place and time: 1 when both are exact, 50 / 100 with 20 and 30 m, 50 / 250 at the worst."""
    incidents = [incident(1), incident(2, accuracy_m=30), incident(3, accuracy_m=5000)]

    (exact,) = find(incidents)
    (inexact,) = find(incidents, [replace(ASKED, accuracy_m=20)])
    (useless,) = find(incidents, [replace(ASKED, accuracy_m=5000)])

    assert exact == [(1, 1.0), (2, 0.62), (3, 0.33)]
    assert inexact == [(1, 0.71), (2, 0.5), (3, 0.29)]
    assert useless == [(1, 0.33), (2, 0.28), (3, 0.2)]


def test_another_category_of_the_same_kind_counts_half(find):
    """Fire and flood are kindred hazards; a dispute is something else, and so is what only begins alike."""
    sighting = replace(ASKED, category="hazard.fire")
    incidents = [
        incident(number, category=category)
        for number, category in enumerate(("hazard.flood", "hazard.fire", "hazard", "dispute", "hazardous"), start=1)
    ]

    assert find(incidents, [sighting]) == [[(2, 1.0), (1, 0.5), (3, 0.5)]]


def test_duplicates_happened_within_fourteen_days(duplicates):
    """Before or after, to the second."""
    fortnight, second = timedelta(days=14), timedelta(seconds=1)

    found = duplicates(
        incident(1, occurred_at=AT - fortnight),
        incident(2, occurred_at=AT + fortnight),
        incident(3, occurred_at=AT - fortnight - second),
        incident(4, occurred_at=AT + fortnight + second),
    )

    assert sorted(found) == [1, 2]


@pytest.mark.parametrize(
    ("state", "is_found"),
    [
        ("archived", False),
        ("evaluated", False),
        ("merged", False),
        ("cancelled", False),
        ("handled", True),
        ("returned", True),
    ],
)
def test_duplicates_are_open(duplicates, state, is_found):
    """What is closed is another matter when it comes back."""
    assert bool(duplicates(incident(1, state=state))) is is_found


def test_the_likeliest_duplicate_comes_first_and_of_equals_the_older(duplicates):
    """Nearer and later beats farther and earlier."""
    far = incident(1, moved(0, 40), occurred_at=AT - timedelta(days=1))
    near = incident(2, moved(0, 5), occurred_at=AT - timedelta(days=1))
    equal = incident(4, moved(0, 5), occurred_at=AT - timedelta(days=1))
    old = incident(3, moved(0, 5), occurred_at=AT - timedelta(days=13))

    assert duplicates(far, equal, near, old) == [2, 4, 1, 3]


@pytest.mark.parametrize(
    ("principal", "seen"),
    [
        (Principal("worker 8", "worker", "D08"), []),
        (Principal("worker 7", "worker", "D07"), [1]),
        (Principal("hotline", "worker", "D08"), [1, 2]),
        (Principal("desk", "dispatcher", "D"), [1, 2]),
        (Principal("desk", "dispatcher", "D07"), [1]),
        (Principal("router", "router", "D"), [1]),
        (Principal("router", "router", None), [1, 2]),
    ],
)
def test_no_duplicate_is_shown_to_who_may_not_see_it(ground, principal, seen):
    """One in D07A and one without an owner: those that the caller can also read, and no others."""
    nowhere = incident(2, owner=None, chain=(), state="unlocated")
    with ground as work:
        work.incidents.add([incident(1), nowhere], [])
        found = [one.id for one in work.duplicates.find([ASKED], principal).get(ASKED.id, ())]
        readable = sorted(work.incidents.get_many([incident(1).id, nowhere.id], principal))

    assert found == readable
    assert [one.int - FIRST_ID for one in found] == seen


def test_a_later_report_is_told_of_an_earlier_one_of_the_same_list(find):
    """Neither of itself, nor an earlier one of a later one."""
    first, second = replace(ASKED, id=UUID(int=FIRST_ID + 2)), replace(ASKED, id=UUID(int=FIRST_ID + 1))

    assert find([incident(7)], [first, second]) == [[(7, 1.0)], [(2, 1.0), (7, 1.0)]]


def test_duplicates_agree_with_a_second_opinion(find):
    """Sixty stored and thirty reported at once, of all accuracies, categories and times: as Python reckons it."""
    chance = random.Random(7)
    categories = ("hazard", "hazard.fire", "hazard.fire.shop", "dispute")

    def made() -> dict:
        return {
            "point": moved(chance.uniform(0, 360), chance.uniform(0, 150)),
            "category": chance.choice(categories),
            "accuracy_m": chance.choice((None, 0, 8, 60, 3000)),
            "occurred_at": AT + timedelta(days=chance.uniform(-9, 9)),
        }

    stored = [made() for _ in range(60)]
    sightings = [Sighting(UUID(int=FIRST_ID + 100 + number), **made()) for number in range(30)]
    known = [Sighting(UUID(int=FIRST_ID + number), **values) for number, values in enumerate(stored, start=1)]
    expected = [
        sorted(
            (
                (-_score(asked, other), other.id.int - FIRST_ID)
                for other in [*known, *sightings[:position]]
                if _score(asked, other) is not None
            ),
        )[:5]
        for position, asked in enumerate(sightings)
    ]

    found = find([incident(number, **values) for number, values in enumerate(stored, start=1)], sightings)

    assert sum(map(len, expected)) > 60
    assert [[number for number, _ in one] for one in found] == [[number for _, number in one] for one in expected]
    assert all(
        math.isclose(score, -reckoned, abs_tol=0.0051)
        for pairs, others in zip(found, expected, strict=True)
        for (_, score), (reckoned, _) in zip(pairs, others, strict=True)
    )


def _score(asked: Sighting, other: Sighting) -> float | None:
    near_m = 50 + min(asked.accuracy_m or 0, 100) + min(other.accuracy_m or 0, 100)
    distance_m = GEOD.inv(asked.point.lon, asked.point.lat, other.point.lon, other.point.lat)[2]
    apart = abs(asked.occurred_at - other.occurred_at) / timedelta(days=14)
    if distance_m > near_m or apart > 1 or asked.category.split(".")[0] != other.category.split(".")[0]:
        return None
    kinship = 1 if asked.category == other.category else 0.5
    return kinship * 50 / near_m * (1 - distance_m / near_m) * (1 - apart)


def test_no_more_than_the_nearest_five_hundred_are_looked_at(ground):
    """An open one 30 m off is found, and no more once 600 closed ones lie nearer."""
    with ground as work:
        work.incidents.add([incident(1, moved(90, 30))], [])
        assert work.duplicates.find([ASKED], CITY)[ASKED.id]

        closed = [incident(number, state="archived") for number in range(2, 602)]
        work.incidents.add(closed, [])

        assert ASKED.id not in work.duplicates.find([ASKED], CITY)


def test_duplicates_are_found_by_the_index_on_points(ground, engine):
    """Of two thousand incidents around, that of the window alone."""
    plans: list[str] = []

    def explain(_connection, cursor, statement, parameters, *_rest) -> None:
        if "EXECUTE duplicates" in statement:
            cursor.execute(statement.replace("; EXECUTE", "; EXPLAIN EXECUTE"), parameters)
            plans.append("\n".join(line for (line,) in cursor.fetchall()))

    scattered = [incident(number, moved(number, 200 + number * 5)) for number in range(1, 2001)]
    with ground as work:
        work.incidents.add(scattered, [])
        work._session.execute(text("ANALYZE incident"))
        work.duplicates.find([ASKED], CITY)  # the connection is told the statement
        event.listen(engine, "before_cursor_execute", explain)
        try:
            work.duplicates.find([ASKED], CITY)
        finally:
            event.remove(engine, "before_cursor_execute", explain)

    assert "incident_other_point_idx" in plans[0]
