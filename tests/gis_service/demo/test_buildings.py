from collections import Counter
from datetime import date, timedelta

import numpy as np
import shapely

from gis_service.demo.owners import find_owners
from gis_service.domain.building_code import parse_building_code
from grid_boundaries.partition import from_lattice, to_lattice

UNTIL = date(2026, 6, 1)


def test_there_are_some_ten_thousand_buildings_of_eight_uses(panlong):
    """Between 6,000 and 12,000."""
    assert 6_000 <= len(panlong.buildings) <= 12_000
    assert {building.use for building in panlong.buildings} == {
        "residential",
        "mixed",
        "shop",
        "school",
        "office",
        "factory",
        "public",
        "village_house",
    }


def test_codes_check_and_none_comes_twice(panlong):
    """Issued in Panlong, in order of the code."""
    codes = [building.code for building in panlong.buildings]
    assert codes == sorted(set(codes))
    assert all(parse_building_code(code) == code and code.startswith("530103") for code in codes)


def test_a_code_says_nothing_about_the_grid(panlong):
    """Serial numbers and unit grids do not go together: a correlation of ranks under 0.05."""
    owners = find_owners(panlong.grids, *zip(*((b.lon, b.lat) for b in panlong.buildings), strict=True))
    ranks = np.argsort(np.argsort([int(owner[6:15]) for owner in owners]))
    assert abs(np.corrcoef(np.arange(len(ranks)), ranks)[0, 1]) < 0.05


def test_every_building_has_a_grid_and_grids_count_their_households(panlong):
    """The sums over buildings by owner are the households of all grids without parts."""
    owners = find_owners(panlong.grids, *zip(*((b.lon, b.lat) for b in panlong.buildings), strict=True))
    counted = Counter()
    for building, owner in zip(panlong.buildings, owners, strict=True):
        counted[owner] += building.households
    inner = {grid.parent for grid in panlong.grids}
    assert None not in counted
    for grid in panlong.grids:
        if grid.code not in inner:
            assert grid.households == counted[grid.code]


def test_parents_have_the_households_of_their_parts(panlong):
    """From the micro-grids up to the district."""
    sums = Counter()
    for grid in panlong.grids:
        sums[grid.parent] += grid.households
    assert {grid.code: grid.households for grid in panlong.grids if grid.code in sums} == {
        code: total for code, total in sums.items() if code
    }


def test_names_and_addresses_come_once(panlong):
    """A name for each building, and an address for each."""
    assert len({building.name for building in panlong.buildings}) == len(panlong.buildings)
    assert len({building.address for building in panlong.buildings}) == len(panlong.buildings)


def test_places_are_on_the_lattice(panlong):
    """Buildings and doors."""
    places = np.array([(one.lon, one.lat) for b in panlong.buildings for one in (b, *b.entrances)])
    assert np.array_equal(from_lattice(to_lattice(places)), places)


def test_doors_are_a_few_metres_away_and_in_the_same_grid(panlong):
    """One to four doors within 7 m; buildings on an edge have theirs there."""
    doors = [(building, door) for building in panlong.buildings for door in building.entrances]
    assert {len(building.entrances) for building in panlong.buildings} == {1, 2, 3, 4}
    away = [np.hypot((d.lon - b.lon) * 100_250, (d.lat - b.lat) * 110_800) for b, d in doors]
    assert max(away) < 7
    of_door = find_owners(panlong.grids, [d.lon for _, d in doors], [d.lat for _, d in doors])
    of_building = find_owners(panlong.grids, [b.lon for b, _ in doors], [b.lat for b, _ in doors])
    assert of_door == of_building


def test_doors_of_a_building_have_different_labels(panlong):
    """No label twice in one building."""
    for building in panlong.buildings:
        assert len({door.label for door in building.entrances}) == len(building.entrances)


def test_some_households_were_verified_late_or_never(panlong):
    """More than a month: a tenth to a fifth; never: some; never in the future."""
    dates = [building.verified_on for building in panlong.buildings]
    known = [day for day in dates if day is not None]
    late = sum(day < UNTIL - timedelta(days=30) for day in known)
    assert 0.1 < late / len(dates) < 0.2
    assert 0 < len(dates) - len(known) < 0.05 * len(dates)
    assert max(known) < UNTIL


def test_village_houses_stand_in_the_mountains(panlong):
    """North of 25.15 degrees nine buildings in ten are village houses, in the core none."""
    north = Counter(building.use for building in panlong.buildings if building.lat > 25.15)
    core = shapely.box(102.72, 25.035, 102.745, 25.07)
    inside = Counter(b.use for b in panlong.buildings if core.contains(shapely.Point(b.lon, b.lat)))
    assert north["village_house"] > 0.9 * north.total()
    assert inside["village_house"] == 0
    assert inside["residential"] > 300
