"""The same code twice, the same polygon twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check import messages
from grid_boundaries.check.findings import Finding, place_of
from grid_boundaries.check.keys import scatter
from grid_boundaries.projection import straight_area_m2


def find_duplicate_codes(codes: Sequence[str], sound: Sequence[int], shapes: NDArray[np.object_]) -> list[Finding]:
    """Return one finding for each code that several grids bear, its place a point in each of them.

    ``codes`` are those of all grids; ``shapes[i]`` is the shape of grid ``sound[i]``, others have no place.
    """
    if len(set(codes)) == len(codes):
        return []
    times: defaultdict[str, int] = defaultdict(int)
    for code in codes:
        times[code] += 1
    bearers: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for number, shape in zip(sound, shapes, strict=True):
        if times[codes[number]] > 1 and (place := place_of(shape)):
            bearers[codes[number]].append(place)
    return [_same_code(code, count, sorted(bearers[code])) for code, count in times.items() if count > 1]


def find_duplicate_shapes(
    codes: Sequence[str], shapes: NDArray[np.object_], family: NDArray[np.int32]
) -> tuple[list[Finding], NDArray[np.intp]]:
    """Return one finding for each polygon that several grids of a family have, and the numbers of the grids to keep.

    Polygons are the same when their vertices are, whatever the start and turn of their rings.  Of each set the
    grid with the smallest code is kept: the others would only repeat its overlaps.  Families come as one number
    for each grid; a child may have its parent's polygon.
    """
    boxes = np.column_stack([shapely.bounds(shapes).view(np.uint64), family.astype(np.uint64)])
    keys = np.zeros(len(shapes), np.uint64)
    for column in boxes.T:
        keys = scatter(keys ^ column)
    in_order = np.sort(keys)
    if (in_order[1:] != in_order[:-1]).all():
        return [], np.arange(len(shapes))
    alike: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for number, key in enumerate(zip(keys.tolist(), family.tolist(), strict=True)):
        alike[key].append(number)
    findings, dropped = [], []
    for numbers in alike.values():
        if len(numbers) < 2:  # noqa: PLR2004  two of a kind
            continue
        same: defaultdict[bytes, list[int]] = defaultdict(list)
        for number in numbers:
            same[shapely.to_wkb(shapely.normalize(shapes[number]))].append(number)
        for group in same.values():
            if len(group) > 1:
                group.sort(key=lambda number: codes[number])
                findings.append(_same_shape([codes[number] for number in group], shapes[group[0]]))
                dropped += group[1:]
    keep = np.ones(len(shapes), np.bool_)
    keep[dropped] = False
    return findings, np.flatnonzero(keep)


def _same_code(code: str, times: int, places: list[tuple[float, float]]) -> Finding:
    place = places[0] if places else None
    message, message_zh = messages.duplicate_code(code, times, place)
    return Finding(
        rule="duplicate-code",
        severity="error",
        grids=(code,),
        message=message,
        message_zh=message_zh,
        geometry=mapping(shapely.MultiPoint(places)) if places else None,
        fixes=({"action": "rename", "grid": code},),
        place=place,
    )


def _same_shape(codes: Sequence[str], shape: BaseGeometry) -> Finding:
    ground_m2, place = straight_area_m2(shape), place_of(shape)
    message, message_zh = messages.duplicate_geometry(codes, ground_m2, place)
    return Finding(
        rule="duplicate-geometry",
        severity="error",
        grids=tuple(codes),
        message=message,
        message_zh=message_zh,
        geometry=mapping(shapely.normalize(shape)),
        width_class="real",
        area_m2=ground_m2,
        fixes=tuple({"action": "remove", "grid": code} for code in codes),
        place=place,
    )
