from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pyproj import Geod
from sqlalchemy import Uuid, case, column, event, func, insert, select, text, true
from sqlalchemy.dialects.postgresql import array

from gis_service.database.tables import incident as incident_table
from gis_service.domain.access import Principal
from gis_service.domain.incident import Incident, IncidentFilter, Point, Report

AT = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
FIRST_ID = int(AT.timestamp() * 1000) << 80
HERE = Point(102.71, 25.01)
CITY = Principal("city desk", "dispatcher", None)
GEOD = Geod(ellps="WGS84")


def incident(number: int, point: Point = HERE, **values) -> Incident:
    report = Report("hazard", "general", "patrol", "x", values.pop("occurred_at", AT), point=point)
    report = replace(report, category=values.pop("category", "hazard"))
    made = Incident(
        id=UUID(int=FIRST_ID + number),
        version=1,
        state="reported",
        report=report,
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
def busy(ground):
    """A thousand open incidents on the ground, one a minute; one in a hundred is D07A's, lies HERE or is overdue.

    The statistics are those of these rows: whatever an earlier test left, the planner knows how few a filter finds.
    """
    few = func.mod(column("n"), 100) == 0
    made = {
        "id": func.lpad(func.to_hex(column("n") + 10), 32, "0").cast(Uuid),
        "chain": case((few, array(["D", "D07", "D07A"])), else_=array(["D", "D08", "D08A"])),
        "owner": case((few, "D07A"), else_="D08A"),
        "point": func.ST_SetSRID(case((few, func.ST_Point(102.71, 25.01)), else_=func.ST_Point(102.73, 25.01)), 4326),
        "due_at": case((few, func.now() - timedelta(days=1)), else_=func.now() + timedelta(days=1)),
    }
    kept = [one for one in incident_table.c if one.name not in made and one.identity is None]
    with ground as work:
        work.incidents.add([incident(1)], [])
        session = work.incidents._session
        numbers = func.generate_series(1, 1000).table_valued("n").render_derived()
        rows = select(*made.values(), *kept).select_from(numbers).join(incident_table, true())
        session.execute(insert(incident_table).from_select([*made, *(one.name for one in kept)], rows))
        session.execute(text("ANALYZE incident"))
        work.commit()
    return ground


@pytest.fixture
def plans(engine):
    """The plan of every query, as PostgreSQL makes it."""
    made: list[str] = []

    def explain(_connection, cursor, statement, parameters, *_rest) -> None:
        if statement.startswith("SELECT"):
            cursor.execute("EXPLAIN " + statement, parameters)
            made.append("\n".join(line for (line,) in cursor.fetchall()))

    event.listen(engine, "before_cursor_execute", explain)
    yield made
    event.remove(engine, "before_cursor_execute", explain)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (IncidentFilter(grid="D07A"), "incident_other_chain_idx"),
        (IncidentFilter(bbox=(102.7, 25, 102.715, 25.02)), "incident_other_point_idx"),
        (IncidentFilter(overdue=True), "incident_other_due_at_idx"),
        (IncidentFilter(after=UUID(int=FIRST_ID + 20)), "incident_other_pkey"),
    ],
    ids=["grid", "bbox", "overdue", "cursor"],
)
def test_the_filters_of_lists_are_served_by_indexes(busy, plans, wanted, index):
    """Ground, box, deadline and cursor find few of a thousand, and none of them reads the whole table."""
    with busy as work:
        work.incidents.search(wanted, CITY)

    assert index in plans[-1]


def test_incidents_are_counted(ground):
    """Two of them, whoever may see them."""
    with ground as work:
        work.incidents.add([incident(1), incident(2)], [])

        assert work.incidents.count() == 2
