"""Ground to redraw at random: whole trees on random partitions, exact on the lattice, and lines across them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check import CheckRules, check_tree
from grid_boundaries.check.findings import Finding
from grid_boundaries.partition import Grid, from_lattice, to_lattice
from grid_boundaries.redraw import (
    Ground,
    Redraw,
    RedrawRefusedError,
    apply_redraw,
    carve,
    merge,
    move_edge,
    move_parent,
    rename,
    set_attributes,
    split,
)
from grid_boundaries.redraw.arcs import arcs_between
from tests.support.partitions import random_partition

LEVELS = ("district", "street", "community", "unit_grid")
RULES = CheckRules(household_levels=())


@cache
def random_ground(seed: int, cells: int = 14, width_deg: float = 0.05) -> Ground:
    """Return a district of two streets, four communities or fewer, and random cells as their unit grids."""
    rng = np.random.default_rng(seed)
    partition = random_partition(seed, cells, width_deg)
    centres = np.array([(grid.shape.centroid.x, grid.shape.centroid.y) for grid in partition.grids])
    sites = centres[rng.permutation(len(centres))[:4]]
    nearest = np.argmin(np.hypot(*(centres[:, None] - sites[None]).T), axis=0)
    grids, members = [], {}
    for community in range(len(sites)):
        street = community % 2 + 1
        code = f"5301{street:02d}{community + 1:02d}"
        inside = [grid.shape for grid, home in zip(partition.grids, nearest, strict=True) if home == community]
        for number, shape in enumerate(inside, start=1):
            grids.append(
                Grid(f"{code}{number:03d}", shape, "unit_grid", code, f"第{number}网格", households=300 + number)
            )
        grids.append(Grid(code, shapely.coverage_union_all(inside), "community", code[:6], f"社区{community + 1}"))
        members.setdefault(code[:6], []).extend(inside)
    for code, inside in members.items():
        grids.append(Grid(code, shapely.coverage_union_all(inside), "street", "5301", f"街道{code[-1]}"))
    grids.append(
        Grid("5301", shapely.coverage_union_all([grid.shape for grid in partition.grids]), "district", None, "区")
    )
    return Ground(grids, LEVELS)


CORNER = (102.70, 25.00)
GROUND_ORIGIN = (102_720_000_000, 25_040_000_000)
"""The south-western corner of random grounds, as a lattice point."""
UNITS = {"53010101001": (0, 1), "53010101002": (0, 0), "53010102001": (1, 1), "53010102002": (1, 0)}
A, B, A1, A2, B1, B2 = "53010101", "53010102", *UNITS


def at(across: float, up: float) -> tuple[float, float]:
    """Return lon, lat of a place counted in hundredths of a degree: about a kilometre each."""
    return round(CORNER[0] + across / 100, 9), round(CORNER[1] + up / 100, 9)


def line(*places: tuple[float, float]) -> LineString:
    """Return a line through places counted in hundredths of a degree."""
    return LineString([at(*place) for place in places])


def patch(*places: tuple[float, float]) -> Polygon:
    """Return a polygon through places counted in hundredths of a degree."""
    return Polygon([at(*place) for place in places])


def tiny_ground() -> Ground:
    """Return four squares of a kilometre: communities A (west) and B (east), each with unit grids 1 north of 2.

    Everybody has a vertex in each corner of a square.
    """
    grids = []
    for code, (west, south) in UNITS.items():
        shape = patch((west, south), (west + 1, south), (west + 1, south + 1), (west, south + 1))
        grids.append(Grid(code, shape, "unit_grid", code[:8], f"网格{code[-4:]}", households=400))
    halves = {code: [grid.shape for grid in grids if grid.parent == code] for code in (A, B)}
    for code, shapes in halves.items():
        grids.append(Grid(code, shapely.coverage_union_all(shapes), "community", "530101", "社区", households=800))
    whole = shapely.coverage_union_all([shape for shapes in halves.values() for shape in shapes])
    grids.append(Grid("530101", whole, "street", "5301", "街道", households=1600))
    grids.append(Grid("5301", whole, "district", None, "区", households=1600))
    return Ground(grids, LEVELS)


def refusal(draw: Callable[[], object]) -> RedrawRefusedError:
    """Return why an operation is refused; it speaks both languages and ends its sentences."""
    with pytest.raises(RedrawRefusedError) as caught:
        draw()
    error = caught.value
    assert error.message.endswith(".")
    assert error.message_zh.endswith("。")
    assert str(error) == error.message
    return error


def errors_of(ground: Ground) -> list[Finding]:
    """Return what the check has against a ground."""
    report = check_tree(list(ground.values()), RULES, ground.levels)
    return [finding for finding in report.findings if finding.severity == "error"]


def doubled_area(shape: BaseGeometry) -> int:
    """Return twice the area of a shape in square lattice steps, in whole numbers of any size."""
    total = 0
    for ring in shapely.get_rings(shapely.get_parts(shapely.orient_polygons(shape))):
        points = to_lattice(shapely.get_coordinates(ring)).tolist()
        total += sum(a * d - c * b for (a, b), (c, d) in pairwise(points))
    return total


def leaves(ground: Ground) -> list[str]:
    """Return the codes of the grids without children."""
    return [code for code in ground if not ground.children_of(code)]


def neighbours(ground: Ground, code: str) -> list[str]:
    """Return grids of the same level that share an edge with one."""
    own = {tuple(sorted(edge)) for edge in ground.edges_of(code)}
    return [
        other
        for other, grid in ground.items()
        if other != code
        and grid.level == ground[code].level
        and any(tuple(sorted(edge)) in own for edge in ground.edges_of(other))
    ]


def line_across(shape: BaseGeometry, rng: np.random.Generator) -> LineString:
    """Return a line of some corners that runs across a shape from beyond one side to beyond the other."""
    west, south, east, north = shape.bounds
    middle = shape.representative_point()
    reach = np.hypot(east - west, north - south)
    angle = rng.uniform(0, np.pi)
    ahead = np.array([np.cos(angle), np.sin(angle)])
    aside = np.array([-ahead[1], ahead[0]])
    at = np.linspace(-1, 1, int(rng.integers(2, 6))) * reach
    sway = rng.uniform(-0.08, 0.08, len(at)) * reach
    return LineString(np.array([middle.x, middle.y]) + at[:, None] * ahead + sway[:, None] * aside)


def old_edge(ground: Ground, one: str, other: str) -> LineString:
    """Return the arc between two grids that has the most vertices; any line where there is none."""
    arcs = arcs_between(ground.edges_of(one), ground.edges_of(other))
    if not arcs:
        return line((0, 0), (0, 1))
    return LineString(from_lattice(np.array(max(arcs, key=lambda arc: len(arc.points)).points)))


def bent(line: LineString, rng: np.random.Generator) -> LineString:
    """Return a line with the same ends by way of other points between them."""
    start, end = np.array(line.coords[0]), np.array(line.coords[-1])
    along, across = end - start, np.array([start[1] - end[1], end[0] - start[0]])
    at = np.linspace(0, 1, int(rng.integers(3, 6)))[1:-1, None]
    return LineString([start, *(start + at * along + rng.uniform(-0.15, 0.15, at.shape) * across), end])


def spot(ground: Ground, code: str, rng: np.random.Generator) -> Polygon:
    """Return a polygon of some corners over a part of the border of a grid."""
    shape = ground[code].shape
    size = np.sqrt(shape.area) * rng.uniform(0.05, 0.4)
    centre = shape.boundary.interpolate(rng.uniform(), normalized=True)
    angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 8))))
    return Polygon([(centre.x + size * np.cos(a), centre.y + size * np.sin(a)) for a in angles])


def draw_at_random(ground: Ground, kind: str, rng: np.random.Generator, snap_m: float = 1.0) -> Redraw:
    """Do an operation of a kind somewhere; it may be refused, as a planner's may."""
    code = str(rng.choice(leaves(ground) if rng.uniform() < 0.8 else list(ground)))
    beside = str(rng.choice(neighbours(ground, code) or [code]))
    home = ground[code].parent if rng.uniform() < 0.5 else None
    draw: dict[str, Callable[[], Redraw]] = {
        "split": lambda: split(ground, code, line_across(ground[code].shape, rng), snap_m=snap_m),
        "merge": lambda: merge(ground, [code, beside], str(rng.choice([code, beside]))),
        "move_edge": lambda: move_edge(
            ground, [code, beside], bent(old_edge(ground, code, beside), rng), snap_m=snap_m
        ),
        "carve": lambda: carve(ground, spot(ground, code, rng), "dedicated", "专属网格", parent=home, snap_m=snap_m),
        "move_parent": lambda: move_parent(ground, [code], ground[beside].parent or code),
        "rename": lambda: rename(ground, code, f"{ground[code].name}改"),
        "set_attributes": lambda: set_attributes(ground, code, households=int(rng.integers(0, 900))),
    }
    return draw[kind]()


OPERATIONS = ("split", "merge", "move_edge", "carve", "move_parent", "rename", "set_attributes")


def draw_many(ground: Ground, kinds: Iterable[str], seed: int) -> list[tuple[Ground, Redraw | RedrawRefusedError]]:
    """Do operations one upon the other; return the ground after each, and what it did or why it was refused."""
    rng = np.random.default_rng(seed)
    steps: list[tuple[Ground, Redraw | RedrawRefusedError]] = []
    for kind in kinds:
        try:
            done = draw_at_random(ground, kind, rng)
        except RedrawRefusedError as refusal:
            steps.append((ground, refusal))
        else:
            ground = apply_redraw(ground, done)
            steps.append((ground, done))
    return steps
