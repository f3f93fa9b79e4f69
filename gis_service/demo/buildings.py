"""The buildings of the demo district: on every ground, each with a code, a name, an address and doors."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import shapely
from numpy.typing import NDArray

from gis_service.demo import names
from gis_service.demo.division import DENSITY, INDUSTRIAL_PARK, SHOP_STREET, SHOPPING_STREET, chinese_number
from gis_service.demo.outline import DISTRICT_CODE
from gis_service.demo.planted import household_target, planted_buildings
from gis_service.demo.settlement import Plan, Site, setting_of, settle
from gis_service.domain.building import Building, Entrance
from gis_service.domain.building_code import SERIALS_A_COUNTY, make_building_code
from grid_boundaries.partition import Grid, from_lattice, to_lattice

PLANE = DENSITY.plane
"""Where buildings are drawn, in metres."""

SPECIAL = {SHOP_STREET: "strip", SHOPPING_STREET: "strip", INDUSTRIAL_PARK: "park"}


def put_up(
    grids: Sequence[Grid], random: np.random.Generator, until: date, progress: Callable[[float], None]
) -> list[Building]:
    """Return all buildings by code; each lies inside its grid but for a few that are planted on its edge."""
    by_code = {grid.code: grid for grid in grids}
    parts: defaultdict[str, list[Grid]] = defaultdict(list)
    for grid in grids:
        if grid.level == "micro_grid":
            parts[grid.parent or ""].append(grid)
    units = [grid for grid in grids if grid.level == "unit_grid"]
    registrar = _Registrar(random)
    for done, unit in enumerate(units, start=1):
        community = by_code[unit.parent or ""]
        street = by_code[community.parent or ""]
        for ground, setting, households in _grounds(unit, parts[unit.code], random):
            sites = settle(shapely.transform(ground.shape, _metres), setting, households, random)
            registrar.register(sites, community.name, names.ROADS[street.name].split())
        progress(done / len(units))
    buildings = registrar.buildings + planted_buildings(units, random)
    serials = random.choice(SERIALS_A_COUNTY, size=len(buildings), replace=False).tolist()
    coded = [
        replace(building, code=make_building_code(DISTRICT_CODE, serial), verified_on=_verified(random, until))
        for building, serial in zip(buildings, serials, strict=True)
    ]
    return sorted(coded, key=lambda building: building.code)


def _metres(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    return PLANE.metres(to_lattice(degrees))


def _grounds(unit: Grid, parts: Sequence[Grid], random: np.random.Generator) -> Iterator[tuple[Grid, str, int]]:
    """Yield each ground of a unit grid with its setting and households, which micro-grids share."""
    target = household_target(unit.name, random)
    setting = setting_of(shapely.transform(unit.shape, _metres).area)
    if not parts:
        yield unit, setting, target
        return
    lived_in = [part for part in parts if part.name not in SPECIAL]
    weights = random.uniform(0.75, 1.25, len(lived_in))
    shares = np.floor(target * weights / weights.sum()).astype(int)
    shares[0] += target - int(shares.sum())
    for part, share in zip(lived_in, shares.tolist(), strict=True):
        yield part, setting, share
    for part in parts:
        if part.name in SPECIAL:
            yield part, SPECIAL[part.name], 0


class _Registrar:
    """Gives sites names and addresses, none twice; remembers the last number in each road."""

    def __init__(self, random: np.random.Generator) -> None:
        self.buildings: list[Building] = []
        self._random = random
        self._compounds = names.compound_names(random)
        self._villages = names.village_names(random)
        self._numbers: Counter[str] = Counter()
        self._kinds: Counter[tuple[str, str]] = Counter()
        self._roads: list[str] = []

    def register(self, sites: Sequence[Site], community: str, roads: Sequence[str]) -> None:
        """Add the buildings of one ground, which lies at two of the roads."""
        self._roads = [roads[index] for index in self._random.permutation(len(roads))[:2].tolist()]
        estates: dict[int, tuple[str, str]] = {}
        members: Counter[int] = Counter()
        for site in sites:
            plan = site.plan
            if plan.estate is None:
                name, address = self._single(plan, community)
            else:
                if plan.estate not in estates:
                    estates[plan.estate] = self._estate(plan, community)
                members[plan.estate] += 1
                estate, address = estates[plan.estate]
                name = f"{estate}{members[plan.estate]}{'号' if plan.use == 'village_house' else '幢'}"
                address += name
            self.buildings.append(_build(name, address, site, self._random))

    def _estate(self, plan: Plan, community: str) -> tuple[str, str]:
        """Return the name of a compound or village, and the address before it."""
        if plan.use == "village_house":
            return next(self._villages), community
        return next(self._compounds), self._road_number()

    def _single(self, plan: Plan, community: str) -> tuple[str, str]:
        """Return name and address of a building that stands for itself."""
        address = self._road_number()
        if plan.use == "public":
            place = names.PUBLIC_PLACES[int(self._random.integers(len(names.PUBLIC_PLACES)))]
            return self._numbered(community, place), address
        if plan.use == "school":
            return self._numbered(community.removesuffix("社区"), "小学"), address
        if plan.use == "shop":
            return address + names.SHOPS[int(self._random.integers(len(names.SHOPS)))], address
        return address + {"office": "写字楼", "factory": "厂房", "mixed": "商住楼"}[plan.use], address

    def _numbered(self, community: str, place: str) -> str:
        """Return a name that no other building has: the second of its kind says so."""
        self._kinds[community, place] += 1
        number = self._kinds[community, place]
        return community + (f"第{chinese_number(number)}" if number > 1 else "") + place

    def _road_number(self) -> str:
        """Return the next number in one of the roads of the ground."""
        road = self._roads[int(self._random.integers(len(self._roads)))]
        self._numbers[road] += int(self._random.integers(1, 4))
        return f"{road}{self._numbers[road]}号"


def _build(name: str, address: str, site: Site, random: np.random.Generator) -> Building:
    """Return a building without a code; its doors are a few metres from its middle, side by side."""
    plan = site.plan
    turn = float(random.uniform(0, 2 * math.pi))
    row = np.arange(plan.doors) - (plan.doors - 1) / 2
    out = np.array([math.cos(turn), math.sin(turn)]) * 3.0
    along = np.array([-math.sin(turn), math.cos(turn)]) * 2.0
    middle = np.array([[site.east, site.north]])
    places = from_lattice(PLANE.steps(np.concatenate([middle, middle + out + row[:, None] * along]))).tolist()
    labels = [f"{number}单元" for number in range(1, plan.doors + 1)] if plan.use == "residential" else _doors(plan)
    doors = tuple(Entrance(label, lon, lat) for label, (lon, lat) in zip(labels, places[1:], strict=True))
    (lon, lat) = places[0]
    return Building("", name, address, plan.use, lon, lat, plan.storeys, plan.households, None, doors)


def _doors(plan: Plan) -> list[str]:
    return ["正门", "侧门", "后门", "东门"][: plan.doors]


def _verified(random: np.random.Generator, until: date) -> date | None:
    """Return when a building's households were last verified: most within a month, some late, a few never."""
    luck = float(random.uniform())
    if luck < 0.02:  # noqa: PLR2004, one in fifty was never visited
        return None
    latest, earliest = (1, 31) if luck < 0.85 else (31, 200)  # noqa: PLR2004, 15 in 100 are over a month old
    return until - timedelta(days=int(random.integers(latest, earliest)))
