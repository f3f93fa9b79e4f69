from __future__ import annotations

from pathlib import Path

import pytest

from gis_service.domain.access import PUBLIC, ROLES, Principal
from gis_service.domain.data_class import PERSONAL, visible

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "data-classes.md"


@pytest.mark.parametrize("attribute", PERSONAL)
def test_what_is_documented_is_what_is_told(attribute: str):
    """Class and roles of the row; on other ground nobody is told, nor is the public anywhere."""
    (row,) = (line for line in DOCUMENT.read_text().splitlines() if line.startswith(f"| `{attribute}` |"))
    _, data_class, roles = (cell.strip() for cell in row.strip("|").split("|"))
    everyone = [PUBLIC, *(Principal("a", role) for role in ROLES)]
    told = {one.role for one in everyone if visible(one, attribute, in_scope=True)}
    assert data_class == PERSONAL[attribute].data_class
    assert told == set(roles.split(", "))
    assert not any(visible(one, attribute, in_scope=False) for one in everyone)


def test_the_document_has_no_other_row():
    """As many rows with an attribute as there are attributes."""
    rows = [
        line for line in DOCUMENT.read_text().splitlines() if line.startswith("| `") and "." in line.split("`")[1]
    ]
    assert len(rows) == len(PERSONAL)


def test_what_nobody_has_decided_on_is_told_to_nobody():
    """Not a silent yes or no."""
    with pytest.raises(KeyError):
        visible(PUBLIC, "staff.salary", in_scope=True)
