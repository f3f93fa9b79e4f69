"""Look through a file of buildings before one is stored: each row against the others, the registry and the grids."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.building_row import BuildingRow
from gis_service.domain.import_report import ERROR, WARNING, WHOLE_FILE, ImportReport
from gis_service.domain.near_places import NONE, earlier_within
from gis_service.errors import ClashError
from gis_service.snapshots.snapshot import Snapshot, build_snapshot
from grid_boundaries.locate.coordinates import to_wgs84_where_possible
from grid_boundaries.locate.locator import NOBODY
from grid_boundaries.locate.shifts import wgs84_to_bd09, wgs84_to_gcj02
from grid_boundaries.partition import Shape

MOST_NEAREST = 5_000
"""The nearest grid is told of so many rows; finding it takes a longer look."""

LEAST_SHARE = 0.001
"""A footprint is cut when so much of it lies in other grids: less is how exactly it was drawn."""

SURE = 3.3
"""Standard deviations of a sign test: by chance as many points come in as go out, once in two thousand files."""

LEAST_TELLING = 10
_OTHER_SYSTEMS = {"EPSG:4326": ("gcj02", "bd09"), "gcj02": ("EPSG:4326", "bd09"), "bd09": ("EPSG:4326", "gcj02")}
_WRITTEN_IN = {"gcj02": wgs84_to_gcj02, "bd09": wgs84_to_bd09}
_COUNTY_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Demands:
    """What a row has to be.

    Attributes:
        near_m: a building as near to another as this is taken for the same; 0: none is.
        county: of the codes to be issued, where the owner does not say it, nor all grids together.
        scope: the grid in whose subtree buildings must lie; None: anywhere.
        crs_is_certain: the caller has said what coordinates are in, so that a doubt is a warning.
    """

    near_m: float = 3.0
    county: str | None = None
    scope: str | None = None
    crs_is_certain: bool = False


class Ground:
    """The newest edition, asked in memory: owners of many points, and what follows from the owner."""

    def __init__(self, snapshot: Snapshot, demands: Demands) -> None:
        self.edition = snapshot.edition
        self.codes = snapshot.locator.codes
        self.locator = snapshot.locator
        self._shapes: dict[int, Shape] = {}
        chains = [snapshot.locator.chain(index) for index in range(len(self.codes))]
        self._in_scope = [
            demands.scope is None or demands.scope in {self.codes[step] for step in chain} for chain in chains
        ]
        self._is_anywhere = demands.scope is None
        self._counties = [self._county(chain) or demands.county for chain in chains]
        only = set(self._counties)
        self._county_outside = demands.county or (only.pop() if len(only) == 1 else None)

    def _county(self, chain: Sequence[int]) -> str | None:
        code = self.codes[chain[-1]][:_COUNTY_DIGITS]
        return code if len(code) == _COUNTY_DIGITS and code.isascii() and code.isdigit() else None

    def owners(self, lons: NDArray[np.float64], lats: NDArray[np.float64]) -> NDArray[np.int32]:
        """Return the index of each point's owner; ``NOBODY`` for none, and where a coordinate is NaN."""
        owners = np.full(len(lons), NOBODY, dtype=np.int32)
        known = ~(np.isnan(lons) | np.isnan(lats))
        owners[known] = self.locator.locate_many(lons[known], lats[known])
        return owners

    def code(self, owner: int) -> str | None:
        """Return the code of an owner; None for nobody."""
        return None if owner == NOBODY else self.codes[owner]

    def county(self, owner: int) -> str | None:
        """Return which county issues codes there; None where nobody has said it."""
        return self._county_outside if owner == NOBODY else self._counties[owner]

    def is_in_scope(self, owner: int) -> bool:
        """Say whether a building of this owner may be stored."""
        return self._is_anywhere if owner == NOBODY else self._in_scope[owner]

    def shape(self, owner: int) -> Shape:
        """Return the polygon of a grid, prepared."""
        if owner not in self._shapes:
            self._shapes[owner] = self.locator.shapes([owner])[0]
            shapely.prepare(self._shapes[owner])
        return self._shapes[owner]


def load_ground(work: UnitOfWork, demands: Demands) -> Ground:
    """Return the newest edition, inside a transaction that has begun.

    Raises:
        ClashError: nothing has been published yet.
    """
    latest = work.editions.latest()
    if latest is None:
        raise ClashError(
            "no edition has been published yet; publish one first. 尚未发布任何版本。", code="no-edition"
        )
    return Ground(build_snapshot(latest, work.grids.of_edition(latest.number), work.levels.list_all()), demands)


