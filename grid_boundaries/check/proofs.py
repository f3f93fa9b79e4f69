"""What is proved of one family: the hash of its edges with their owners, and its exact area."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grid_boundaries.check.cancellation import Cancellation
from grid_boundaries.check.edges import PARENT, Edges, runs_forward

_LIMB_BITS = 13  # 2**39 (local steps) * 2**13, summed over 2**10 edges, stays below 2**63
_CHUNK = 1024


@dataclass(frozen=True, slots=True)
class FamilyProof:
    """The proof that the children of one parent tile it: no edge was left over.

    Attributes:
        parent: the parent's code; None for an outline that has none.
        grids: how many children it has.
        edges: how many undirected edges they and the parent have together.
        edge_hash: the SHA-256, in hexadecimal, of those edges with who owns either side, and of the children's codes;
            the recipe is that of ``prove_families``.
        doubled_area: twice the exact area of the parent in square lattice steps; the children's add up to it.
    """

    parent: str | None
    grids: int
    edges: int
    edge_hash: str
    doubled_area: int

    def as_dict(self) -> dict[str, Any]:
        """Return the proof as JSON, the area as a decimal string since JSON numbers lose digits."""
        return {
            "parent": self.parent,
            "grids": self.grids,
            "edges": self.edges,
            "edge_hash": self.edge_hash,
            "doubled_area": str(self.doubled_area),
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> FamilyProof:
        """Return the proof that ``as_dict`` told.

        Raises:
            ValueError: a member is missing or of a wrong kind.
        """
        try:
            parent, grids, edges, edge_hash = told["parent"], told["grids"], told["edges"], told["edge_hash"]
            area = int(told["doubled_area"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not the proof of a family: {error!r}") from None
        counts = isinstance(grids, int) and isinstance(edges, int)
        if not (counts and isinstance(edge_hash, str) and isinstance(parent, str | None)):
            raise ValueError("not the proof of a family: a member is of a wrong kind")
        return cls(parent, grids, edges, edge_hash, area)


def prove_families(
    edges: Edges,
    cancellation: Cancellation,
    codes: Sequence[str],
    family: NDArray[np.int32],
    parents: Mapping[int, str | None],
) -> tuple[FamilyProof, ...]:
    """Return the proofs of families in which nothing was left over, ordered by number.

    The recipe of ``edge_hash``: each undirected edge once, as six little-endian 64-bit integers: longitude and
    latitude of the smaller and of the larger point in lattice steps, then who owns the ground on its left and on
    its right, going from the smaller to the larger point: the number of the child in the order of codes, from 0, or
    -1 for the outside.  Sorted by ``edge_keys``, then by the integers.  After them the codes of the children
    in order (by Unicode code point), each as UTF-8 and a line feed.  All that through SHA-256.

    Args:
        edges: all directed edges, the children's before the parents', which are reversed and in order of family.
        cancellation: their pairs.
        codes: the codes of the children; owner ``i`` of an edge is ``codes[i]``.
        family: the family of each child.
        parents: the code of the parent by number of family, for those families that may be proved.
    """
    count = int(edges.family.max(initial=-1)) + 1
    met = np.bincount(edges.family.take(cancellation.met), minlength=count)
    clean = np.bincount(edges.family.take(cancellation.left), minlength=count) == 0
    proved = [number for number in sorted(parents) if number < count and clean[number] and met[number]]
    if not proved:
        return ()
    order, members, first = _by_code(codes, family, count)
    records = _records(edges, cancellation, _ranks(order, family, first))
    last = np.cumsum(met).tolist()
    areas = _areas_of_parents(edges, count)
    proofs = []
    for number in proved:
        begins, ends = int(first[number]), int(first[number] + members[number])
        digest = hashlib.sha256(records[last[number] - int(met[number]) : last[number]].data)
        digest.update("".join(f"{codes[child]}\n" for child in order[begins:ends]).encode("utf-8", "surrogatepass"))
        proofs.append(
            FamilyProof(parents[number], ends - begins, int(met[number]), digest.hexdigest(), areas[number])
        )
    return tuple(proofs)


def _by_code(
    codes: Sequence[str], family: NDArray[np.int32], count: int
) -> tuple[list[int], NDArray[np.intp], NDArray[np.intp]]:
    """Return the children by family and code, and of each family how many there are and where it begins."""
    by_code = np.array(sorted(range(len(codes)), key=codes.__getitem__), dtype=np.intp)
    order = by_code[np.argsort(family[by_code], kind="stable")].tolist()
    members = np.bincount(family, minlength=count)
    return order, members, np.cumsum(members) - members


def _ranks(order: list[int], family: NDArray[np.int32], first: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return the number of each child in its family, in the order of codes; the last entry is that of ``PARENT``."""
    by_code = np.array(order, dtype=np.intp)
    ranks = np.empty(len(order) + 1, dtype=np.int64)
    ranks[by_code] = np.arange(len(order)) - first[family[by_code]]
    ranks[-1] = PARENT
    return ranks


