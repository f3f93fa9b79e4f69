"""What is built on one ground: how many of what, where, with how many households.

A ground is a grid without parts.  Dense ones have compounds of slabs or towers behind a row of shops, those at the
city's rim compounds and an urban village, those in the mountains villages.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis_service.demo.plots import Places, rows_of_places, villages

CITY_KM2 = 0.75
RIM_KM2 = 4.0
"""Unit grids up to these areas are city and rim; larger ones are mountain."""

CLEAR_M = 15.0
STRIP_CLEAR_M = 7.5
"""What buildings keep from the edge of their ground; in a strip of shops there is less room."""

ESTATE_RADIUS_M = 420.0
"""Of what is built up on a ground at the rim of the city."""

FIRST_VILLAGE = 100
"""Villages of a ground count from here, compounds from 0."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A building to be: its use, storeys, households and doors, and the estate (compound or village) it is in."""

    use: str
    storeys: int
    households: int = 0
    doors: int = 1
    estate: int | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A plan with its place in metres."""

    plan: Plan
    east: float
    north: float


def setting_of(area_m2: float) -> str:
    """Return ``city``, ``rim`` or ``mountain`` for a unit grid's area."""
    if area_m2 <= CITY_KM2 * 1e6:
        return "city"
    return "rim" if area_m2 <= RIM_KM2 * 1e6 else "mountain"


def settle(ground: BaseGeometry, setting: str, households: int, random: np.random.Generator) -> list[Site]:
    """Return the buildings of a ground in metres; their households sum up to the number given.

    ``setting`` is city, rim, mountain, strip (shops only, no household) or park (factories, no household).
    """
    if setting == "strip":
        shops = [_shop(random) for _ in range(max(6, int(ground.area / 420)))]
        return _place(shops, rows_of_places(ground, len(shops), STRIP_CLEAR_M, random))
    if setting == "park":
        works = [Plan("factory", int(random.integers(1, 5)), doors=2) for _ in range(14)]
        works += [Plan("office", int(random.integers(5, 13)), doors=2) for _ in range(3)]
        return _place(works, rows_of_places(ground, len(works), CLEAR_M, random))
    if setting == "mountain":
        return _mountain(ground, households, random)
    if setting == "rim":
        in_village = int(households * 0.35)
        houses = _houses(in_village, (2, 7), (3, 6), random)
        return _city(_estate_ground(ground, random), households - in_village, random) + _in_villages(
            ground, houses, random
        )
    return _city(ground, households, random)


def _city(ground: BaseGeometry, households: int, random: np.random.Generator) -> list[Site]:
    """Return flats in compounds inside, shops and offices along the edge."""
    share = min(1.0, max(0.3, households / 300))  # of a whole unit grid
    at_edge = [_shop(random) for _ in range(round(share * int(random.integers(6, 11))))]
    at_edge += [
        Plan("office", int(random.integers(5, 25)), doors=2) for _ in range(round(share * int(random.integers(0, 4))))
    ]
    at_edge += [Plan("public", int(random.integers(1, 5))) for _ in range(round(share * int(random.integers(1, 4))))]
    if random.uniform() < 0.35 * share:  # one unit grid in three has a school
        at_edge.append(Plan("school", int(random.integers(3, 6)), doors=2))
    left = households
    while left > 60 and random.uniform() < 0.7:  # noqa: PLR2004, a few flats above shops, not most
        above = int(random.integers(6, 15))
        at_edge.append(Plan("mixed", int(random.integers(3, 8)), above, 2))
        left -= above
    flats = _flats(left, random)
    places = rows_of_places(ground, len(at_edge) + len(flats), CLEAR_M, random)
    from_edge = shapely.distance(shapely.points(places), ground.boundary)
    outward = np.argsort(from_edge, kind="stable")
    inner = np.sort(outward[len(at_edge) :])  # row by row again, so that compounds are neighbours
    return _place(at_edge, places[outward[: len(at_edge)]]) + _place(flats, places[inner])


def _flats(households: int, random: np.random.Generator) -> list[Plan]:
    """Return residential buildings, old slabs or new towers, in compounds of four to eight."""
    towers = random.uniform() < 0.3  # noqa: PLR2004, three compounds in ten are new
    plans: list[Plan] = []
    left = households
    while left > 0:
        if towers:
            storeys, doors = int(random.integers(17, 34)), 1 + int(random.uniform() < 0.3)  # noqa: PLR2004
            room = storeys * 4
        else:
            storeys, doors = int(random.integers(5, 8)), int(random.integers(2, 5))
            room = storeys * doors * 2
        lived_in = min(left, max(6, round(room * float(random.uniform(0.85, 1.0)))))
        plans.append(Plan("residential", storeys, lived_in, doors))
        left -= lived_in
    size = int(random.integers(4, 9))
    return [
        Plan(plan.use, plan.storeys, plan.households, plan.doors, index // size) for index, plan in enumerate(plans)
    ]


def _estate_ground(ground: BaseGeometry, random: np.random.Generator) -> BaseGeometry:
    """Return the part of a ground at the rim that is built up: a round one, wide enough for some fifty buildings."""
    middle = shapely.Point(rows_of_places(ground, 1, 2 * CLEAR_M, random)[0])
    built = ground.intersection(middle.buffer(ESTATE_RADIUS_M))
    parts: list[BaseGeometry] = shapely.get_parts(built).tolist()
    return max(parts, key=lambda part: part.area)


def _mountain(ground: BaseGeometry, households: int, random: np.random.Generator) -> list[Site]:
    """Return villages, and in them what a village committee has."""
    common = [Plan("public", 2), Plan("shop", 1), Plan("shop", 2)]
    if random.uniform() < 0.4:  # noqa: PLR2004, two grounds in five have a school
        common.append(Plan("school", 3, doors=2))
    if random.uniform() < 0.3:  # noqa: PLR2004, three in ten a workshop
        common.append(Plan("factory", 1))
    plans = common + _houses(households, (1, 5), (1, 4), random)
    return _in_villages(ground, [plans[index] for index in random.permutation(len(plans)).tolist()], random)


def _houses(
    households: int, in_a_house: tuple[int, int], storeys: tuple[int, int], random: np.random.Generator
) -> list[Plan]:
    """Return village houses with households that sum up; ranges are half-open."""
    plans: list[Plan] = []
    left = households
    while left > 0:
        lived_in = min(left, int(random.integers(*in_a_house)))
        plans.append(Plan("village_house", int(random.integers(*storeys)), lived_in))
        left -= lived_in
    return plans


def _in_villages(ground: BaseGeometry, plans: list[Plan], random: np.random.Generator) -> list[Site]:
    """Return the sites of plans, village by village; each house is told its village."""
    sites: list[Site] = []
    for village, places in enumerate(villages(ground, len(plans), CLEAR_M, random), start=FIRST_VILLAGE):
        here = plans[len(sites) : len(sites) + len(places)]
        told = [replace(plan, estate=village) if plan.use == "village_house" else plan for plan in here]
        sites += _place(told, places)
    return sites


def _shop(random: np.random.Generator) -> Plan:
    return Plan("shop", int(random.integers(1, 4)))


def _place(plans: list[Plan], places: Places) -> list[Site]:
    return [Site(plan, float(east), float(north)) for plan, (east, north) in zip(plans, places.tolist(), strict=True)]
