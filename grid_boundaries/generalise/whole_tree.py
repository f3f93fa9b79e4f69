"""Generalise a whole tree at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from grid_boundaries.generalise.lines import Lines
from grid_boundaries.generalise.proof import Families
from grid_boundaries.generalise.rings import Rings
from grid_boundaries.generalise.thinning import HALVINGS, Thinning
from grid_boundaries.partition import Grid, on_lattice


@dataclass(frozen=True, slots=True)
class Generalised:
    """The shapes of a tree at one tolerance, by code, and how much had to give way.

    ``refined_lines`` lines have a smaller tolerance than the others, ``whole_lines`` of them all their vertices,
    because lines would have crossed or a grid vanished.  ``unproved`` names parents (empty for the roots) whose
    children overlap as they were given, so that nothing can be proved of them.
    """

    shapes: Mapping[str, BaseGeometry]
    lines: int
    refined_lines: int
    whole_lines: int
    vertices_before: int
    vertices_after: int
    unproved: tuple[str, ...]


def make(grids: Sequence[Grid], tolerance: float) -> Generalised:
    """Generalise every grid of a tree by one choice of vertices for all of them.

    Every line between two junctions is thinned by itself, so neighbours, parents and children keep coinciding.  Then
    all is proved: each shape is valid, and the edges of each family cancel against its parent, as they do exactly.
    Where that fails, the lines to blame get half the tolerance, and again, and at last all their vertices.

    Args:
        grids: the leaves that are drawn and all their ancestors, any order; sound, and proved as a tree.  Where a
            parent is not filled, its children are held to the outline that they fill together.
        tolerance: how far a line may lie from where it was, in degrees of longitude in the plane of tiles.

    Returns:
        Shapes whose vertices are some of the exact ones, in their order; parts and holes are all there.
    """
    families = Families.of(grids)
    exact: NDArray[np.object_] = np.array(
        [*(on_lattice(grid.shape) for grid in grids), *families.outlines], dtype=object
    )
    rings = Rings.of(exact)
    lines = Lines.of(rings, np.ones(rings.count, np.bool_))
    thinning = Thinning(rings, lines, tolerance)
    thinning.thin(np.arange(len(lines)))
    shapes = np.empty(rings.count, dtype=object)
    todo = np.arange(rings.count)
    while len(todo):
        shapes[todo], collapsed = rings.rebuild(thinning.kept, todo)
        bad = todo[~shapely.is_valid(shapes[todo])]
        quarrels = thinning.find_quarrels(bad, collapsed)
        if not len(bad):
            quarrels = _lines_of_families(families, shapes, rings, lines)
        todo = _shapes_of_lines(rings, lines, thinning.refine(quarrels))
    lost = [number for number, shape in enumerate(shapes) if shape is None]
    shapes[lost] = exact[lost]  # what was no sound polygon stays as it was given
    made = shapes[: len(grids)]
    return Generalised(
        shapes={grid.code: shape for grid, shape in zip(grids, made, strict=True)},
        lines=len(lines),
        refined_lines=int((thinning.halved > 0).sum()),
        whole_lines=int((thinning.halved > HALVINGS).sum()),
        vertices_before=int(shapely.get_num_coordinates(exact[: len(grids)]).sum()),
        vertices_after=int(shapely.get_num_coordinates(made).sum()),
        unproved=families.unproved,
    )


def _lines_of_families(
    families: Families, shapes: NDArray[np.object_], rings: Rings, lines: Lines
) -> NDArray[np.int64]:
    """Return all lines of families in which edges are left over; none is the proof."""
    left = families.left_over(shapes)
    members = np.append(families.children[np.isin(families.family, left)], families.bounds[left])
    edges = np.repeat(np.isin(rings.shape_of_ring, members), rings.size)
    return np.unique(lines.line_of[edges])


def _shapes_of_lines(rings: Rings, lines: Lines, changed: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the shapes that have one of some lines."""
    is_changed = np.zeros(len(lines) + 1, np.bool_)
    is_changed[changed] = True
    return np.unique(rings.shape_of_ring[rings.ring_of[is_changed[lines.line_of]]])
