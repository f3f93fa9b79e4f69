"""Fewer vertices for small scales, the same ones for every grid of the tree, so that no line parts from another.

A grid is generalised by leaving vertices out, never by moving or adding one.  Which are left out is decided once for
each line between two junctions, and holds for all grids on both sides and for all their ancestors (decision 8).
"""

from grid_boundaries.generalise.touched_part import Remade, remake
from grid_boundaries.generalise.whole_tree import Generalised, make

__all__ = ["Generalised", "Remade", "make", "remake"]
