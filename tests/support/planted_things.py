"""Indicators, resources, devices and tracks of the planted ground: one open, others sealed, of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.device import Device, DeviceKind
from gis_service.domain.indicator import Indicator, IndicatorValue
from gis_service.domain.resource import Resource, ResourceKind
from gis_service.domain.staff import StaffMember
from tests.support.tile_ground import grids
from tests.support.tile_things import walk

OPEN_INDICATOR = "open_index"
SEALED_INDICATORS: Mapping[str, str] = MappingProxyType({"important": "important_index", "core": "core_index"})
"""The indicator of each class that is not for all; every grid has a value of it."""

NEVER_TOLD = "5ec4e7 "
"""What the names of staff, and the words of incidents, begin with: no tile and no feature has them, for nobody."""
TELEPHONE = "13805147000"

TRACK_PLACE = (102.7101, 25.0103)
"""Where a worker of U1 and one of K walked, side by side."""


def thing_word(data_class: str, code: str) -> str:
    """Return the code and name of the resource and of the device of a class on the ground of a grid."""
    return f"{data_class}_thing_of_{code}"


def store_planted_things(work: UnitOfWork, places: Mapping[str, tuple[float, float]]) -> None:
    """Store a resource and a device of each class at each place, by grid, and a worker of each grid with a track."""
    day = date(2026, 5, 1)
    with work:
        codes = {"general": OPEN_INDICATOR, **SEALED_INDICATORS}
        work.indicators.add_many(
            Indicator(code, code, code, "%", "neutral", "mean", data_class, (2.0, 6.0))
            for data_class, code in codes.items()
        )
        work.indicators.add_values(
            IndicatorValue(code, grid.code, date(2025, 1, 1), date(2026, 1, 1), float(place), "tests")
            for code in codes.values()
            for place, grid in enumerate(grids())
        )
        work.resources.add_kinds([ResourceKind("tent", "帐篷", "Tents")])
        work.devices.add_kinds([DeviceKind("camera", "摄像头", "Cameras", 300)])
        for code, (lon, lat) in places.items():
            words = [(data_class, thing_word(data_class, code)) for data_class in codes]
            work.resources.add_many([Resource(one, one, "tent", 5, "顶", lon, lat, of) for of, one in words])
            work.devices.add_many([Device(one, one, "camera", lon, lat, of) for of, one in words])
        work.staff.add_many(
            [StaffMember(f"{NEVER_TOLD}{code}", "worker", code, date(2025, 1, 1), TELEPHONE) for code in places]
        )
        for staff_id in work.staff.list_ids():
            work.positions.add_many(walk(staff_id, *TRACK_PLACE, day=day, minutes=3))
        work.commit()