def _records(edges: Edges, cancellation: Cancellation, ranks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a row for each pair of edges, the pair's forward edge with the owners on both sides."""
    met, partner = cancellation.met, cancellation.partner
    forward = runs_forward(edges.start.take(met, axis=0), edges.end.take(met, axis=0))
    along = np.where(forward, met, partner)
    records = np.empty((len(met), 6), dtype="<i8")
    records[:, 0:2] = edges.start.take(along, axis=0)
    records[:, 2:4] = edges.end.take(along, axis=0)
    records[:, 4] = ranks.take(edges.owner.take(along))
    records[:, 5] = ranks.take(edges.owner.take(np.where(forward, partner, met)))
    return records


def _areas_of_parents(edges: Edges, count: int) -> list[int]:
    children = len(edges) - int(np.count_nonzero(edges.owner == PARENT))
    family = edges.family[children:]
    first = np.searchsorted(family, np.arange(count))
    bounded = np.flatnonzero(np.diff(np.append(first, len(family))))
    areas = [0] * count
    doubled = doubled_areas(edges.start[children:], edges.end[children:], first[bounded])
    for number, area in zip(bounded.tolist(), doubled, strict=True):
        areas[number] = -area
    return areas


def doubled_areas(start: NDArray[np.int64], end: NDArray[np.int64], first: NDArray[np.intp]) -> list[int]:
    """Return twice the signed areas that the edges of closed rings enclose, in square lattice steps.

    ``first`` tells where the edges of each area begin; none is empty.  The areas are exact, whatever their size:
    products are split into limbs that fit 64-bit integers, summed in chunks, and put together as Python integers.
    """
    if not len(first):
        return []
    origin = np.repeat(start[first], np.diff(np.append(first, len(start))), axis=0)
    start, end = start - origin, end - origin
    is_first = np.zeros(len(start), np.bool_)
    is_first[first] = is_first[::_CHUNK] = True
    chunks = np.flatnonzero(is_first)
    these, those = (
        _sums_of_products(start[:, 0], end[:, 1], chunks),
        _sums_of_products(end[:, 0], start[:, 1], chunks),
    )
    areas = [0] * len(first)
    for area, one, other in zip((np.searchsorted(first, chunks, "right") - 1).tolist(), these, those, strict=True):
        areas[area] += one - other
    return areas


def _sums_of_products(these: NDArray[np.int64], those: NDArray[np.int64], chunks: NDArray[np.intp]) -> list[int]:
    totals = [0] * len(chunks)
    for limb in range(3):
        part = those >> (limb * _LIMB_BITS)
        if limb < 2:  # noqa: PLR2004  the last of three limbs keeps the sign
            part &= (1 << _LIMB_BITS) - 1
        sums = np.add.reduceat(these * part, chunks).tolist()
        totals = [total + (one << (limb * _LIMB_BITS)) for total, one in zip(totals, sums, strict=True)]
    return totals
