"""The whole demo district from one seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from gis_service.demo.buildings import put_up
from gis_service.demo.division import divide
from gis_service.demo.incidents import DemoIncident, happen
from gis_service.demo.indicators import measure
from gis_service.demo.owners import count_households
from gis_service.demo.patrols import DemoPosition, patrol
from gis_service.demo.staff import employ
from gis_service.demo.stocks import install, stock
from gis_service.demo.year import today
from gis_service.domain.building import Building
from gis_service.domain.device import Device
from gis_service.domain.indicator import IndicatorValue
from gis_service.domain.resource import Resource
from gis_service.domain.staff import StaffMember
from grid_boundaries.partition import Grid

SEED = 530103

GROUND, HOMES, PEOPLE, EVENTS = "grids", "buildings", "staff", "incidents"
"""Steps of the work, as ``progress`` is told them."""

MEASURES, STOCKS, DEVICES, PATROLS = "indicators", "resources", "devices", "patrols"
"""Steps too short to tell of."""


@dataclass(frozen=True, slots=True)
class DemoDistrict:
    """A district with all that is in it; grids come parents first, buildings by code, incidents by time."""

    grids: list[Grid]
    buildings: list[Building]
    staff: list[StaffMember]
    incidents: list[DemoIncident]
    values: list[IndicatorValue]
    resources: list[Resource]
    devices: list[Device]
    positions: list[DemoPosition]


def make_panlong(
    seed: int = SEED, until: date | None = None, progress: Callable[[str, float], None] | None = None
) -> DemoDistrict:
    """Return the demo district; the same seed and date give the same one, to the last digit.

    Args:
        seed: of all chance.
        until: the day at whose start (in Kunming) the year of incidents ends; today if None.  It moves dates
            only, never a boundary.
        progress: told the step (grids, buildings, staff, incidents) and how much of it is done, from 0 to 1.
    """
    if until is None:
        until = today()

    def tell(step: str) -> Callable[[float], None]:
        return lambda share: None if progress is None else progress(step, share)

    bare = divide(seed, tell(GROUND))
    buildings = put_up(bare, _chance(seed, HOMES), until, tell(HOMES))
    grids = count_households(bare, buildings)
    staff = employ(grids, _chance(seed, PEOPLE), until)
    tell(PEOPLE)(1.0)
    incidents = happen(grids, buildings, _chance(seed, EVENTS), until)
    tell(EVENTS)(1.0)
    return DemoDistrict(
        grids,
        buildings,
        staff,
        incidents,
        values=measure(grids, _chance(seed, MEASURES), until),
        resources=stock(buildings, _chance(seed, STOCKS), until),
        devices=install(buildings, _chance(seed, DEVICES), until),
        positions=patrol(grids, buildings, staff, _chance(seed, PATROLS), until),
    )


def _chance(seed: int, step: str) -> np.random.Generator:
    """Return a source of chance for one step, so that a change in one step leaves the others as they were."""
    return np.random.default_rng([seed, *step.encode()])