@dataclass(slots=True)
class _Seen:
    """What is kept of every row: forty bytes."""

    rows: array[int] = field(default_factory=lambda: array("q"))
    lons: array[float] = field(default_factory=lambda: array("d"))
    lats: array[float] = field(default_factory=lambda: array("d"))
    codes: array[int] = field(default_factory=lambda: array("q"))
    addresses: array[int] = field(default_factory=lambda: array("q"))
    came_in: dict[str, int] = field(default_factory=dict)
    went_out: dict[str, int] = field(default_factory=dict)
    nearest_told: int = 0


def check_building_file(
    parts: Iterable[list[BuildingRow]],
    declared: str,
    demands: Demands,
    work: UnitOfWork,
    progress: Callable[[int], None] = lambda _: None,
) -> ImportReport:
    """Return what is wrong and odd in a file, row by row.

    A row that is wrong in itself is compared with no other: its neighbour may be what corrects it.

    Args:
        parts: the rows in order, in degrees.
        declared: the system that degrees were taken for, as ``BuildingFile.declared``.
        demands: what a row has to be.
        work: a transaction not yet begun.
        progress: told after each part how many rows have been looked at.

    Raises:
        ClashError: nothing has been published yet.
    """
    report, seen = ImportReport(), _Seen()
    with work:
        ground = load_ground(work, demands)
    for rows in parts:
        for row in rows:
            for fault in row.faults:
                report.add(row.row, fault.rule, fault.message, column=fault.column)
        placed = [row for row in rows if not np.isnan(row.lon)]
        _check_places(placed, ground, declared, report, seen)
        with work:
            _check_registry([row for row in rows if row.row not in report.rejected], demands, work, report)
        for row in rows:
            if row.row not in report.rejected:
                seen.rows.append(row.row)
                seen.lons.append(row.lon)
                seen.lats.append(row.lat)
                seen.codes.append(hash(row.code) if row.code else 0)
                seen.addresses.append(hash(row.address) if row.address else 0)
        report.rows += len(rows)
        progress(report.rows)
    _check_file(seen, demands, report)
    _doubt_system(seen, declared, demands, report)
    return report


def _check_places(
    rows: Sequence[BuildingRow], ground: Ground, declared: str, report: ImportReport, seen: _Seen
) -> None:
    lons, lats = np.array([row.lon for row in rows]), np.array([row.lat for row in rows])
    owners = ground.owners(lons, lats)
    swapped = ground.owners(*to_wgs84_where_possible(lats, lons)) != NOBODY
    is_inside = owners != NOBODY
    for other in _OTHER_SYSTEMS.get(declared, ()):
        # Read anew: back to the numbers of the file, and forward from the other system.
        would_be = ground.owners(*_read_as(lons, lats, declared, other)) != NOBODY
        seen.came_in[other] = seen.came_in.get(other, 0) + int((~is_inside & would_be).sum())
        seen.went_out[other] = seen.went_out.get(other, 0) + int((is_inside & ~would_be).sum())
    for row, owner, is_swapped in zip(rows, owners.tolist(), swapped.tolist(), strict=True):
        if owner == NOBODY:
            _tell_outside(row, ground, report, seen, is_swapped=is_swapped)
        if not ground.is_in_scope(owner):
            report.add(row.row, "outside-scope", "lies outside the ground that you may write to")
        if row.code is None and ground.county(owner) is None:
            report.add(row.row, "no-county", "needs a code, and no county is known to issue it; give county")
        if row.footprint is not None and owner != NOBODY:
            _check_footprint(row.row, row.footprint, owner, ground, report)


