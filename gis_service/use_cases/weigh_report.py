"""Say what the findings of a check mean for people, and which of them are accepted on purpose."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.plan import Draft
from gis_service.domain.stock import StandingBuilding
from gis_service.errors import UnavailableError
from grid_boundaries.check import (
    BuildingPoints,
    CheckRules,
    ExceptionGrant,
    Report,
    Workload,
    apply_exceptions,
    count_on_findings,
    ground_of,
    weigh_with_buildings,
    weigh_with_workloads,
)
from grid_boundaries.locate.tree_locator import TreeLocator
from grid_boundaries.partition import Grid
from grid_boundaries.redraw.transfers import is_sound

YEAR = timedelta(days=365)
CITY_ZONE = ZoneInfo("Asia/Shanghai")
"""Exceptions run out by the calendar of China, which has one zone."""


def weigh_report(
    report: Report, grids: Sequence[Grid], edition: int | None, draft: Draft, work: UnitOfWork, rules: CheckRules
) -> Report:
    """Return the report on a draft with buildings, workloads and exceptions, inside a transaction already begun.

    Buildings are those on the ground of the grids that the draft redraws, as it is or as it will be: what stands
    elsewhere is no matter of the draft's.  Workloads are those of the families whose children it redraws.

    Args:
        report: what the check found.
        grids: those that it looked at, as the draft has them.
        edition: what the draft lies on; None before the first, when no building is known.
        draft: the footprint.
        work: the transaction.
        rules: what the check allows.
    """
    if edition is not None and draft.redrawn:
        standing = _on_ground(edition, draft, work)
        report = weigh_with_buildings(report, grids, _points(standing))
        report = weigh_with_workloads(report, grids, _workloads(grids, edition, draft, standing, work), rules)
    grants = [
        ExceptionGrant(one.finding_id, one.reason, one.owner, one.expires_on)
        for one in work.finding_exceptions.granted()
    ]
    return apply_exceptions(report, grants, work.editions.now().astimezone(CITY_ZONE).date())


def count_registered(report: Report, work: UnitOfWork) -> Report:
    """Return a report on grids that are in no plan, with the registered buildings and households on each finding.

    Only findings on ground within the bounds of the edition in force: beyond it, and while the database does not
    answer, nothing is known.  The verdict stays what it was; a report without ground costs no query.

    Args:
        report: what the check found.
        work: a transaction not yet begun.
    """
    grounds = {one.id: ground.bounds for one in report.findings if (ground := ground_of(one)) is not None}
    if not grounds:
        return report
    try:
        with work:
            edition = work.editions.in_force_at(work.editions.now())
            if edition is None:
                return report
            known = shapely.box(*edition.bounds)
            grounds = {key: box for key, box in grounds.items() if known.intersects(shapely.box(*box))}
            standing = work.stock.buildings_in(edition.number, list(grounds.values()))
    except UnavailableError:
        return report
    counted = count_on_findings([one for one in report.findings if one.id in grounds], _points(standing))
    told = {one.id: one for one in counted}
    return replace(report, findings=tuple(told.get(one.id, one) for one in report.findings))


def _on_ground(edition: int, draft: Draft, work: UnitOfWork) -> list[StandingBuilding]:
    """Return the buildings on the ground of the redrawn leaf grids, edges included, before or after."""
    codes = draft.redrawn
    redrawn = [*work.grids.of_codes(edition, codes), *(grid for grid in draft.grids if grid.code in codes)]
    above = {grid.parent for grid in (*redrawn, *work.grids.of_parents(edition, codes))}
    shapes = [grid.shape for grid in redrawn if grid.code not in above and is_sound(grid.shape)]
    found = work.stock.buildings_in(edition, [shape.bounds for shape in shapes])
    places = np.array([shapely.Point(one.lon, one.lat) for one in found], dtype=np.object_)
    on_ground = set(shapely.STRtree(shapes).query(places, predicate="intersects")[0].tolist())
    return [one for number, one in enumerate(found) if number in on_ground]


def _points(standing: Sequence[StandingBuilding]) -> BuildingPoints:
    doors = [(number, *door) for number, one in enumerate(standing) for door in one.doors]
    return BuildingPoints(
        codes=[one.code for one in standing],
        lon=np.array([one.lon for one in standing]),
        lat=np.array([one.lat for one in standing]),
        households=np.array([one.households for one in standing], dtype=np.int64),
        point_lon=np.array([lon for _, lon, _ in doors]),
        point_lat=np.array([lat for _, _, lat in doors]),
        building_of_point=np.array([number for number, _, _ in doors], dtype=np.intp),
    )


def _workloads(
    grids: Sequence[Grid], edition: int, draft: Draft, standing: Sequence[StandingBuilding], work: UnitOfWork
) -> Mapping[str, Workload]:
    """Return the loads of the redrawn grids and their siblings.

    Of a grid whose ground changes the incidents are not known: they happened to another.
    """
    families = {grid.parent for grid in grids if grid.code in draft.redrawn}
    members = [grid for grid in grids if grid.parent in families]
    loads = work.stock.loads(edition, [grid.code for grid in members], work.editions.now() - YEAR)
    redrawn = [grid for grid in members if grid.code in draft.redrawn and is_sound(grid.shape)]
    counted = _count_buildings(redrawn, standing, work)
    told = {}
    for grid in members:
        load = loads.get(grid.code)
        if grid.code in draft.redrawn:
            told[grid.code] = Workload(grid.households, counted.get(grid.code), None)
        elif load is not None:
            told[grid.code] = Workload(grid.households, load.buildings, load.incidents_a_year)
    return told


def _count_buildings(
    grids: Collection[Grid], standing: Sequence[StandingBuilding], work: UnitOfWork
) -> Mapping[str, int]:
    """Return how many of the buildings stand in each of some grids; on a common edge in the smallest code."""
    if not grids or not standing:
        return {grid.code: 0 for grid in grids}
    locator = TreeLocator.build(list(grids), {level.code: level.rank for level in work.levels.list_all()})
    owners = locator.locate_many([one.lon for one in standing], [one.lat for one in standing])
    counts = np.bincount(owners[owners >= 0], minlength=len(locator.codes)).tolist()
    return dict(zip(locator.codes, counts, strict=True))
