"""Carve a thin strip out of a ring, along its edge: a street of shops, say."""

from __future__ import annotations

import numpy as np
import shapely

from grid_boundaries.synthetic.cutting import Cut, Metres, Ring
from grid_boundaries.synthetic.plane import Plane

OTHER_SIDE_WIDTHS = 2.0
"""What the inner line of a strip keeps clear of the far side of the ring, in widths of the strip."""

SHORTER = (1.0, 0.8, 0.6, 0.45)
"""Shares of the wanted length that are tried in turn."""


def carve_strip(ring: Ring, width_m: float, length_m: float, plane: Plane) -> tuple[Ring, Ring]:
    """Return a strip along the straightest stretch of the edge, and the rest of the ring.

    The strip's ends taper to the vertices of the ring where it begins and ends; none is added.  Where there is no
    room for the length, it is made shorter, down to less than half.

    Raises:
        ValueError: there is no room for it at all.
    """
    for share in SHORTER:
        for turned in (ring, np.roll(ring, len(ring) // 2, axis=0)):  # a stretch may lie across the ring's start
            cut = _find_stretch(plane.metres(turned), width_m, share * length_m, plane)
            if cut is not None:
                return cut.pieces(turned)
    raise ValueError(f"No edge leaves room for a strip {length_m:g} m by {width_m:g} m.")


def _find_stretch(metres: Metres, width_m: float, length_m: float, plane: Plane) -> Cut | None:
    """Return the cut along the straightest stretch that has room, or None."""
    outline = shapely.Polygon(metres)
    lengths = np.hypot(*(np.roll(metres, -1, axis=0) - metres).T)
    walked = np.concatenate([[0.0], np.cumsum(lengths)])
    ends = np.searchsorted(walked, walked[:-1] + length_m).tolist()
    stretches = [(start, end) for start, end in enumerate(ends) if end < len(metres) and end - start > 2]  # noqa: PLR2004, two inner vertices
    detour = {
        (start, end): (walked[end] - walked[start]) / np.hypot(*(metres[end] - metres[start]))
        for start, end in stretches
    }
    for start, end in sorted(stretches, key=lambda stretch: (detour[stretch], stretch)):
        line = _beside(metres[start : end + 1], width_m)
        if _has_room(line, metres, start, end, outline, width_m):
            return Cut(start, end, plane.steps(line))
    return None


def _beside(stretch: Metres, width_m: float) -> Metres:
    """Return the inner vertices of a line moved to the left by the width."""
    ahead = stretch[1:] - stretch[:-1]
    normals = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1) / np.hypot(*ahead.T)[:, None]
    mitre = normals[:-1] + normals[1:]
    mitre /= np.sum(mitre * normals[1:], axis=1)[:, None]
    moved: Metres = stretch[1:-1] + width_m * mitre
    return moved


def _has_room(line: Metres, metres: Metres, start: int, end: int, outline: shapely.Polygon, width_m: float) -> bool:
    """Say whether the strip's inner line keeps its distance from its own edge and from the rest of the ring."""
    whole = shapely.LineString(np.concatenate([metres[start, None], line, metres[end, None]]))
    if not (whole.is_simple and outline.contains(whole)):
        return False
    own = shapely.LineString(metres[start : end + 1])
    rest = shapely.LineString(np.concatenate([metres[end + 1 :], metres[:start]]))
    places = shapely.points(line)
    to_end = np.minimum(np.hypot(*(line - metres[start]).T), np.hypot(*(line - metres[end]).T))
    return bool(
        np.all(shapely.distance(places, own) > 0.8 * width_m)
        and np.all(shapely.distance(places, rest) > np.minimum(OTHER_SIDE_WIDTHS * width_m, 0.7 * to_end))
    )
