"""Find whose each incident would be if it were reported now: boundaries may have moved since."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from uuid import UUID

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.building_code import fold_label
from gis_service.domain.incident import IncidentRecord, Point
from gis_service.domain.place import ChainLink
from gis_service.snapshots.snapshot import Snapshot


def find_owners_now(
    records: Sequence[IncidentRecord], current: Snapshot | None, open_work: Callable[[], UnitOfWork]
) -> list[ChainLink | None]:
    """Return the owner of each incident in the edition in force now, found in the way in which its owner was found.

    Of the edition in force it is the owner that it has.  Of another one: the grid kept for its building or unit, else
    the grid that covers its point, else the picked grid while there is one, else the grid where the reporter stood.
    The database is asked only for incidents of other editions at buildings, and for those without a point.

    Args:
        records: in any order.
        current: the edition in force as this worker holds it; without one nobody is named.
        open_work: begins a transaction.

    Raises:
        UnavailableError: the database is needed and does not answer.
    """
    if current is None:
        return [None] * len(records)
    moved = [one for one in records if one.edition != current.edition]
    kept, points = _look_up(moved, current.edition, open_work)
    owners: list[ChainLink | None] = []
    for one in records:
        if one.edition == current.edition:
            owners.append(one.chain[-1] if one.chain else None)
        else:
            owners.append(_owner_in(current, one, kept.get(one.id), points.get(one.id)))
    return owners


def _owner_in(current: Snapshot, one: IncidentRecord, kept: str | None, stood_at: Point | None) -> ChainLink | None:
    index = None if kept is None else _index_of(kept, current)
    if index is None and one.point is None and one.picked_grid is not None:
        index = _index_of(one.picked_grid, current)
    point = one.point or stood_at
    if index is None and point is not None:
        index = current.locator.locate(point.lon, point.lat).owner_index
    if index is None:
        return None
    grid = current.grids[index]
    return ChainLink(grid.code, grid.name, grid.level)


def _index_of(code: str, current: Snapshot) -> int | None:
    codes = current.locator.codes  # sorted
    index = bisect_left(codes, code)
    return index if index < len(codes) and codes[index] == code else None


def _look_up(
    moved: Sequence[IncidentRecord], edition: int, open_work: Callable[[], UnitOfWork]
) -> tuple[dict[UUID, str], dict[UUID, Point]]:
    """Return the grids kept for buildings and units, and where reporters stood."""
    at_buildings = {one.id: one.building_code for one in moved if one.building_code is not None}
    in_units = {one.id: (one.building_code, fold_label(one.unit)) for one in moved if one.building_code and one.unit}
    pointless = [one.id for one in moved if one.point is None and one.building_code is None]
    if not at_buildings and not pointless:
        return {}, {}
    with open_work() as work:
        buildings = work.building_places.owners_of(set(at_buildings.values()), edition)
        units = work.building_places.owners_of_units(set(in_units.values()), edition) if in_units else {}
        points = work.incidents.reporter_points(pointless) if pointless else {}
    kept = {one: grid for one, code in at_buildings.items() if (grid := buildings.get(code)) is not None}
    return kept | {one: grid for one, unit in in_units.items() if (grid := units.get(unit)) is not None}, points
