"""Propose how the faults of a draft could be mended; nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.plan import Draft, Plan
from gis_service.use_cases.check_plan import load_families
from gis_service.use_cases.lock_draft import find_plan
from grid_boundaries.check import CheckRules
from grid_boundaries.partition import Grid
from grid_boundaries.redraw.repair.proposal import Proposal
from grid_boundaries.redraw.repair.propose import propose_repair


@dataclass(frozen=True, slots=True)
class Stock:
    """What stands on a piece of ground."""

    buildings: int
    households: int


@dataclass(frozen=True, slots=True)
class PlanRepair:
    """A proposal for a draft; ``stock`` says what stands on the ground of each assignment, in their order."""

    plan: Plan
    proposal: Proposal
    stock: Sequence[Stock]


def propose_plan_repair(
    plan_id: int, choices: Mapping[str, str], work: UnitOfWork, rules: CheckRules | None = None
) -> PlanRepair:
    """Return what would give every point of the draft's families one owner, and what that moves.

    Ground goes to the planner's choice (the id of a finding: the code that gets it), else to who owned it in the base
    edition, else along the longest edge, else to the smallest code.

    Raises:
        NotFoundError: there is no such plan.
    """
    with work:
        plan = find_plan(plan_id, work)
        draft = work.plans.draft(plan_id)
        base = plan.base_edition
        rules = replace(rules or CheckRules(), coverage_targets=work.coverage_targets.shares())
        grids = _up_to_the_root(base, draft, work)
        before = [] if base is None else work.grids.of_codes(base, {grid.code for grid in grids} | draft.retired)
        levels = [level.code for level in work.levels.list_all()]
        proposal = propose_repair(grids, rules, levels, before=before, choices=choices)
        return PlanRepair(plan, proposal, _stock(base, proposal, work))


def _up_to_the_root(base: int | None, draft: Draft, work: UnitOfWork) -> Sequence[Grid]:
    """Return the families that the draft touches and those of all their ancestors, so that no parent is missing."""
    families = load_families(base, draft, work)
    if base is None:
        return families.grids
    found = {grid.code: grid for grid in families.grids}
    loaded = set(families.parents)
    while missing := {grid.parent for grid in found.values()} - loaded:
        found.update((grid.code, grid) for grid in work.drafts.families(base, draft, missing))
        loaded |= missing
    return [found[code] for code in sorted(found)]


def _stock(base: int | None, proposal: Proposal, work: UnitOfWork) -> list[Stock]:
    """Return the buildings on each piece of ground, edges included."""
    pieces = [one.geometry for one in proposal.assignments]
    if base is None or not pieces:
        return [Stock(0, 0)] * len(pieces)
    standing = work.stock.buildings_in(base, [piece.bounds for piece in pieces])
    households = np.array([one.households for one in standing], dtype=np.int64)
    places = np.array([shapely.Point(one.lon, one.lat) for one in standing], dtype=np.object_)
    place, piece = shapely.STRtree(pieces).query(places, predicate="intersects")
    counts = np.bincount(piece, minlength=len(pieces)).tolist()
    homes = np.bincount(piece, weights=households[place], minlength=len(pieces)).tolist()
    return [Stock(count, round(living)) for count, living in zip(counts, homes, strict=True)]
