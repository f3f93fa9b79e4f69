"""Make the generalised shapes of an edition, in the transaction that publishes it (decision 8)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis_service.database.generalised import BandGrids
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.edition import Bounds
from grid_boundaries.generalise import Remade, make, remake
from tiles.bands import BANDS, Band
from tiles.layers import LevelBand


@dataclass(frozen=True, slots=True)
class BandMade:
    """What was done for one band: how many shapes were stored, and whether all were made and not a part.

    ``refined_lines`` got a smaller tolerance than the band's, so that none crosses another; ``unproved`` are parents
    whose children overlap, with leave (an exception).  Both are told only where all were made.
    """

    band: int
    level: str
    shapes_made: int
    whole: bool
    refined_lines: int = 0
    unproved: tuple[str, ...] = ()


def generalise_edition(number: int, touched: Collection[str], work: UnitOfWork) -> list[BandMade]:
    """Make the shapes of each band for an edition: all for the first, for others what ``touched`` changed.

    To be called inside a transaction whose rows of ``grid`` and ``edition`` are written already.

    Args:
        number: the edition.
        touched: codes of the grids that the edition adds, changes or retires; more do no harm.
        work: the transaction, begun; it is not committed here.

    Returns:
        One entry for each band; none when the edition before has no shapes yet: ``generalise_stored`` makes those
        first, and until then tiles draw grids as they are.
    """
    had = work.generalised.bands_of(number - 1)
    if number > 1 and not had:
        return []
    present = work.tiles.levels_in(number)
    levels = [
        LevelBand(level.code, level.rank, level.min_zoom, level.max_zoom)
        for level in work.levels.list_all()
        if level.code in present
    ]
    if not levels:
        return []
    made = []
    for band in BANDS:
        level = band.finest_level(levels)
        step = _Step(number, band, level, [one.code for one in levels if one.rank < level.rank], work)
        is_same = band.number in had and had[band.number].level == level.code
        made.append(step.remake(touched) if is_same else step.make())
    return made


def generalise_stored(work: UnitOfWork, progress: Callable[[int, int], None] = lambda _done, _of: None) -> int:
    """Make the shapes of all editions that have none, one transaction each, the oldest first.

    Goes on where a run was stopped, and keeps publishing out while it makes an edition's.

    Args:
        work: a transaction not yet begun.
        progress: called with how many editions are done, and of how many.

    Returns:
        How many editions there were to do.
    """
    with work:
        missing = work.generalised.editions_without()
    for done, number in enumerate(missing):
        progress(done, len(missing))
        with work:
            work.editions.lock_publishing()
            if not work.generalised.bands_of(number):
                generalise_edition(number, work.generalised.touched_by(number), work)
                work.commit()
    progress(len(missing), len(missing))
    return len(missing)


@dataclass(frozen=True, slots=True)
class _Step:
    """One band of one edition."""

    number: int
    band: Band
    level: LevelBand
    coarser: Sequence[str]
    work: UnitOfWork

    def make(self) -> BandMade:
        """Make every shape, and store those that are not what they were."""
        grids = self._grids(self.number).grids
        made = make(grids, self.band.tolerance)
        stored = self.work.generalised.shapes(self.number - 1, self.band.number)
        differing = {
            code: shape
            for code, shape in made.shapes.items()
            if code not in stored or not shape.equals_exact(stored[code], 0.0)
        }
        done = self._store(differing, set(stored) - set(made.shapes), whole=True)
        return replace(done, refined_lines=made.refined_lines, unproved=made.unproved)

    def remake(self, touched: Collection[str]) -> BandMade:
        """Make what an edit touched: from the grids around it, from more of them, at last from all."""
        were = self._grids(self.number - 1, codes=touched)
        are = self._grids(self.number, codes=touched)
        boxes = _boxes(were, are)
        if not boxes:
            return self._store({}, (), whole=False)
        for reach in (boxes, [_doubled(box) for box in boxes]):
            made = self._remake_from(reach)
            if made is not None:
                return self._store(made.shapes, made.gone, whole=False)
        return self.make()

    def _remake_from(self, boxes: Sequence[Bounds]) -> Remade | None:
        before = self._grids(self.number - 1, boxes=boxes).grids
        after = self._grids(self.number, boxes=boxes).grids
        codes = [grid.code for grid in before]
        stored = self.work.generalised.shapes(self.number - 1, self.band.number, codes)
        return remake(before, after, stored, self.band.tolerance)

    def _grids(
        self, number: int, *, codes: Collection[str] | None = None, boxes: Sequence[Bounds] | None = None
    ) -> BandGrids:
        return self.work.generalised.grids(number, self.level.code, self.coarser, codes=codes, boxes=boxes)

    def _store(self, shapes: Mapping[str, BaseGeometry], gone: Collection[str], *, whole: bool) -> BandMade:
        self.work.generalised.replace(self.number, self.band.number, shapes, gone)
        self.work.generalised.record(
            self.number,
            self.band.number,
            level=self.level.code,
            tolerance=self.band.tolerance,
            shapes_made=len(shapes),
        )
        return BandMade(self.band.number, self.level.code, len(shapes), whole)


def _boxes(were: BandGrids, are: BandGrids) -> list[Bounds]:
    """Return the boxes in which lines may change.

    For a grid with children, before and after, that is where its own edges changed: what lies along them are its
    descendants.  For all others it is the whole grid, since a line of its border may change as a whole.
    """
    old, new = {grid.code: grid for grid in were.grids}, {grid.code: grid for grid in are.grids}
    boxes: list[Bounds] = []
    for code in sorted(set(old) | set(new)):
        before, after = old.get(code), new.get(code)
        if before is None or after is None:
            boxes += [grid.shape.bounds for grid in (before, after) if grid is not None]
            continue
        is_above = code in were.parents and code in are.parents
        is_same = before.shape.equals_exact(after.shape, 0.0)
        was_moved = (before.level, before.parent) != (after.level, after.parent)
        if was_moved or ((code in were.parents) != (code in are.parents)) or (not is_same and not is_above):
            boxes += [before.shape.bounds, after.shape.bounds]
        elif not is_same:
            boxes += _changed_box(before.shape, after.shape)
    return boxes


def _changed_box(before: BaseGeometry, after: BaseGeometry) -> list[Bounds]:
    """Return the box around the edges that one of two shapes has and the other has not."""
    edges = [_edges(shape) for shape in (before, after)]
    ends = np.array(sorted(edges[0] ^ edges[1])).reshape(-1, 2)
    if not len(ends):
        return []
    (west, south), (east, north) = ends.min(axis=0).tolist(), ends.max(axis=0).tolist()
    return [(west, south, east, north)]


def _edges(shape: BaseGeometry) -> set[tuple[tuple[float, float], tuple[float, float]]]:
    edges = set()
    for ring in shapely.get_rings(shapely.get_parts(shape)):
        corners = [(lon, lat) for lon, lat in shapely.get_coordinates(ring).tolist()]
        edges |= {(min(pair), max(pair)) for pair in pairwise(corners)}
    return edges


def _doubled(box: Bounds) -> Bounds:
    west, south, east, north = box
    across, up = (east - west) / 2, (north - south) / 2
    return west - across, south - up, east + across, north + up
