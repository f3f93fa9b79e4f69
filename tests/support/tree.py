"""A small tree of squares with every kind of trouble: a gap, a tie at each level, a grid without children.

One step is a hundredth of a degree, counted from 102.70 E, 25.00 N::

    3 +-----------+-----------+
      | B1        |           |       district A covers all of 4 x 3
      |   (leaf)  |   gap     |       street B the west half, street C the east half
    2 +-----------+-----------+       B2, B3, B4, C1 are communities; C's north-east is in no community
      | B2  | B3  | C1        |       C1x, C1y are unit grids of C1
    1 +-----+-----+-----+-----+
      | B4        | C1x | C1y |       C1 spans both rows
    0 +-----------+-----+-----+
      0     1     2     3     4
"""

from __future__ import annotations

from shapely.geometry import Polygon

from grid_boundaries.partition import Grid

WEST, SOUTH, STEP = 102.70, 25.00, 0.01


def at(across: float, up: float) -> tuple[float, float]:
    """Return lon, lat of a place counted in steps from the south-west corner."""
    return round(WEST + across * STEP, 9), round(SOUTH + up * STEP, 9)


def ring(*corners: tuple[float, float]) -> Polygon:
    """Return the polygon through places counted in steps."""
    return Polygon([at(*corner) for corner in corners])


def troubled_tree() -> list[Grid]:
    """Return the tree of the picture, in no particular order."""
    return [
        Grid(
            "C",
            ring((2, 0), (3, 0), (4, 0), (4, 1), (4, 2), (4, 3), (2, 3), (2, 2), (2, 1)),
            "street",
            "A",
            "东街",
        ),
        Grid(
            "A",
            ring((0, 0), (2, 0), (3, 0), (4, 0), (4, 1), (4, 2), (4, 3), (2, 3), (0, 3), (0, 2), (0, 1)),
            "district",
            None,
            "甲区",
        ),
        Grid("B", ring((0, 0), (2, 0), (2, 1), (2, 2), (2, 3), (0, 3), (0, 2), (0, 1)), "street", "A", "西街"),
        Grid("B1", ring((0, 2), (1, 2), (2, 2), (2, 3), (0, 3)), "community", "B", "一社区"),
        Grid("B2", ring((0, 1), (1, 1), (1, 2), (0, 2)), "community", "B", "二社区"),
        Grid("B3", ring((1, 1), (2, 1), (2, 2), (1, 2)), "community", "B", "三社区"),
        Grid("B4", ring((0, 0), (2, 0), (2, 1), (1, 1), (0, 1)), "community", "B", "四社区"),
        Grid("C1", ring((2, 0), (3, 0), (4, 0), (4, 1), (4, 2), (2, 2), (2, 1)), "community", "C", "五社区"),
        Grid("C1x", ring((2, 0), (3, 0), (3, 1), (2, 1)), "unit_grid", "C1", "一网格", "dedicated"),
        Grid("C1y", ring((3, 0), (4, 0), (4, 1), (3, 1)), "unit_grid", "C1", "二网格"),
    ]
