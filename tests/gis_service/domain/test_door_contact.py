from __future__ import annotations

from datetime import date

import pytest

from gis_service.domain.door_contact import contacts_of, surname_of
from gis_service.domain.staff import StaffMember, mask_phone


@pytest.mark.parametrize(
    ("name", "surname"),
    [("张小明", "张"), ("欧阳建国", "欧阳"), ("欧阳", "欧"), (" 王某", "王"), ("John Smith", "Smith"), ("", "")],
)
def test_a_surname_has_one_character_or_two(name, surname):
    """Two only where a given name follows; in Latin letters it is the last word."""
    assert surname_of(name) == surname


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13800138000", "138****8000"),
        ("138 0013 8000", "138****8000"),
        ("63161234", "******34"),
        ("000****0001", "000****0001"),
        ("12", "**"),
        ("7", "*"),
        ("", ""),
    ],
)
def test_the_middle_of_a_number_is_hidden(phone, masked):
    """As is usual for mobile numbers; all but two digits of another, and all of one that has no more."""
    assert mask_phone(phone) == masked


def test_a_masked_number_cannot_be_called():
    """Not even where all is told: what is stored has stars in it."""
    member = StaffMember("张小明", "head", "1", date(2026, 1, 1), "000****0001")

    (told,) = contacts_of([member], "full")
    assert (told.name, told.phone, told.dial) == ("张小明（网格长）", "000****0001", None)
