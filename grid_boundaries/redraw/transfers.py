"""Which ground goes from which grid to which between two states of the same grids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check.rules import NOISE_STEPS
from grid_boundaries.partition import LATTICE_PER_DEG, Grid
from grid_boundaries.projection import straight_area_m2


@dataclass(frozen=True, slots=True)
class Transfer:
    """Ground of one level that one grid had before and another has after; None is ground that no grid had or has.

    ``shape`` is in degrees; a grid that keeps some of its ground is in a transfer from itself to itself.
    """

    level: str | None
    from_code: str | None
    to_code: str | None
    shape: BaseGeometry
    area_m2: float


def is_sound(shape: BaseGeometry) -> bool:
    """Tell whether a shape is a valid polygon or multipolygon with ground, as ``find_transfers`` asks for."""
    return shape.geom_type in {"Polygon", "MultiPolygon"} and not shape.is_empty and bool(shapely.is_valid(shape))


def find_transfers(before: Sequence[Grid], after: Sequence[Grid]) -> list[Transfer]:
    """Return where the ground of some grids goes, level by level; by level, then by the two codes.

    Ground is shared out by overlay at the precision of the lattice.  Pieces up to three lattice steps (0.3 mm) wide
    are rounding and left out.  Areas of a level add up to that of its grids, before and after, but for those pieces.

    Args:
        before: valid grids, those of one level without overlap; the ones that a redraw changes or retires.
        after: the same ground as it will be: the ones that it changes or adds.
    """
    levels = sorted({grid.level or "" for grid in (*before, *after)})
    found: list[Transfer] = []
    for level in levels:
        old = [grid for grid in before if (grid.level or "") == level]
        new = [grid for grid in after if (grid.level or "") == level]
        found += _of_level(level or None, old, new)
    return found


def _of_level(level: str | None, old: Sequence[Grid], new: Sequence[Grid]) -> list[Transfer]:
    origin = _origin([*old, *new])
    were, are = _local(old, origin), _local(new, origin)
    pieces: dict[tuple[str | None, str | None], BaseGeometry] = {}
    held: defaultdict[int, list[int]] = defaultdict(list)
    gained: defaultdict[int, list[int]] = defaultdict(list)
    for one, other in _sharing(were, are):
        pieces[old[one].code, new[other].code] = shapely.intersection(were[one], are[other], grid_size=1.0)
        held[one].append(other)
        gained[other].append(one)
    for one, shape in enumerate(were):
        pieces[old[one].code, None] = _rest(shape, are[held[one]])
    for other, shape in enumerate(are):
        pieces[None, new[other].code] = _rest(shape, were[gained[other]])
    return sorted(_measured(level, pieces, origin), key=lambda one: (one.from_code or "", one.to_code or ""))


def _sharing(were: NDArray[np.object_], are: NDArray[np.object_]) -> list[tuple[int, int]]:
    """Return the pairs that share ground: in a partition most neighbours share an edge alone, and cost no overlay."""
    if not len(are):
        return []
    one, other = STRtree(are).query(were, predicate="intersects")
    inside = ~shapely.touches(were[one], are[other])
    return list(zip(one[inside].tolist(), other[inside].tolist(), strict=True))


def _origin(grids: Sequence[Grid]) -> NDArray[np.float64]:
    """Return the south-western corner in lattice steps: near it doubles hold every lattice point."""
    bounds = shapely.total_bounds(np.array([grid.shape for grid in grids], dtype=np.object_))
    return np.floor(bounds[:2] * LATTICE_PER_DEG)


def _local(grids: Sequence[Grid], origin: NDArray[np.float64]) -> NDArray[np.object_]:
    shapes = np.array([grid.shape for grid in grids], dtype=np.object_)
    local = shapely.transform(shapes, lambda degrees: np.rint(degrees * LATTICE_PER_DEG) - origin)
    return np.asarray(local, dtype=np.object_)


def _rest(shape: BaseGeometry, taken: NDArray[np.object_]) -> BaseGeometry:
    if not len(taken):
        return shape
    return shapely.difference(shape, shapely.union_all(taken, grid_size=1.0), grid_size=1.0)


def _measured(
    level: str | None, pieces: dict[tuple[str | None, str | None], BaseGeometry], origin: NDArray[np.float64]
) -> Iterator[Transfer]:
    for (source, target), piece in pieces.items():
        parts = [part for part in shapely.get_parts(piece) if _is_ground(part)]
        if not parts:
            continue
        shape = parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
        degrees = shapely.transform(shape, lambda local: (local + origin) / LATTICE_PER_DEG)
        yield Transfer(level, source, target, degrees, straight_area_m2(degrees))


def _is_ground(part: BaseGeometry) -> bool:
    """Tell whether a piece is an area wider than rounding: twice its area over its outline is its width."""
    wide: bool = part.geom_type == "Polygon" and 2 * part.area > NOISE_STEPS * part.length
    return wide
