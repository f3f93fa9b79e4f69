"""Give the buildings on redrawn ground their owners."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise

import shapely

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.edition import Bounds
from grid_boundaries.partition import LATTICE_DEG, Grid

_REACH_DEG = 4 * LATTICE_DEG
"""A vertex set into an edge bends it by less than a step of the lattice."""


def reown_buildings(
    before: Mapping[str, Grid], after: Mapping[str, Grid], refined: Collection[str], edition: int, work: UnitOfWork
) -> None:
    """Let buildings have new owners from an edition on, inside the transaction that publishes it.

    Args:
        before: the touched grids as they were, by code.
        after: the touched grids as they are, by code.
        refined: those of them that differ by vertices on their edges alone.
        edition: the new edition, whose grids are stored already; editions before it keep their owners.
        work: the transaction.
    """
    standing = work.buildings.in_boxes(list(changed_boxes(before, after, refined)))
    owners = work.owners.of_points(edition, [one.lon for one in standing], [one.lat for one in standing])
    changed = {one.code: owner for one, owner in zip(standing, owners, strict=True) if owner != one.owner}
    work.buildings.change_owners(changed, edition)


def changed_boxes(
    before: Mapping[str, Grid], after: Mapping[str, Grid], refined: Collection[str]
) -> Iterator[Bounds]:
    """Yield boxes outside which no point has another owner: around grids that are others than before.

    Of a refined grid only the edges count that it had or has alone: ancestors are large.
    """
    for code in sorted(before.keys() | after.keys()):
        old, new = before.get(code), after.get(code)
        if old is None or new is None or old.level != new.level:
            yield from (_around(*grid.shape.bounds) for grid in (old, new) if grid is not None)
        elif old.shape.wkb == new.shape.wkb:
            continue
        elif code in refined:
            yield from (_around(*edge) for edge in sorted(_edge_boxes(old) ^ _edge_boxes(new)))
        else:
            yield _around(*shapely.total_bounds([old.shape, new.shape]).tolist())


def _edge_boxes(grid: Grid) -> set[tuple[float, float, float, float]]:
    boxes = set()
    for ring in shapely.get_rings(shapely.get_parts(grid.shape)):
        for (lon, lat), (other_lon, other_lat) in pairwise(shapely.get_coordinates(ring).tolist()):
            boxes.add((min(lon, other_lon), min(lat, other_lat), max(lon, other_lon), max(lat, other_lat)))
    return boxes


def _around(west: float, south: float, east: float, north: float) -> Bounds:
    return west - _REACH_DEG, south - _REACH_DEG, east + _REACH_DEG, north + _REACH_DEG
