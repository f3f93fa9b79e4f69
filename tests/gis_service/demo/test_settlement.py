from collections import Counter

import numpy as np
import pytest
import shapely

from gis_service.demo.settlement import setting_of, settle


@pytest.mark.parametrize(("side_m", "setting"), [(400, "city"), (1_500, "rim"), (5_000, "mountain")])
def test_households_sum_up_exactly(side_m, setting):
    """411 on grounds of 0.16, 2.25 and 25 square km."""
    ground = shapely.box(0, 0, side_m, side_m)
    sites = settle(ground, setting, 411, np.random.default_rng(1))
    assert setting_of(ground.area) == setting
    assert sum(site.plan.households for site in sites) == 411
    assert all(ground.contains(shapely.Point(site.east, site.north)) for site in sites)


def test_the_city_has_flats_and_the_mountains_villages():
    """Most buildings of each."""
    flats, houses = (
        Counter(
            site.plan.use for site in settle(shapely.box(0, 0, side, side), setting, 400, np.random.default_rng(2))
        )
        for side, setting in ((400, "city"), (5_000, "mountain"))
    )
    assert flats["residential"] > 3
    assert flats["village_house"] == 0
    assert houses["village_house"] > 100
    assert houses["residential"] == 0


@pytest.mark.parametrize(("setting", "uses"), [("strip", {"shop"}), ("park", {"factory", "office"})])
def test_nobody_lives_in_strips_and_parks(setting, uses):
    """Shops only; factories and offices only."""
    sites = settle(shapely.box(0, 0, 400, 60), setting, 0, np.random.default_rng(3))
    assert {site.plan.use for site in sites} == uses
    assert sum(site.plan.households for site in sites) == 0
