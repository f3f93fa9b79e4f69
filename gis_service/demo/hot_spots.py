"""Incidents that are put where an attentive reader should find them; docs/demo.md lists them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from gis_service.demo.division import PILOT_COMMUNITY
from gis_service.demo.owners import find_owners
from gis_service.demo.planted import TOWER, shared_vertices
from gis_service.demo.year import MONTHS, draw_moments
from gis_service.domain.building import Building
from grid_boundaries.partition import Grid

PARKING_DISPUTES = 8
FEE_COMMUNITY = "新迎路社区"
FEE_DISPUTES = (15, 15, 14, 13, 12, 10, 9, 8, 7, 6, 6, 6)
CLUTTER_STREET = "联盟街道"
CLUTTER = (25, 25, 25, 25, 25, 25, 20, 15, 10, 5, 5, 5)
CLUTTER_COMPOUNDS = 12
CLUTTER_BUILDINGS = 3
BLOCKED_FIRE_WAYS = 5
"""Hot spots: how many, month by month where it changes (the last number is the last month)."""

OLD_STOREYS = 7
"""Compounds of slabs up to this height are old."""

CORNER_TEXT = "白龙路铁路靠近人民东路段两块井盖破损"
_MEMBER = re.compile(r"\d+幢$")


@dataclass(frozen=True, slots=True)
class Draft:
    """An incident before anybody has dealt with it."""

    category: str
    description: str
    lon: float
    lat: float
    occurred_at: datetime
    building_code: str | None = None
    locus: str | None = None
    severity: str = "general"


def plant(
    grids: Sequence[Grid], buildings: Sequence[Building], random: np.random.Generator, until: date
) -> list[Draft]:
    """Return the hot spots, in no order."""
    town = _Town(grids, buildings)
    quarrel = max(town.compounds_in(PILOT_COMMUNITY), key=len)
    unhappy = [building for compound in town.compounds_in(FEE_COMMUNITY) for building in compound]
    old = town.old_compounds_in(CLUTTER_STREET)
    cluttered = [building for compound in old for building in compound[:CLUTTER_BUILDINGS]]
    drafts = [
        _at(_any(quarrel, random), "dispute.neighbour.parking", "小区车位不足，为停车争执", moment)
        for moment in draw_moments(PARKING_DISPUTES, until, random)
    ]
    drafts += [
        _at(_any(unhappy, random), "dispute.property.fee", "业主不满物业费上涨", moment)
        for moment in _by_month(FEE_DISPUTES, until, random)
    ]
    drafts += [
        _at(_any(cluttered, random), "sanitation.pile.stairwell", "楼道堆物，多次清理后反弹", moment, "楼道")
        for moment in _by_month(CLUTTER, until, random)
    ]
    drafts += [
        _at(building, "hazard.fire_gear", "消防通道被堵塞", moment, "消防通道")
        for building, moment in zip(cluttered[::7], draw_moments(BLOCKED_FIRE_WAYS, until, random), strict=False)
    ]
    (gale,) = draw_moments(1, until, random)
    drafts.append(_at(town.tower, "hazard.structure", "大风天气，外立面砖块松动", gale, "屋顶外立面"))
    (seen,) = draw_moments(1, until, random)
    lon, lat = town.corner
    drafts.append(Draft("hazard.road_traffic", CORNER_TEXT, lon, lat, seen, locus="铁路道口旁"))
    return drafts


class _Town:
    """Finds compounds, the tower and a corner of three grids."""

    def __init__(self, grids: Sequence[Grid], buildings: Sequence[Building]) -> None:
        self._code_of = {grid.name: grid.code for grid in grids}
        owners = find_owners(grids, [one.lon for one in buildings], [one.lat for one in buildings])
        self._compounds: defaultdict[tuple[str, str], list[Building]] = defaultdict(list)
        for building, owner in zip(buildings, owners, strict=True):
            if building.use == "residential" and owner is not None:
                self._compounds[_MEMBER.sub("", building.name), owner].append(building)
        self.tower = next(building for building in buildings if building.name == TOWER)
        units = [grid for grid in grids if grid.level == "unit_grid"]
        pilot = self._code_of[PILOT_COMMUNITY]
        self.corner = next(
            place
            for place, codes in shared_vertices(units).items()
            if len(codes) > 2 and any(code.startswith(pilot) for code in codes)  # noqa: PLR2004, an edge has two
        )

    def compounds_in(self, name: str) -> list[list[Building]]:
        """Return the buildings of each compound in a grid, by name of the compound."""
        code = self._code_of[name]
        return [
            sorted(members, key=lambda building: building.name)
            for (_, owner), members in sorted(self._compounds.items())
            if owner.startswith(code)
        ]

    def old_compounds_in(self, name: str) -> list[list[Building]]:
        """Return as many old compounds as are cluttered, the largest first."""
        old = [
            compound
            for compound in self.compounds_in(name)
            if len(compound) >= CLUTTER_BUILDINGS and all((one.storeys or 0) <= OLD_STOREYS for one in compound)
        ]
        return sorted(old, key=len, reverse=True)[:CLUTTER_COMPOUNDS]


def _by_month(counts: Iterable[int], until: date, random: np.random.Generator) -> list[datetime]:
    months = zip(range(MONTHS), counts, strict=True)
    return [moment for month, count in months for moment in draw_moments(count, until, random, month)]


def _any(buildings: Sequence[Building], random: np.random.Generator) -> Building:
    return buildings[int(random.integers(len(buildings)))]


def _at(building: Building, category: str, text: str, moment: datetime, locus: str | None = None) -> Draft:
    place = f"{building.address}：{text}"
    return Draft(category, place, building.lon, building.lat, moment, building.code, locus)
