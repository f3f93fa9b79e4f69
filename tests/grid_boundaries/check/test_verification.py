from __future__ import annotations

from dataclasses import replace

import pytest

from grid_boundaries.check import CheckRules, check_grids, check_tree, verify_certificate
from grid_boundaries.partition import Grid
from tests.support.partitions import random_partition, square
from tests.support.tree import ring

TREE = [
    Grid("s", ring((0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1)), "street"),
    Grid("a", ring((0, 0), (1, 0), (1, 1), (0, 1)), "community", "s"),
    Grid("b", ring((1, 0), (2, 0), (2, 1), (1, 1)), "community", "s"),
]
CERTIFICATE = check_tree(TREE, CheckRules(), ()).certificate


def differing(grids):
    """Return the members in which grids differ from what was certified."""
    return [difference.what for difference in verify_certificate(grids, CERTIFICATE)]


def test_the_grids_that_were_certified_differ_in_nothing():
    """In another order, with other names."""
    assert differing([replace(grid, name="!") for grid in TREE[::-1]]) == []


def test_a_set_is_verified_within_its_outline():
    """A random partition; without its outline nothing is proved."""
    partition = random_partition(1)
    certificate = check_grids(partition.grids, partition.parent, parent_code="p").certificate

    assert verify_certificate(partition.grids, certificate, partition.parent, "p") == []
    assert [one.what for one in verify_certificate(partition.grids, certificate, partition.parent)] == ["hash"]
    assert verify_certificate(partition.grids, certificate)[0].what == "proof"


def test_two_grids_that_have_changed_places_differ_in_the_hash():
    """Counts and areas are the same."""
    street, a, b = TREE
    (difference,) = verify_certificate([street, replace(a, shape=b.shape), replace(b, shape=a.shape)], CERTIFICATE)

    assert difference.what == "hash"
    assert difference.certified == CERTIFICATE["hash"] != difference.found
    assert difference.message.startswith("Certified is the hash of edges, owners and codes ")
    assert difference.message_zh.startswith("证明中边界、归属与编码的哈希值为 ")


def test_a_third_grid_differs_in_count_and_edges():
    """The second square in two halves; the street has the new corners."""
    street = ring((0, 0), (1, 0), (1.5, 0), (2, 0), (2, 1), (1.5, 1), (1, 1), (0, 1))
    halves = [
        Grid("b", ring((1, 0), (1.5, 0), (1.5, 1), (1, 1)), "community", "s"),
        Grid("c", ring((1.5, 0), (2, 0), (2, 1), (1.5, 1)), "community", "s"),
    ]

    assert differing([replace(TREE[0], shape=street), TREE[1], *halves]) == ["grids", "edges", "hash"]


def test_grids_that_tile_nothing_are_told_by_their_first_finding():
    """A square is missing."""
    (unproved, *_) = verify_certificate(TREE[:2], CERTIFICATE)

    assert unproved.what == "proof"
    assert "Nobody owns" in unproved.message
    assert "未覆盖" in unproved.message_zh


def test_a_single_grid_proves_nothing():
    """No parent, no finding, no proof."""
    (unproved, *others) = verify_certificate([square("a", 0, 0, 1, 1)], CERTIFICATE)

    assert unproved.message == "The grids do not tile their ground; 0 finding(s). There is no parent that they fill."
    assert [one.found for one in others] == ["0"] * 5


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"form": "edge-cancellation/1"}, "'edge-cancellation/2' can be verified"),
        ({"lattice_per_degree": 10}, "not on the lattice"),
    ],
)
def test_a_certificate_of_another_kind_is_refused(change, reason):
    """Another form, another lattice, and one with nothing in it."""
    with pytest.raises(ValueError, match=reason):
        verify_certificate(TREE, {**CERTIFICATE, **change})
    with pytest.raises(ValueError, match="lacks families"):
        verify_certificate(TREE, {"form": CERTIFICATE["form"], "lattice_per_degree": 10**9})
