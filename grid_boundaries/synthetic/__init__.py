"""Made-up divisions of a real outline: trees of grids that tile it exactly, for demos and for tests.

Every cut is one line between two vertices that the ring has already, and is shared by the two pieces as it stands.
So no vertex is ever added to a ring that exists, and the grids of each level cancel exactly against their parent.
A whole province is laid out at once instead (``make_province``).
"""

from grid_boundaries.synthetic.density import Centre, Density
from grid_boundaries.synthetic.province import make_province
from grid_boundaries.synthetic.tree import Division, make_tree

__all__ = ["Centre", "Density", "Division", "make_province", "make_tree"]
