"""64-bit keys for lattice points and edges: what brings equal edges together without comparing all with all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grid_boundaries.check.edges import Edges

_ODD = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_STIR = np.uint64(0x94D049BB133111EB)


def scatter(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return keys with their bits spread: the finaliser of SplitMix64, one to one."""
    with np.errstate(over="ignore"):
        keys = (keys ^ (keys >> np.uint64(30))) * _MIX
        keys = (keys ^ (keys >> np.uint64(27))) * _STIR
    return keys ^ (keys >> np.uint64(31))


def edge_keys(edges: Edges) -> NDArray[np.uint64]:
    """Return a key for each edge, made of its two points alone: the same both ways, and in every family."""
    with np.errstate(over="ignore"):
        return scatter(_point_keys(edges.start) + _point_keys(edges.end))


def family_first(keys: NDArray[np.uint64], family: NDArray[np.int32]) -> NDArray[np.uint64]:
    """Return keys that order by family first, by the leading bits of the given keys then; families from 0."""
    bits = int(family.max(initial=0)).bit_length()
    if not bits:
        return keys
    return (family.astype(np.uint64) << np.uint64(64 - bits)) | (keys >> np.uint64(bits))


def sort_keys(keys: NDArray[np.uint64]) -> tuple[NDArray[np.intp], NDArray[np.uint64]]:
    """Return an order of the keys by their leading bits, and these bits in that order.

    As many low bits as number the keys make room for the numbers, and one plain sort does the work: seven times
    faster than an indirect one.  Keys that agree in the bits that remain stand in the order of the input.
    """
    low = _low_bits(len(keys))
    packed = (keys >> low << low) | np.arange(len(keys), dtype=np.uint64)
    packed.sort()
    return (packed & ((np.uint64(1) << low) - np.uint64(1))).astype(np.intp), packed >> low


def leading_bits(keys: NDArray[np.uint64], count: int) -> NDArray[np.uint64]:
    """Return the bits by which ``sort_keys`` orders ``count`` keys."""
    return keys >> _low_bits(count)


def _low_bits(count: int) -> np.uint64:
    return np.uint64(max(1, (count - 1).bit_length()))


def _point_keys(points: NDArray[np.int64]) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        return scatter(points[:, 0].astype(np.uint64) * _ODD + points[:, 1].astype(np.uint64))
