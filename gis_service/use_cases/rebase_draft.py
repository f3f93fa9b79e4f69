"""Carry a draft over to the newest edition, or say with what it clashes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from shapely.geometry import MultiPolygon, Polygon

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.edition import Edition
from gis_service.domain.plan import Draft, Plan
from gis_service.errors import ClashError
from grid_boundaries.partition import Grid, Shape
from grid_boundaries.redraw.rebase import rebase_refinement


class ConflictError(ClashError):
    """Another plan has changed the same ground; ``members`` name the grids and their parents."""

    code = "conflict"

    def __init__(self, codes: Collection[str], parents: Collection[str], base: int | None, newest: int) -> None:
        grids = sorted(codes)
        super().__init__(
            f"since edition {base or 0} another plan changed {', '.join(grids)}; begin again on edition {newest}",
            members={
                "grids": grids,
                "parents": sorted(parents),
                "edition": newest,
                "message_zh": f"自第 {base or 0} 版以来，{'、'.join(grids)} 已被改动；请在第 {newest} 版上重做。",
            },
        )


def rebase_draft(plan: Plan, draft: Draft, latest: Edition, work: UnitOfWork) -> Draft:
    """Return the draft as it is on top of the newest edition, inside a transaction already begun.

    A grid that it redraws must be as it was in the base.  A grid that only follows may have changed meanwhile: it
    gets the draft's new vertices, and the difference in its households.  Nothing else is merged, no geometry guessed.

    Raises:
        ConflictError: a grid was changed by others, or vertices find no place on it any more.
    """
    base = 0 if plan.base_edition is None else plan.base_edition
    if base == latest.number:
        return _without_idle(draft, work.grids.of_codes(base, draft.refined))
    then = work.grids.row_ids(base, draft.touched)
    now = work.grids.row_ids(latest.number, draft.touched)
    moved = {code for code in draft.touched if then.get(code) != now.get(code)}
    clashes = moved & draft.redrawn
    followers = moved - clashes
    old = {grid.code: grid for grid in work.grids.of_codes(base, followers)}
    new = {grid.code: grid for grid in work.grids.of_codes(latest.number, followers)}
    wanted = {grid.code: grid for grid in draft.grids}
    rebased: dict[str, Grid] = {}
    for code in followers:
        follower = None if code not in new or code not in old else _rebase(old[code], wanted[code], new[code])
        if follower is None:
            clashes.add(code)
        else:
            rebased[code] = follower
    if clashes:
        raise ConflictError(clashes, _parents(clashes, base, latest.number, draft, work), base, latest.number)
    rebased_draft = replace(draft, grids=tuple(rebased.get(grid.code, grid) for grid in draft.grids))
    return _without_idle(rebased_draft, work.grids.of_codes(latest.number, draft.refined))


def _without_idle(draft: Draft, current: Sequence[Grid]) -> Draft:
    """Return the draft without those followers that are as they were after all."""
    now = {grid.code: grid for grid in current}
    idle = {grid.code for grid in draft.grids if grid.code in draft.refined and grid == now.get(grid.code)}
    return replace(
        draft, grids=tuple(grid for grid in draft.grids if grid.code not in idle), refined=draft.refined - idle
    )


def _rebase(base: Grid, wanted: Grid, current: Grid) -> Grid | None:
    shape = rebase_refinement(_polygon(base), _polygon(wanted), _polygon(current))
    if shape is None:
        return None
    households = current.households
    if households is not None and base.households is not None and wanted.households is not None:
        households = max(0, households + wanted.households - base.households)
    return replace(current, shape=shape, households=households)


def _polygon(grid: Grid) -> Shape:
    assert isinstance(grid.shape, Polygon | MultiPolygon)  # noqa: S101 - published, or refined from what is
    return grid.shape


def _parents(codes: Collection[str], base: int, newest: int, draft: Draft, work: UnitOfWork) -> set[str]:
    """Return the parents of some grids, as the base, the newest edition and the draft have them."""
    versions = [*work.grids.of_codes(base, codes), *work.grids.of_codes(newest, codes)]
    versions += [grid for grid in draft.grids if grid.code in codes]
    return {grid.parent for grid in versions if grid.parent is not None}
