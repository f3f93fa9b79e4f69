"""Indicators, resources, devices and tracks on the tree of ``tile_ground``."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.device import Device, DeviceKind
from gis_service.domain.indicator import Indicator, IndicatorValue
from gis_service.domain.position import Position
from gis_service.domain.resource import Resource, ResourceKind
from gis_service.domain.staff import StaffMember

SEEN_AT = datetime(2026, 5, 1, 8, tzinfo=UTC)
DAY = date(2026, 5, 1)

INDICATORS = (
    Indicator("elderly_share", "老人占比", "Elderly", "%", "neutral", "weighted_mean", "general", (10.0, 30.0)),
    Indicator("settled", "化解率", "Settled", "%", "good", "mean", "important"),
    Indicator("care_people", "关爱对象", "In care", "人", "neutral", "sum", "core"),
    Indicator("planned", "尚无", "Not yet", "件", "neutral", "sum", "general"),
)

PLACES = {"U1": (102.705, 25.01), "U2": (102.735, 25.01), "S2": (102.75, 25.04)}


def store_things(work: UnitOfWork) -> None:
    """Store three indicators of all grids with values of two years, and one without.

    In U1, U2 and S2 there is one resource and device of each class; two workers, of U1 and S2, walked there.
    """
    grids = ("D", "S1", "S2", "K", "C1", "C2", "U1", "U2", "M1", "M2")
    with work:
        work.indicators.add_many(INDICATORS)
        work.indicators.add_values(
            IndicatorValue(one.code, code, date(year, 1, 1), date(year + 1, 1, 1), year - 2000 + place / 4, "tests")
            for one in INDICATORS[:3]
            for place, code in enumerate(grids)
            for year in (2024, 2025)
        )
        work.resources.add_kinds([ResourceKind("tent", "帐篷", "Tents"), ResourceKind("food", "食品", "Food")])
        work.devices.add_kinds([DeviceKind("camera", "摄像头", "Cameras", 300), DeviceKind("bin", "桶", "Bins")])
        for code, (lon, lat) in PLACES.items():
            for data_class in ("general", "important", "core"):
                is_general = data_class == "general"
                name = f"{code}-{data_class}"
                work.resources.add_many(
                    [Resource(name, name, "tent" if is_general else "food", 7.5, "顶", lon, lat, data_class, DAY)]
                )
                work.devices.add_many(
                    [
                        Device(name, name, "bin", lon, lat, data_class)
                        if is_general
                        else Device(name, name, "camera", lon, lat, data_class, SEEN_AT)
                    ]
                )
        work.staff.add_many([StaffMember(code, "worker", code, date(2025, 1, 1)) for code in ("U1", "S2")])
        for code, staff_id in zip(("U1", "S2"), work.staff.list_ids(), strict=True):
            work.positions.add_many(walk(staff_id, *PLACES[code]))
        work.commit()


def walk(staff_id: int, lon: float, lat: float, *, day: date = DAY, minutes: int = 20) -> list[Position]:
    """Return positions on the way north, 0.0005 degrees a minute, from SEEN_AT's time of a day on."""
    began = datetime.combine(day, SEEN_AT.timetz())
    return [
        Position(staff_id, began + timedelta(minutes=minute), day, lon, lat + minute * 0.0005, 5.0)
        for minute in range(minutes)
    ]
