from datetime import date

from gis_service.demo import make_panlong


def test_the_same_seed_and_date_give_the_same_district(panlong):
    """All grids, buildings, people and incidents, to the last digit."""
    assert make_panlong(until=date(2026, 6, 1)) == panlong


def test_another_date_moves_dates_and_no_boundary(panlong):
    """A year earlier: the same grids, the same codes, other incidents."""
    earlier = make_panlong(until=date(2025, 6, 1))
    assert earlier.grids == panlong.grids
    assert [one.code for one in earlier.buildings] == [one.code for one in panlong.buildings]
    assert earlier.incidents != panlong.incidents


def test_another_seed_gives_another_district_with_the_same_counts(panlong):
    """Seed 1: 325 grids, 5,600 incidents, all in other places."""
    told = []
    other = make_panlong(1, date(2026, 6, 1), lambda step, share: told.append((step, share)))
    assert len(other.grids) == len(panlong.grids)
    assert len(other.incidents) == len(panlong.incidents)
    assert other.grids[1].shape != panlong.grids[1].shape
    assert {step for step, _ in told} == {"grids", "buildings", "staff", "incidents"}
    assert [share for step, share in told if step == "buildings"][-1] == 1.0
