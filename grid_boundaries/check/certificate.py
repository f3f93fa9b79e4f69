"""What lets anyone check again that grids tile their parent: edge hash, exact areas, versions."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from grid_boundaries.check.cancellation import Cancellation
from grid_boundaries.check.edges import PARENT, Edges, runs_forward
from grid_boundaries.partition import LATTICE_PER_DEG

FORM = "edge-cancellation/1"
"""The recipe below; a change of it is a new number."""

_LIMB_BITS = 13  # 2**39 (local steps) * 2**13, summed over 2**10 edges, stays below 2**63
_CHUNK = 1024


def certify(edges: Edges, cancellation: Cancellation, grids: int) -> dict[str, Any]:
    """Return the certificate of a check that left nothing over.

    ``edge_hash`` is the SHA-256 of the undirected edges, once each, as five little-endian 64-bit integers (family,
    then longitude and latitude of the smaller and of the larger point, in lattice steps), sorted by ``edge_keys``
    and then by these integers.  Families are numbered by the order of their parents' codes, from 0.  The areas are
    exact: twice the signed area in square lattice steps, as decimal strings since JSON numbers lose digits.

    Args:
        edges: all directed edges, the children's before the parents', which are reversed.
        cancellation: their pairs, nothing left.
        grids: how many grids the check saw.

    Raises:
        ValueError: edges are left over, so there is nothing to certify.
    """
    if len(cancellation.left):
        raise ValueError("a certificate needs edges that all cancel")
    children = len(edges) - int(np.count_nonzero(edges.owner == PARENT))
    return {
        "form": FORM,
        "lattice_per_degree": LATTICE_PER_DEG,
        "grids": grids,
        "families": int(edges.family.max()) + 1 if len(edges) else 0,
        "edges": len(cancellation.met),
        "edge_hash": _edge_hash(edges.pick(cancellation.met)),
        "doubled_area_of_children": str(doubled_area(edges.start[:children], edges.end[:children])),
        "doubled_area_of_parents": str(-doubled_area(edges.start[children:], edges.end[children:])),
        "versions": {"shapely": shapely.__version__, "geos": shapely.geos_version_string, "numpy": np.__version__},
    }


def _edge_hash(edges: Edges) -> str:
    forward = runs_forward(edges.start, edges.end)[:, None]
    record = np.empty((len(edges), 5), dtype="<i8")
    record[:, 0] = edges.family
    record[:, 1:3] = np.where(forward, edges.start, edges.end)
    record[:, 3:5] = np.where(forward, edges.end, edges.start)
    return hashlib.sha256(record.data).hexdigest()


def doubled_area(start: NDArray[np.int64], end: NDArray[np.int64]) -> int:
    """Return twice the signed area that the edges of closed rings enclose, in square lattice steps.

    It is exact, whatever its size: products are split into limbs that fit 64-bit integers, summed in chunks, and put
    together as Python integers.
    """
    if not len(start):
        return 0
    start, end = start - start[0], end - start[0]
    return _sum_of_products(start[:, 0], end[:, 1]) - _sum_of_products(end[:, 0], start[:, 1])


def _sum_of_products(these: NDArray[np.int64], those: NDArray[np.int64]) -> int:
    chunks = np.arange(0, len(these), _CHUNK)
    total = 0
    for limb in range(3):
        part = those >> (limb * _LIMB_BITS)
        if limb < 2:  # noqa: PLR2004  the last of three limbs keeps the sign
            part &= (1 << _LIMB_BITS) - 1
        total += sum(np.add.reduceat(these * part, chunks).tolist()) << (limb * _LIMB_BITS)
    return total
