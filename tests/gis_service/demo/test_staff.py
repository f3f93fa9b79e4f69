from collections import Counter
from datetime import date

from gis_service.demo.staff import DONGHUA_WORKERS


def test_donghua_has_39_heads_and_245_workers(panlong, by_name):
    """1 street, 7 communities, 31 unit grids; 7 or 8 workers a unit grid."""
    code = by_name["东华街道"].code
    inside = [one for one in panlong.staff if one.grid_code.startswith(code)]
    roles = Counter(one.role for one in inside)
    assert roles["head"] == 39
    assert roles["worker"] == DONGHUA_WORKERS == 245
    workers = Counter(one.grid_code for one in inside if one.role == "worker")
    assert set(workers.values()) == {7, 8}


def test_each_street_community_and_unit_grid_has_one_head(panlong):
    """8 + 65 + 213 = 286."""
    heads = Counter(one.grid_code for one in panlong.staff if one.role == "head")
    assert heads == Counter(grid.code for grid in panlong.grids if grid.level in ("street", "community", "unit_grid"))
    assert heads.total() == 286


def test_elsewhere_a_unit_grid_has_one_or_two_workers(panlong, by_name):
    """182 unit grids."""
    donghua = by_name["东华街道"].code
    workers = Counter(
        one.grid_code for one in panlong.staff if one.role == "worker" and not one.grid_code.startswith(donghua)
    )
    assert len(workers) == 182
    assert set(workers.values()) == {1, 2}


def test_each_micro_grid_has_a_liaison(panlong):
    """38."""
    liaisons = {one.grid_code for one in panlong.staff if one.role == "liaison"}
    assert liaisons == {grid.code for grid in panlong.grids if grid.level == "micro_grid"}


def test_telephone_numbers_cannot_be_called(panlong):
    """They begin with 000 and are masked; all are on duty."""
    assert all(one.phone.startswith("000****") for one in panlong.staff)
    assert all(one.since < date(2026, 6, 1) and one.until is None for one in panlong.staff)
