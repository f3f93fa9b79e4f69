"""Edits of a partition that keep it a partition: all on shared edges, exact on the lattice (decisions 3 and 6).

Each operation takes a ``Ground`` and returns a ``Redraw``: the grids as they are afterwards, in a ground that is as
covered as it was before.  Neighbours and ancestors get the new vertices.  What cannot be done is refused, with the
reason.
"""

from grid_boundaries.redraw.carve import carve
from grid_boundaries.redraw.create import create
from grid_boundaries.redraw.ground import Ground, Redraw, apply_redraw
from grid_boundaries.redraw.merge import merge
from grid_boundaries.redraw.move_edge import move_edge
from grid_boundaries.redraw.move_parent import move_parent
from grid_boundaries.redraw.rebase import rebase_refinement
from grid_boundaries.redraw.refusal import RedrawRefusedError
from grid_boundaries.redraw.rename import rename
from grid_boundaries.redraw.replace import replace
from grid_boundaries.redraw.retire import retire
from grid_boundaries.redraw.set_attributes import KEPT, set_attributes
from grid_boundaries.redraw.split import split

__all__ = [
    "KEPT",
    "Ground",
    "Redraw",
    "RedrawRefusedError",
    "apply_redraw",
    "carve",
    "create",
    "merge",
    "move_edge",
    "move_parent",
    "rebase_refinement",
    "rename",
    "replace",
    "retire",
    "set_attributes",
    "split",
]
