"""Undo an edition by an inverse plan, or go back to it; nothing is ever deleted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace as with_changes
from typing import Literal, TypeAlias

import shapely

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.diff import compare
from gis_service.domain.edition import Bounds
from gis_service.domain.plan import Draft, Plan
from gis_service.errors import ClashError, NotFoundError
from grid_boundaries.partition import Grid
from grid_boundaries.redraw import Ground, replace

Mode: TypeAlias = Literal["undo", "restore"]
"""``undo`` takes back what an edition changed and keeps what came after; ``restore`` makes all as it was in it."""

_MARGIN_DEG = 1e-5  # a metre: neighbours of what comes back


def revert_edition(number: int, mode: Mode | None, principal: Principal, work: UnitOfWork) -> Plan:
    """Store a plan that takes back what an edition changed, on top of the newest edition; it is not published.

    Grids that the edition retired come back under their codes, grids that it added retire again.  The first edition
    changed nothing that was there before, so it can only be restored; that is its default mode.

    Raises:
        NotFoundError: there is no such edition.
        ClashError: a later edition redrew the same grids (code ``conflict``), or nothing would change.
    """
    with work:
        latest = work.editions.latest()
        if latest is None or work.editions.get(number) is None:
            raise NotFoundError(f"there is no edition {number}; see /v1/editions", code="no-edition")
        if mode is None:
            mode = "restore" if number == 1 else "undo"
        if mode == "undo" and number == 1:
            raise ClashError(
                "edition 1 changed nothing that was there before; it can be restored, not undone",
                code="first-edition",
            )
        wanted, standing = (number - 1, number) if mode == "undo" else (number, latest.number)
        back, away = work.grids.only_in(wanted, standing), work.grids.only_in(standing, wanted)
        if not back and not away:
            raise ClashError(f"edition {number} is in force as it stands; nothing would change", code="nothing-to-do")
        followers = _followers(back, away)
        now = {grid.code: grid for grid in work.grids.of_codes(latest.number, _codes(back) | _codes(away))}
        _refuse_later_edits(number, latest.number, _codes(back) | _codes(away), away, now, followers)
        plan = work.plans.add(
            title=f"{'撤销' if mode == 'undo' else '恢复'}第 {number} 版",
            base_edition=latest.number,
            created_by=principal.name,
            reverts=number,
        )
        made = _draft(latest.number, back, away, now, followers, work)
        detail = {
            "edition": number,
            "mode": mode,
            "restored": sorted(grid.code for grid in back),
            "retired": sorted(made.retired),
        }
        work.plans.record_change(plan.id, operation="revert", detail=detail, made_by=principal.name, made=made)
        work.commit()
        return plan


def _codes(grids: Sequence[Grid]) -> set[str]:
    return {grid.code for grid in grids}


def _followers(back: Sequence[Grid], away: Sequence[Grid]) -> frozenset[str]:
    """Return the codes that the edition itself did not redraw: they got vertices of others, or the sum of others."""
    return frozenset(one.code for one in compare(away, back) if {"refined", "households"} >= set(one.changes))


def _refuse_later_edits(
    number: int,
    latest: int,
    codes: Collection[str],
    away: Sequence[Grid],
    now: Mapping[str, Grid],
    followers: Collection[str],
) -> None:
    """Refuse when a grid that is to change is not as the edition left it; vertices gained since do no harm."""
    left = [grid for grid in away if grid.code not in followers]
    standing = [now[code] for code in codes if code in now and code not in followers]
    changed = [one.code for one in compare(left, standing) if one.changes != ("refined",)]
    if changed:
        raise ClashError(
            f"editions after {number} changed {', '.join(changed)} again; revert those first, or restore edition"
            f" {number - 1} as a whole: POST /v1/editions/{number - 1}/revert with mode restore",
            members={"grids": changed, "edition": latest},
        )


def _draft(
    latest: int,
    back: Sequence[Grid],
    away: Sequence[Grid],
    now: Mapping[str, Grid],
    followers: Collection[str],
    work: UnitOfWork,
) -> Draft:
    """Return what the plan makes of the newest edition; vertices gained since are set into what comes back.

    A grid that only followed comes back if nothing has happened to it since; else it keeps what it has and its
    households change by the difference.
    """
    was = {grid.code: grid for grid in away}
    retired = frozenset(was.keys() - _codes(back))
    coming, adjusted = [], {}
    for grid in back:
        if grid.code in followers and compare([was[grid.code]], [now[grid.code]]):
            adjusted[grid.code] = _with_difference(now[grid.code], was[grid.code], grid)
        else:
            coming.append(grid)
    if not coming:
        return Draft(tuple(adjusted.values()), retired, frozenset(adjusted))
    near = {grid.code: grid for grid in work.grids.in_box(latest, _around(coming))} | adjusted
    ground = Ground(
        [grid for grid in near.values() if grid.code not in retired],
        [level.code for level in work.levels.list_all()],
    )
    redrawn = replace(ground, coming)
    made = adjusted | {grid.code: grid for grid in redrawn.grids}
    return Draft(
        grids=tuple(made[code] for code in sorted(made)),
        retired=retired,
        refined=redrawn.refined | (followers & made.keys()),
        restored=frozenset(grid.code for grid in coming if grid.code not in now),
    )


def _with_difference(now: Grid, was: Grid, back: Grid) -> Grid:
    if now.households is None or was.households is None or back.households is None:
        return now
    return with_changes(now, households=max(0, now.households + back.households - was.households))


def _around(grids: Sequence[Grid]) -> Bounds:
    west, south, east, north = shapely.total_bounds([grid.shape for grid in grids]).tolist()
    return west - _MARGIN_DEG, south - _MARGIN_DEG, east + _MARGIN_DEG, north + _MARGIN_DEG
