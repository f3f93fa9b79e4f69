"""Draw what tiles show of a plan: each layer once for a state of the plan, all its tiles from memory."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from shapely.geometry import Point, shape
from shapely.geometry.base import BaseGeometry

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.edition import Bounds
from gis_service.domain.plan import Draft, Plan
from gis_service.domain.plan_preview import find_ground_changes, tell_states
from gis_service.errors import UnavailableError
from gis_service.use_cases.check_plan import check_draft
from gis_service.use_cases.lock_draft import find_plan
from grid_boundaries.generalise import make, remake
from grid_boundaries.partition import Grid
from grid_boundaries.redraw.transfers import is_sound
from tiles.bands import BANDS, band_at, choose_band
from tiles.drawing import Drawing
from tiles.encoding import TileFeature, hashed_id
from tiles.layers import LevelBand, choose_level
from tiles.tree_cut import cut_tree

_WORLD: Bounds = (-180.0, -85.0511, 180.0, 85.0511)
_READINGS = 5
"""How often a plan that is changed while it is read is read anew."""


@dataclass(frozen=True, slots=True)
class PlanState:
    """A plan, and what else its tiles depend on; ``surroundings`` is empty without the layer findings."""

    plan: Plan
    surroundings: str

    @property
    def words(self) -> tuple[str, ...]:
        """What differs whenever a tile of the plan may differ.  Publishing gives new grids their lasting ids."""
        return str(self.plan.version), self.plan.state, self.surroundings


@dataclass(frozen=True, slots=True)
class Base:
    """The edition that plans redraw: its grids, by code; nothing before the first edition."""

    edition: int | None
    grids: Sequence[Grid]
    levels: tuple[LevelBand, ...]
    bands: Mapping[int, str]
    bounds: Bounds | None


@dataclass(frozen=True, slots=True)
class View:
    """How a zoom draws grids: the level after and before the plan (None without grids), and the band."""

    level: str | None
    level_before: str | None
    band: int | None


@dataclass(frozen=True, slots=True)
class DrawnPlan:
    """A plan at one version with its draft, and each grid as a feature with its exact shape, by code.

    ``features`` are of the grids alive in the draft, ``removed`` of those that it retires.
    """

    plan: Plan
    base: Base
    draft: Draft
    grids: Sequence[Grid]
    features: Mapping[str, TileFeature]
    removed: Mapping[str, TileFeature]
    bounds: Bounds

    def view_at(self, zoom: int) -> View:
        """Return how a zoom draws the grids: views that are equal draw the same."""
        after, before = _present(self.base.levels, self.grids), _present(self.base.levels, self.base.grids)
        level = choose_level(after, zoom) if after else None
        level_before = choose_level(before, zoom) if before else None
        band = band_at(zoom)
        number = None
        if band is not None and level is not None:
            number = choose_band(zoom, level, after, {band.number: band.finest_level(after).code})
        return View(_code(level), _code(level_before), number)


def read_plan_state(plan_id: int, work: UnitOfWork, *, with_surroundings: bool) -> PlanState:
    """Return the state of a plan; its surroundings are what the check looks at besides: buildings and targets.

    Raises:
        NotFoundError: there is no such plan.
    """
    with work:
        plan = find_plan(plan_id, work)
        if not with_surroundings:
            return PlanState(plan, "")
        targets = repr(sorted(work.coverage_targets.shares().items())).encode()
        buildings = work.tile_changes.sum_of("buildings")
        return PlanState(
            plan, f"{buildings.base}.{buildings.total}.{hashlib.blake2b(targets, digest_size=8).hexdigest()}"
        )


def read_base(edition: int | None, work: UnitOfWork) -> Base:
    """Return the edition that a plan redraws, which never changes."""
    with work:
        levels = tuple(
            LevelBand(level.code, level.rank, level.min_zoom, level.max_zoom) for level in work.levels.list_all()
        )
        if edition is None:
            return Base(None, (), levels, {}, None)
        found = work.editions.get(edition)
        bands = {number: made.level for number, made in work.generalised.bands_of(edition).items()}
        bounds = None if found is None else found.bounds
        return Base(edition, work.grids.of_edition(edition), levels, bands, bounds)


def read_drawn_plan(plan_id: int, base: Base, work: UnitOfWork) -> DrawnPlan:
    """Return a plan as it is now, all of one version.

    Raises:
        NotFoundError: there is no such plan.
        UnavailableError: it is changed again and again while it is read.
    """
    for _ in range(_READINGS):
        with work:
            plan, draft = find_plan(plan_id, work), work.plans.draft(plan_id)
            ids = work.grids.feature_ids(base.edition, draft.touched)
            # Other transactions commit between two statements: only what lies between equal versions is one draft.
            after = find_plan(plan_id, work)
        if (plan.version, plan.state) == (after.version, after.state):
            return _assemble(plan, base, draft, ids)
    raise UnavailableError(f"plan {plan_id} is being changed; ask again")


def draw_grids(drawn: DrawnPlan, view: View, work: UnitOfWork) -> Drawing:
    """Return the layer grids: the cut through the tree that the view draws, and what the plan removes from it."""
    coarser = _coarser(view.level, drawn.base.levels, drawn.grids)
    alive = [] if view.level is None else cut_tree(drawn.grids, view.level, coarser)
    before = drawn.base.grids
    cut = (
        []
        if view.level_before is None or not drawn.removed
        else cut_tree(before, view.level_before, _coarser(view.level_before, drawn.base.levels, before))
    )
    gone = [grid.code for grid in cut if grid.code in drawn.removed]
    shapes, old_shapes = _generalised(drawn, view, gone, work)
    return Drawing(
        [
            *(_shaped(drawn.features[grid.code], shapes) for grid in alive),
            *(_shaped(drawn.removed[code], old_shapes) for code in gone),
        ]
    )


def draw_changes(drawn: DrawnPlan) -> Drawing:
    """Return the layer changes."""
    return Drawing(
        TileFeature(
            hashed_id(one.kind, one.transfer.level or "", one.transfer.from_code or "", one.transfer.to_code or ""),
            one.transfer.shape,
            {
                "change": one.kind,
                "level": one.transfer.level,
                "from": one.transfer.from_code,
                "to": one.transfer.to_code,
                "area_m2": round(one.transfer.area_m2, 3),
            },
        )
        for one in find_ground_changes(drawn.base.grids, drawn.draft)
    )


def draw_findings(drawn: DrawnPlan, work: UnitOfWork) -> Drawing:
    """Return the layer findings: what the check says of the draft, where a finding has a place."""
    with work:
        report = check_draft(drawn.plan.base_edition, drawn.draft, work).report
    features = []
    for finding in report.findings:
        if finding.geometry is None:
            continue
        mark = None if finding.place is None else Point(finding.place)
        told = {
            "finding": finding.id,
            "rule": finding.rule,
            "severity": finding.severity,
            "class": finding.width_class,
            "grids": ",".join(finding.grids),
            "message": finding.message,
            "message_zh": finding.message_zh,
        }
        features.append(TileFeature(hashed_id("finding", finding.id), shape(dict(finding.geometry)), told, mark))
    return Drawing(features)


def _assemble(plan: Plan, base: Base, draft: Draft, ids: Mapping[str, int]) -> DrawnPlan:
    states = tell_states(base.grids, draft)
    grids = draft.apply_to(base.grids)

    def feature(grid: Grid) -> TileFeature:
        told = {
            "code": grid.code,
            "name": grid.name,
            "level": grid.level,
            "parent": grid.parent,
            "kind": grid.kind,
            "households": grid.households,
            "state": states.get(grid.code, "unchanged"),
        }
        return TileFeature(ids.get(grid.code) or hashed_id("grid", grid.code), grid.shape, told)

    return DrawnPlan(
        plan=plan,
        base=base,
        draft=draft,
        grids=grids,
        features={grid.code: feature(grid) for grid in grids},
        removed={grid.code: feature(grid) for grid in base.grids if states.get(grid.code) == "removed"},
        bounds=_bounds(base, draft),
    )


def _bounds(base: Base, draft: Draft) -> Bounds:
    """Return the box of the edition and of what the draft draws; the world when there is neither."""
    boxes = np.array([grid.shape.bounds for grid in draft.grids if not grid.shape.is_empty]).reshape(-1, 4)
    if base.bounds is not None:
        boxes = np.vstack((boxes, base.bounds))
    if not len(boxes):
        return _WORLD
    (west, south), (east, north) = boxes[:, :2].min(axis=0).tolist(), boxes[:, 2:].max(axis=0).tolist()
    return west, south, east, north


def _code(level: LevelBand | None) -> str | None:
    return None if level is None else level.code


def _present(levels: Sequence[LevelBand], grids: Sequence[Grid]) -> list[LevelBand]:
    used = {grid.level for grid in grids}
    return [level for level in levels if level.code in used]


def _coarser(code: str | None, levels: Sequence[LevelBand], grids: Sequence[Grid]) -> list[str]:
    rank = next((level.rank for level in levels if level.code == code), -1)
    return [level.code for level in _present(levels, grids) if level.rank < rank]


def _generalised(
    drawn: DrawnPlan, view: View, gone: Sequence[str], work: UnitOfWork
) -> tuple[Mapping[str, BaseGeometry], Mapping[str, BaseGeometry]]:
    """Return the shapes of a view's band, of the draft's grids and of those that it removes; none without a band.

    Lines that the plan leaves alone are those stored for its base.  A draft with a polygon that is none is drawn as
    it is: exact lines and generalised ones do not coincide.
    """
    band = next((one for one in BANDS if one.number == view.band), None)
    if band is None or not all(is_sound(grid.shape) for grid in drawn.draft.grids):
        return {}, {}
    base = drawn.base
    finest = band.finest_level(_present(base.levels, drawn.grids))
    after = _of_band(drawn.grids, finest, base.levels)
    stored: Mapping[str, BaseGeometry] = {}
    if base.edition is not None and band.number in base.bands:
        with work:
            stored = work.generalised.shapes(base.edition, band.number)
    old = {code: stored[code] for code in gone if code in stored}
    if stored and base.bands[band.number] == finest.code:
        before = _of_band(base.grids, finest, base.levels)
        if not {grid.code for grid in (*before, *after)} & drawn.draft.touched:
            return stored, old
        remade = remake(before, after, stored, band.tolerance)
        if remade is not None:
            return {**stored, **remade.shapes}, old
    return make(after, band.tolerance).shapes, old


def _of_band(grids: Sequence[Grid], level: LevelBand, levels: Sequence[LevelBand]) -> list[Grid]:
    """Return the grids that a band has shapes of: the level, all coarser ones, and what stands in for it."""
    coarser = _coarser(level.code, levels, grids)
    above = {grid.code for grid in grids if grid.level in coarser}
    return [grid for grid in grids if grid.level == level.code or grid.level in coarser or grid.parent in above]


def _shaped(feature: TileFeature, shapes: Mapping[str, BaseGeometry]) -> TileFeature:
    drawn = shapes.get(str(feature.properties["code"]))
    return feature if drawn is None else replace(feature, shape=drawn)
