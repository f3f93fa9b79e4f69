from collections import Counter

import pytest

from gis_service.demo.incident_mix import HAZARD_SEVERITIES, KINDS
from gis_service.demo.rules import load_rules


@pytest.mark.parametrize(
    ("category", "count"),
    [
        ("dispute", 1_800),
        ("dispute.neighbour", 720),
        ("dispute.property", 540),
        ("dispute.labour", 280),
        ("dispute.other", 260),
        ("sanitation", 2_300),
        ("sanitation.pile", 1_200),
        ("sanitation.illegal_build", 32),
        ("hazard", 1_500),
    ],
)
def test_the_sums_are_those_of_the_survey(category, count):
    """5,600 in all."""
    assert sum(kind.count for kind in KINDS if kind.category.startswith(category)) == count


def test_severities_of_hazards_sum_up():
    """23 + 380 + 1,097 = 1,500."""
    assert sum(HAZARD_SEVERITIES.values()) == 1_500


def test_each_category_is_in_the_list_of_categories():
    """And none is counted that the rules do not know."""
    known = {row["code"] for row in load_rules().categories}
    assert not Counter(kind.category for kind in KINDS).keys() - known
