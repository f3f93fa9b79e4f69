from gis_service.domain.access import Principal


def test_a_scope_covers_its_subtree():
    """A street's dispatcher sees the grids below the street, and the street itself."""
    street = Principal("street desk", "dispatcher", "D07")

    assert street.sees(["D", "D07", "D07C3"])
    assert street.sees(["D", "D07"])


def test_a_scope_ends_at_its_grid():
    """A street's dispatcher sees neither the district nor another street, and no incident without a grid."""
    street = Principal("street desk", "dispatcher", "D07")

    assert not street.sees(["D"])
    assert not street.sees(["D", "D08"])
    assert not street.sees([])


def test_no_scope_is_everywhere():
    """Scope None sees all ground, and what has no ground."""
    assert Principal("city desk", "dispatcher", None).sees([])