def _read_as(
    lons: NDArray[np.float64], lats: NDArray[np.float64], declared: str, other: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if declared in _WRITTEN_IN:
        lons, lats = _WRITTEN_IN[declared](lons, lats)
    return to_wgs84_where_possible(lons, lats, other)


def _tell_outside(row: BuildingRow, ground: Ground, report: ImportReport, seen: _Seen, *, is_swapped: bool) -> None:
    if is_swapped:
        message = (
            f"{row.lon:.9g}, {row.lat:.9g} lies in no grid, and in one the other way round; longitude comes first"
        )
        report.add(row.row, "swapped-coordinates", message, column="lon")
        return
    if report.is_full or seen.nearest_told >= MOST_NEAREST:
        report.add(row.row, "outside-grids", "lies in no grid")
        return
    seen.nearest_told += 1
    nearest, distance_m = ground.locator.nearest(row.lon, row.lat)
    code = ground.codes[nearest]
    message = f"lies in no grid; the nearest, {code}, is {distance_m:.0f} m away"
    report.add(row.row, "outside-grids", message, grid=code, distance_m=round(distance_m, 1))


def _check_footprint(row: int, footprint: MultiPolygon, owner: int, ground: Ground, report: ImportReport) -> None:
    """Tell of a footprint that lies in other grids too, or in none."""
    vertices = shapely.get_coordinates(footprint)
    at_vertices = set(ground.owners(vertices[:, 0].copy(), vertices[:, 1].copy()).tolist())
    own = ground.shape(owner)
    if at_vertices == {owner} and shapely.covers(own, footprint):
        return
    others = sorted(at_vertices - {owner, NOBODY})
    outside = footprint.area - shapely.intersection(footprint, own).area
    inside_others = sum(shapely.intersection(footprint, ground.shape(other)).area for other in others)
    share = max(outside, inside_others) / footprint.area
    if share > LEAST_SHARE:
        told = ", ".join(ground.codes[other] for other in others) or "no grid"
        message = (
            f"{share:.0%} of the footprint lies outside {ground.codes[owner]}, which has the building: in {told}"
        )
        report.add(row, "cut-by-boundary", message, grid=ground.codes[owner])


def _check_registry(rows: Sequence[BuildingRow], demands: Demands, work: UnitOfWork, report: ImportReport) -> None:
    known = work.building_rows.known_codes([row.code for row in rows if row.code])
    near: dict[int, tuple[str, float]] = {}
    if demands.near_m and rows:
        places = np.array([(row.lon, row.lat) for row in rows])
        near = work.building_rows.near(places[:, 0], places[:, 1], demands.near_m)
    lived_at = work.building_rows.at_addresses({row.address for row in rows if row.address})
    for index, row in enumerate(rows):
        if row.code in known:
            report.add(row.row, "duplicate-code", f"{row.code} is registered already", other_code=row.code)
        elif index in near:
            code, distance_m = near[index]
            message = f"{code} is registered {distance_m:.1f} m from there"
            report.add(row.row, "duplicate-place", message, other_code=code, distance_m=round(distance_m, 2))
        elif row.address in lived_at:
            code = lived_at[row.address]
            report.add(row.row, "duplicate-address", f"{code} is registered at this address", other_code=code)


def _check_file(seen: _Seen, demands: Demands, report: ImportReport) -> None:
    """Compare rows with each other; the first of those that are alike stays."""
    rows = np.array(seen.rows, dtype=np.int64)
    kept = np.ones(len(rows), dtype=np.bool_)
    for index, first in _repeats(np.array(seen.codes, dtype=np.int64)):
        kept[index] = False
        row, other = int(rows[index]), int(rows[first])
        report.add(row, "duplicate-code", f"row {other} has this code already", other_row=other)
    standing = np.flatnonzero(kept)
    if demands.near_m:
        lons, lats = np.array(seen.lons)[standing], np.array(seen.lats)[standing]
        earlier = earlier_within(lons, lats, demands.near_m)
        for place in np.flatnonzero(earlier != NONE).tolist():
            row, other = int(rows[standing[place]]), int(rows[standing[earlier[place]]])
            kept[standing[place]] = False
            message = f"row {other} is at most {demands.near_m:g} m from there"
            report.add(row, "duplicate-place", message, other_row=other)
    standing = np.flatnonzero(kept)
    for place, first in _repeats(np.array(seen.addresses, dtype=np.int64)[standing]):
        row, other = int(rows[standing[place]]), int(rows[standing[first]])
        report.add(row, "duplicate-address", f"row {other} has this address too", other_row=other)


def _repeats(hashes: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return the places of what has come before, each with the first place; 0 stands for nothing."""
    _, firsts, numbers = np.unique(hashes, return_index=True, return_inverse=True)
    first = firsts[numbers] if len(hashes) else numbers
    again = np.flatnonzero((hashes != 0) & (first != np.arange(len(hashes))))
    return list(zip(again.tolist(), first[again].tolist(), strict=True))


def _doubt_system(seen: _Seen, declared: str, demands: Demands, report: ImportReport) -> None:
    """Tell of a file whose points would lie in the grids far better if they were in another system.

    Near the outer boundary a shift of some hundred metres moves points in and out.  If the declaration is right as
    many or more go out as come in; a sign test says how sure it is that it is not.
    """
    best = max(seen.came_in, key=lambda other: seen.came_in[other] - seen.went_out[other], default=None)
    if best is None:
        return
    came_in, went_out = seen.came_in[best], seen.went_out[best]
    if came_in < LEAST_TELLING or came_in - went_out <= SURE * (came_in + went_out) ** 0.5:
        return
    message = (
        f"{came_in} points outside all grids would lie in one if coordinates were {best} and not {declared}, and "
        f"{went_out} would fall out: the file looks like {best}; say crs={best}, or crs={declared} if it is not"
    )
    severity = WARNING if demands.crs_is_certain else ERROR
    report.add(WHOLE_FILE, "looks-shifted", message, severity=severity)
