"""What lets anyone check again that grids tile their parents: the proofs of all families in one hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import shapely

from grid_boundaries.check.proofs import FamilyProof
from grid_boundaries.partition import LATTICE_PER_DEG

FORM = "edge-cancellation/2"
"""The recipe below; a change of it is a new number."""

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def combine_proofs(proofs: Iterable[FamilyProof]) -> dict[str, Any]:
    """Return the certificate of families that are proved one by one, in any order.

    ``hash`` is the Merkle tree hash over the families, ordered by the parent's code (by Unicode code point; an
    outline without a code comes first).  A leaf is the family as JSON text in UTF-8 without spaces:
    ``[parent, grids, edges, edge_hash, doubled_area]``, the area as a string.  The counts and the area are sums.
    ``versions`` are those of the libraries that made it, and in no hash.

    So a publication that touches one family needs the proof of that one anew, and whoever holds one family's proof
    and its path of hashes can show that it is part of the certificate.

    Raises:
        ValueError: there are no proofs, or two for one parent.

    Source:
        RFC 9162, 2.1.1, for the hashes of leaves (after a zero byte) and of nodes (after a one).
    """
    ordered = sorted(proofs, key=lambda proof: (proof.parent is not None, proof.parent or ""))
    if not ordered:
        raise ValueError("a certificate needs at least one family")
    for one, other in pairwise(ordered):
        if one.parent == other.parent:
            raise ValueError(f"there are two proofs for the parent {one.parent}")
    return {
        "form": FORM,
        "lattice_per_degree": LATTICE_PER_DEG,
        "families": len(ordered),
        "grids": sum(proof.grids for proof in ordered),
        "edges": sum(proof.edges for proof in ordered),
        "doubled_area": str(sum(proof.doubled_area for proof in ordered)),
        "hash": _tree_hash([_leaf(proof) for proof in ordered]).hex(),
        "versions": {"shapely": shapely.__version__, "geos": shapely.geos_version_string, "numpy": np.__version__},
    }


def _leaf(proof: FamilyProof) -> bytes:
    text = _JSON.encode(list(proof.as_dict().values()))
    return hashlib.sha256(b"\x00" + text.encode("utf-8", "surrogatepass")).digest()


def _tree_hash(hashes: Sequence[bytes]) -> bytes:
    """Return the root: neighbours are joined level by level, one without a neighbour goes up as it is."""
    while len(hashes) > 1:
        joined = [
            hashlib.sha256(b"\x01" + one + other).digest()
            for one, other in zip(hashes[::2], hashes[1::2], strict=False)
        ]
        hashes = joined + list(hashes[2 * len(joined) :])
    return hashes[0]
