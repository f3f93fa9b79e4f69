"""Load the demo district through the same doors that a city's own data would take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.demo.indicators import read_indicators
from gis_service.demo.panlong import DemoDistrict, make_panlong
from gis_service.demo.rules import load_rules as read_demo_rules
from gis_service.demo.stocks import read_device_kinds, read_resource_kinds
from gis_service.domain.access import Principal
from gis_service.domain.edition import Edition
from gis_service.domain.lookup import Question
from gis_service.domain.place import Place
from gis_service.domain.position import Position
from gis_service.domain.rule_rows import RuleTables
from gis_service.errors import ClashError
from gis_service.snapshots.snapshot import build_snapshot
from gis_service.use_cases.create_plan import create_plan
from gis_service.use_cases.find_place import to_place
from gis_service.use_cases.import_incidents import import_incidents
from gis_service.use_cases.load_rules import load_rules
from gis_service.use_cases.locate_point import locate_in_snapshot
from gis_service.use_cases.publish_plan import publish_plan
from gis_service.use_cases.register_buildings import register_buildings
from gis_service.use_cases.replace_grids import replace_grids

DEMO = Principal(name="demo", role="admin", scope=None)
ZONE = ZoneInfo("Asia/Shanghai")
YEAR = timedelta(days=365)

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class DemoCounts:
    """What the database holds of the demo."""

    grids: int
    buildings: int
    incidents: int
    values: int
    resources: int
    devices: int
    positions: int


def is_demo(work: UnitOfWork) -> bool:
    """Tell whether the database holds nothing but the demo, or nothing at all."""
    with work:
        return all(edition.published_by == DEMO.name for edition in work.editions.list_all())


def load_demo(work: UnitOfWork, progress: Progress = lambda _step, _share: None) -> DemoCounts:
    """Load what is missing of the demo; a second run finds all there and changes nothing.

    Each step is one transaction, so a run that was stopped goes on where it stopped.

    Raises:
        ClashError: the database holds boundaries that are not the demo's.
    """
    if not is_demo(work):
        raise ClashError("this database holds other boundaries; set GIS_DATABASE_URL to an empty one for the demo")
    with work:
        edition = next(iter(work.editions.list_all()), None)
        counts = _count(work)
    if edition is not None and counts.buildings and counts.incidents and counts.values:
        return counts
    # The year ends on the day of the first load, whatever day a second run falls on.
    until = datetime.now(ZONE).date() if edition is None else (edition.effective_from.astimezone(ZONE) + YEAR).date()
    district = make_panlong(until=until, progress=progress)
    rules = read_demo_rules()
    if edition is None:
        load_rules(RuleTables(levels=rules.levels), work)
        edition = _publish(district, until, work, progress)
    # Only now: some of the rules name grids.
    load_rules(
        RuleTables(
            departments=rules.departments,
            categories=rules.categories,
            dispatch=rules.dispatch,
            deadlines=rules.deadlines,
        ),
        work,
    )
    if not counts.buildings:
        progress("store buildings, staff", 0)
        with work:
            work.staff.add_many(district.staff)
            work.commit()
        register_buildings(district.buildings, work)
        progress("store buildings, staff", 1)
    if not counts.incidents:
        _import_incidents(district, edition, until, work, progress)
    if not counts.values:
        _store_things(district, work, progress)
    with work:
        return _count(work)


def _count(work: UnitOfWork) -> DemoCounts:
    latest = work.editions.latest()
    return DemoCounts(
        grids=0 if latest is None else latest.grid_count,
        buildings=work.buildings.count(),
        incidents=work.incidents.count(),
        values=work.indicators.count_values(),
        resources=work.resources.count(),
        devices=work.devices.count(),
        positions=work.positions.count(),
    )


def _publish(district: DemoDistrict, until: date, work: UnitOfWork, progress: Progress) -> Edition:
    progress("check and publish", 0)
    plan = create_plan("盘龙区网格划分(演示)", DEMO, work)
    replace_grids(plan.id, district.grids, DEMO, work)
    in_force_from = datetime.combine(until, time(), ZONE) - YEAR
    edition = publish_plan(plan.id, DEMO, work, note="demo", effective_from=in_force_from)
    progress("check and publish", 1)
    return edition


def _import_incidents(
    district: DemoDistrict, edition: Edition, until: date, work: UnitOfWork, progress: Progress
) -> None:
    with work:
        snapshot = build_snapshot(edition, work.grids.of_edition(edition.number), work.levels.list_all())

    def locate_many(lons: Sequence[float], lats: Sequence[float], _: Sequence[datetime]) -> list[Place]:
        points = zip(lons, lats, strict=True)
        return [to_place(locate_in_snapshot(snapshot, Question(lon, lat))) for lon, lat in points]

    import_incidents(
        district.incidents,
        locate_many=locate_many,
        zone=ZONE,
        until=datetime.combine(until, time(), ZONE),
        work=work,
        reported_by=DEMO.name,
        progress=lambda done: progress("store incidents", done / len(district.incidents)),
    )


def _store_things(district: DemoDistrict, work: UnitOfWork, progress: Progress) -> None:
    progress("store indicators, things", 0)
    with work:
        work.indicators.add_many(read_indicators())
        work.indicators.add_values(district.values)
        work.resources.add_kinds(read_resource_kinds())
        work.resources.add_many(district.resources)
        work.devices.add_kinds(read_device_kinds())
        work.devices.add_many(district.devices)
        # The demo's staff came first, in this order.
        ids = work.staff.list_ids()
        work.positions.add_many(
            [
                Position(ids[one.member], one.at, one.at.astimezone(ZONE).date(), one.lon, one.lat, one.accuracy_m)
                for one in district.positions
            ]
        )
        work.commit()
    progress("store indicators, things", 1)
