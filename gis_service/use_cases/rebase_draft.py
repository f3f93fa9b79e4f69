"""Carry a draft over to the newest edition, or say with what it clashes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import shapely
from shapely.geometry import MultiPolygon, Polygon

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.edition import Edition
from gis_service.domain.plan import Draft, Plan
from gis_service.errors import ClashError
from gis_service.use_cases.load_ground import box_of
from grid_boundaries.partition import Grid, Shape
from grid_boundaries.redraw import Ground, rebase_refinement
from grid_boundaries.redraw import replace as put_down


class ConflictError(ClashError):
    """Another plan has changed the same ground; ``members`` name the grids and their parents."""

    code = "conflict"

    def __init__(self, codes: Collection[str], parents: Collection[str], base: int, newest: int) -> None:
        grids = sorted(codes)
        super().__init__(
            f"since edition {base} another plan changed {', '.join(grids)}; begin again on edition {newest}",
            members={
                "grids": grids,
                "parents": sorted(parents),
                "edition": newest,
                "message_zh": f"自第 {base} 版以来，{'、'.join(grids)} 已被改动；请在第 {newest} 版上重做。",
            },
        )


@dataclass(frozen=True, slots=True)
class Rebased:
    """A draft on top of another edition, and those who followed it once and find no place any more."""

    draft: Draft
    lost: frozenset[str] = frozenset()


def rebase_draft(plan: Plan, draft: Draft, latest: Edition, work: UnitOfWork) -> Rebased:
    """Return the draft as it is on top of the newest edition, inside a transaction already begun.

    No grid that it redraws may have been redrawn by another plan meanwhile.  What has only followed, here or there,
    gets what it followed: vertices on its edges, and the difference in its households.  A grid that followed and is
    gone or redrawn by others is left out; whoever has its edges now gets the vertices.  Nothing else is merged, no
    geometry guessed, and the check has the last word.

    Raises:
        ConflictError: a grid was redrawn here and by others.
    """
    base = plan.base_edition or 0
    if base == latest.number:
        return Rebased(_without_idle(draft, work.grids.of_codes(base, draft.refined)))
    then = work.grids.row_ids(base, draft.touched)
    now = work.grids.row_ids(latest.number, draft.touched)
    moved = {code for code in draft.touched if then.get(code) != now.get(code)}
    old = {grid.code: grid for grid in work.grids.of_codes(base, moved)}
    new = {grid.code: grid for grid in work.grids.of_codes(latest.number, moved)}
    redrawn = moved & draft.redrawn
    clashes = redrawn & work.plans.redrawn_since(plan.base_edition)
    clashes |= {code for code in redrawn if not _only_followed(old.get(code), new.get(code))}
    if clashes:
        raise conflict(clashes, plan, draft, latest, work)
    after = {grid.code: grid for grid in draft.grids}
    lost = set()
    for code in moved & after.keys():
        here = _follow(old.get(code), after[code], new.get(code)) if code in draft.refined else None
        if here is not None:
            after[code] = here
        elif code in draft.refined:
            lost.add(code)
            del after[code]
        else:
            after[code] = replace(after[code], households=_with_difference(new[code], old[code], after[code]))
    on_top = replace(draft, grids=tuple(after.values()), refined=draft.refined - lost)
    on_top = _with_vertices_of_others(on_top, latest, work)
    return Rebased(_without_idle(on_top, work.grids.of_codes(latest.number, on_top.refined)), frozenset(lost))


def conflict(codes: Collection[str], plan: Plan, draft: Draft, latest: Edition, work: UnitOfWork) -> ConflictError:
    """Return the refusal of a plan because of what others have made of some grids since its base."""
    base = plan.base_edition or 0
    versions = [*work.grids.of_codes(base, codes), *work.grids.of_codes(latest.number, codes)]
    versions += [grid for grid in draft.grids if grid.code in codes]
    parents = {grid.parent for grid in versions if grid.parent is not None}
    return ConflictError(codes, parents, base, latest.number)


def _only_followed(base: Grid | None, current: Grid | None) -> bool:
    """Say whether a grid has gained vertices on its edges, or other households, and nothing else."""
    if base is None or current is None:
        return False
    same = replace(current, shape=base.shape, households=base.households) == base
    refined = rebase_refinement(_polygon(base), _polygon(current), _polygon(base)) if same else None
    return refined is not None and shapely.normalize(refined).equals_exact(shapely.normalize(current.shape))


def _with_vertices_of_others(draft: Draft, latest: Edition, work: UnitOfWork) -> Draft:
    """Return the draft with the vertices that the grids around it have gained meanwhile on common edges.

    Grids that have such an edge by now and lack a vertex of the draft get it; they then follow too.
    """
    now = {grid.code: grid.shape for grid in work.grids.of_codes(latest.number, draft.redrawn)}
    redrawn = [grid for grid in draft.grids if grid.code not in draft.refined and now.get(grid.code) != grid.shape]
    box = box_of([grid.shape for grid in redrawn])
    if box is None:
        return draft
    near = work.drafts.in_box(latest.number, draft, box)
    noded = put_down(Ground(near, [level.code for level in work.levels.list_all()]), redrawn)
    after = {grid.code: grid for grid in (*draft.grids, *noded.grids)}
    return replace(draft, grids=tuple(after[code] for code in sorted(after)), refined=draft.refined | noded.refined)


def _without_idle(draft: Draft, current: Sequence[Grid]) -> Draft:
    """Return the draft without those followers that are as they were after all."""
    now = {grid.code: grid for grid in current}
    idle = {grid.code for grid in draft.grids if grid.code in draft.refined and grid == now.get(grid.code)}
    return replace(
        draft, grids=tuple(grid for grid in draft.grids if grid.code not in idle), refined=draft.refined - idle
    )


def _follow(base: Grid | None, wanted: Grid, current: Grid | None) -> Grid | None:
    """Return a grid as others have made it, with what it followed in the draft; None where that finds no place."""
    if base is None or current is None:
        return None
    shape = rebase_refinement(_polygon(base), _polygon(wanted), _polygon(current))
    if shape is None:
        return None
    return replace(current, shape=shape, households=_with_difference(wanted, base, current))


def _with_difference(changed: Grid, base: Grid, other: Grid) -> int | None:
    """Return the households of one version of a grid, and the difference that another version makes to the base."""
    if changed.households is None or base.households is None or other.households is None:
        return other.households
    return max(0, other.households + changed.households - base.households)


def _polygon(grid: Grid) -> Shape:
    assert isinstance(grid.shape, Polygon | MultiPolygon)  # noqa: S101 - published, or refined from what is
    return grid.shape
