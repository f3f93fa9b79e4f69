"""Stocks for emergencies in public buildings of the demo district, and devices on its houses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from gis_service.demo.outline import DISTRICT_CODE
from gis_service.demo.rules import read_rows
from gis_service.demo.year import end_of_year
from gis_service.domain.building import Building
from gis_service.domain.device import Device, DeviceKind
from gis_service.domain.resource import Resource, ResourceKind

PLACES_A_KIND = 6
EXPIRED = 9
"""Fifteen in a hundred of all stocks."""

SILENT = 0.1
"""Share of the reporting devices that have not been heard of for more than five minutes."""


def read_resource_kinds() -> list[ResourceKind]:
    """Return the ten kinds of stocks."""
    return [ResourceKind(row["code"], row["name"], row["name_en"]) for row in read_rows("resource_kinds")]


def read_device_kinds() -> list[DeviceKind]:
    """Return the kinds of devices."""
    return [
        DeviceKind(row["code"], row["name"], row["name_en"], int(row["silent_after_s"] or 0) or None)
        for row in read_rows("device_kinds")
    ]


def stock(buildings: Sequence[Building], random: np.random.Generator, until: date) -> list[Resource]:
    """Return stocks of every kind in public buildings, a few of them expired before ``until``."""
    places = [building for building in buildings if building.use == "public"]
    kinds = read_rows("resource_kinds")
    spoiling = [place for place, row in enumerate(kinds * PLACES_A_KIND) if row["keeps"] == "no"]
    expired = set(random.choice(spoiling, EXPIRED, replace=False).tolist())
    resources = []
    chosen = random.choice(len(places), PLACES_A_KIND * len(kinds), replace=False).tolist()
    for number, (row, place) in enumerate(zip(kinds * PLACES_A_KIND, chosen, strict=True)):
        building = places[place]
        days = int(random.integers(10, 400))
        last_day = until + timedelta(days=-days if number in expired else days)
        resources.append(
            Resource(
                code=f"{DISTRICT_CODE}R{number + 1:04d}",
                name=f"{building.name}·{row['name']}",
                kind=row["code"],
                quantity=float(max(1, round(int(row["typical"]) * random.uniform(0.5, 1.5)))),
                unit=row["unit"],
                lon=building.lon,
                lat=building.lat,
                data_class=row["data_class"],
                expires_on=None if row["keeps"] == "yes" else last_day,
            )
        )
    return resources


def install(buildings: Sequence[Building], random: np.random.Generator, until: date) -> list[Device]:
    """Return the devices, as they were heard of at the start of ``until``."""
    devices: list[Device] = []
    for row in read_rows("device_kinds"):
        places = [building for building in buildings if building.use == row["use"]]
        for place in random.choice(len(places), int(row["count"]), replace=False).tolist():
            building = places[place]
            is_silent = random.uniform() < SILENT
            ago_s = int(random.integers(360, 3 * 86_400) if is_silent else random.integers(0, 290))
            devices.append(
                Device(
                    code=f"{DISTRICT_CODE}D{len(devices) + 1:04d}",
                    name=f"{building.name}·{row['name']}",
                    kind=row["code"],
                    lon=building.lon,
                    lat=building.lat,
                    data_class=row["data_class"],
                    last_seen_at=end_of_year(until) - timedelta(seconds=ago_s) if row["silent_after_s"] else None,
                )
            )
    return devices
