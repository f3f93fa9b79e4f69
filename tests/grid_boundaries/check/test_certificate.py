from __future__ import annotations

import hashlib
import json

import pytest

from grid_boundaries.check import FamilyProof, check_grids, combine_proofs
from grid_boundaries.check.certificate import FORM
from tests.support.partitions import random_partition


def proof(parent, edges=7):
    """Return a proof with figures of its own."""
    return FamilyProof(parent, 2, edges, f"{edges:064x}", 10**20 + edges)


def sha(text):
    """Return the digest of bytes."""
    return hashlib.sha256(text).digest()


def leaf(one):
    """Return the hash of a leaf, put together by hand."""
    parent = json.dumps(one.parent, ensure_ascii=False)
    text = f'[{parent},{one.grids},{one.edges},"{one.edge_hash}","{one.doubled_area}"]'
    return sha(b"\x00" + text.encode())


def test_counts_and_areas_are_sums():
    """Three families of two grids; areas beyond 64 bits are exact."""
    certificate = combine_proofs([proof("a", 7), proof("b", 8), proof("c", 9)])

    assert certificate["form"] == FORM == "edge-cancellation/2"
    assert (certificate["families"], certificate["grids"], certificate["edges"]) == (3, 6, 24)
    assert certificate["doubled_area"] == str(3 * 10**20 + 24)


def test_the_hash_is_that_of_a_merkle_tree():
    """Five leaves by hand, as RFC 9162 splits them: four and one."""
    five = [proof(code) for code in "abcde"]
    a, b, c, d, e = (leaf(one) for one in five)
    four = sha(b"\x01" + sha(b"\x01" + a + b) + sha(b"\x01" + c + d))

    assert combine_proofs(five)["hash"] == sha(b"\x01" + four + e).hex()
    assert combine_proofs(five[:1])["hash"] == a.hex()


def test_the_order_of_the_proofs_makes_no_difference():
    """An outline without a code comes before all, and is not the same as an empty code."""
    some = [proof("b", 1), proof(None, 2), proof("", 3), proof("网格", 4)]

    assert combine_proofs(some) == combine_proofs(some[::-1])
    assert combine_proofs([proof(None)])["hash"] != combine_proofs([proof("")])["hash"]


@pytest.mark.parametrize(("proofs", "reason"), [([], "at least one"), ([proof("a"), proof("a", 8)], "two proofs")])
def test_nothing_and_two_of_one_parent_cannot_be_combined(proofs, reason):
    """A certificate says one thing of each parent."""
    with pytest.raises(ValueError, match=reason):
        combine_proofs(proofs)


def test_a_report_has_the_certificate_of_its_proofs():
    """One family, whose parent has no code."""
    partition = random_partition(1)

    report = check_grids(partition.grids, partition.parent)

    assert report.certificate == combine_proofs(report.proofs)
    assert [one.parent for one in report.proofs] == [None]
    assert "proofs" not in report.as_dict()
