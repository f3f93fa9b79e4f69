from gis_service.domain.access import ROLES, Principal


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


def test_data_classes_grow_from_the_public_to_the_few():
    """Everyone sees what is general, staff what is important, three roles what is core; who is unknown, the least."""
    seen = {role: Principal("a", role).data_classes for role in ("public", "nobody", *ROLES)}
    assert seen["public"] == seen["nobody"] == ("general",)
    assert {role for role, classes in seen.items() if "core" in classes} == {"dispatcher", "auditor", "admin"}
    assert {role for role, classes in seen.items() if "important" in classes} == set(ROLES)
