"""Which vertices of the lines stay, and what is done where lines got in each other's way."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from grid_boundaries.generalise.lines import Lines
from grid_boundaries.generalise.rings import Ids, Mask, Rings
from grid_boundaries.partition import from_lattice

HALVINGS = 10
"""A line whose tolerance has been halved this often, to a thousandth, is kept whole when it is refined again."""

_STRAIGHT = 2  # points of a line that has nothing to leave out
_POLE = 89.0  # degrees; beyond, the plane of tiles has no end


class Thinning:
    """The points that stay of each line, by a tolerance of its own.

    Lines are thinned one by one by Douglas and Peucker, in the plane of tiles (Mercator, in degrees of longitude):
    no vertex that is left out, and no point of the line, lies farther from the thinned line than the tolerance, and
    the other way round.  The same points always give the same line, whatever lies around it.
    """

    def __init__(self, rings: Rings, lines: Lines, tolerance: float) -> None:
        self.rings = rings
        self.lines = lines
        self._tolerance = tolerance
        self._plane = to_plane(from_lattice(rings.points))
        self.halved: NDArray[np.int64] = np.zeros(len(lines), np.int64)
        self.kept: Mask = lines.is_end.copy()

    def keep(self, points: Mask, fresh: Mask) -> None:
        """Let all lines but the fresh ones keep the points that they have in a table."""
        stale = ~np.repeat(fresh, self.lines.size)
        ids = self.lines.ids[stale]
        self.kept[ids[points[ids]]] = True

    def thin(self, chosen: Ids) -> None:
        """Decide anew which points of some lines stay."""
        lines = self.lines
        mask = np.zeros(len(lines), np.bool_)
        mask[chosen] = True
        places = np.flatnonzero(np.repeat(mask, lines.size))
        ids, line = lines.ids[places], lines.line_of_point[places]
        self.kept[ids] = lines.is_end[ids] | (self.halved[line] > HALVINGS)
        bends = (lines.size[line] > _STRAIGHT) & (self.halved[line] <= HALVINGS)
        if not bends.any():
            return
        ids, line = ids[bends], line[bends]
        which, number = np.unique(line, return_inverse=True)
        # The third coordinate carries the number of the point through the thinning.
        coordinates = np.column_stack([self._plane[ids], ids.astype(np.float64)])
        drawn = shapely.linestrings(coordinates, indices=number)
        thinned = shapely.simplify(drawn, self._tolerance / 2.0 ** self.halved[which], preserve_topology=False)
        self.kept[shapely.get_coordinates(thinned, include_z=True)[:, 2].astype(np.int64)] = True

    def refine(self, chosen: Ids) -> Ids:
        """Halve the tolerance of some lines, or keep them whole after the last; return those that changed."""
        changed = chosen[self.halved[chosen] <= HALVINGS]
        self.halved[changed] += 1
        self.thin(changed)
        return changed

    def find_quarrels(self, shapes: Ids, collapsed: Mask) -> Ids:
        """Return the lines that must be refined because some shapes came out invalid, or with rings collapsed.

        They are those whose edges cross, touch or cover each other within one shape, and those of collapsed rings;
        where none is to blame, as where a hole has come to lie outside, all lines of the shape.
        """
        rings = self.rings
        shape = np.repeat(rings.shape_of_ring, rings.size)
        guilty = self.lines.line_of[np.repeat(collapsed, rings.size)]
        whole = np.setdiff1d(shapes, rings.shape_of_ring[collapsed])
        places = np.flatnonzero(self.kept[rings.ids] & np.isin(shape, whole))
        ring = rings.ring_of[places]
        after = np.arange(1, len(places) + 1)
        opens = np.flatnonzero(np.append(np.ones(min(1, len(places)), np.bool_), ring[1:] != ring[:-1]))
        after[np.append(opens[1:], len(places))[: len(opens)] - 1] = opens
        start, end = rings.ids[places], rings.ids[places[after]]
        one, other = _meetings(rings.points[start], rings.points[end], shape[places])
        blamed = places[np.concatenate([one, other])]
        innocent = np.setdiff1d(whole, shape[blamed])
        lines = np.concatenate([guilty, self.lines.line_of[blamed], self.lines.line_of[np.isin(shape, innocent)]])
        return np.unique(lines[lines >= 0])


def to_plane(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return degrees as the plane of tiles has them: latitudes by Mercator, both axes in degrees of longitude."""
    lats = np.radians(np.clip(degrees[:, 1], -_POLE, _POLE))
    return np.column_stack([degrees[:, 0], np.degrees(np.arcsinh(np.tan(lats)))])


def _meetings(start: NDArray[np.int64], end: NDArray[np.int64], shape: Ids) -> tuple[Ids, Ids]:
    """Return pairs of edges of one shape that meet elsewhere than in an end of both, or lie on each other."""
    nothing = np.zeros(0, np.int64)
    if not len(start):
        return nothing, nothing
    edges = np.asarray(shapely.linestrings(np.stack([start, end], axis=1).astype(np.float64)), dtype=object)
    one, other = STRtree(edges).query(edges, predicate="intersects")
    pair = (one < other) & (shape[one] == shape[other])
    one, other = one[pair], other[pair]
    ends = [(start, start, end, end), (start, end, end, start), (end, start, start, end), (end, end, start, start)]
    joined, folded = np.zeros(len(one), np.bool_), np.zeros(len(one), np.bool_)
    for mine, theirs, my_other, their_other in ends:
        common = (mine[one] == theirs[other]).all(axis=1)
        mine_away, their_away = my_other[one] - mine[one], their_other[other] - theirs[other]
        with np.errstate(over="ignore"):
            cross = mine_away[:, 0] * their_away[:, 1] - mine_away[:, 1] * their_away[:, 0]
        ahead = (mine_away.astype(np.float64) * their_away).sum(axis=1) > 0
        joined |= common
        folded |= common & (cross == 0) & ahead
    met = ~joined | folded
    return one[met], other[met]
