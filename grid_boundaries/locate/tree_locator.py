"""The rule by STRtrees and the predicates of GEOS: to compare with, and for grids that are asked once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry import MultiPolygon, Polygon

from grid_boundaries.locate.answers import NOWHERE, Located, name_match
from grid_boundaries.locate.coordinates import LIMITS, quantise, quantise_one
from grid_boundaries.locate.locator import NOBODY, UNDECIDED, columns_of
from grid_boundaries.locate.nearest import SAME_DISTANCE_M, box_around, distances_m, nearest_of
from grid_boundaries.locate.roster import Roster
from grid_boundaries.partition import Grid, from_lattice, to_lattice

_POINTS_AT_ONCE = 100_000


@dataclass(frozen=True, slots=True)
class _Tier:
    """The grids of one level: ``members`` are their indices, ascending, ``tree`` counts along them."""

    members: NDArray[np.int32]
    tree: shapely.STRtree


class _Row(NamedTuple):
    """A grid as it is looked up in, its shape on the lattice and prepared."""

    code: str
    level: str | None
    parent: str | None
    shape: Polygon | MultiPolygon


class TreeLocator:
    """A ``Locator`` that keeps every polygon, prepared, in a tree for each level."""

    __slots__ = ("_has_children", "_ranks", "_roster", "_rows", "_shapes", "_tiers", "codes", "parents")

    def __init__(self, rows: tuple[_Row, ...], roster: Roster) -> None:
        self.codes = roster.codes
        self.parents = roster.parents
        self._rows = rows
        self._roster = roster
        self._ranks = roster.ranks
        shapes = self._shapes = np.empty(len(rows), dtype=np.object_)
        shapes[:] = [row.shape for row in rows]
        self._has_children = roster.has_children
        self._tiers = tuple(
            _Tier(members, shapely.STRtree(shapes[members]))
            for rank in sorted(set(self._ranks.tolist()), reverse=True)
            for members in [np.flatnonzero(self._ranks == rank).astype(np.int32)]
        )
        for array in (self.parents, self._ranks, self._shapes, self._has_children):
            array.flags.writeable = False

    @classmethod
    def build(cls, grids: Sequence[Grid], ranks: Mapping[str, int]) -> Self:
        """Return a locator of grids in degrees, EPSG:4326; their vertices are moved to the lattice.

        Args:
            grids: polygons with a code and a level each; in any order.
            ranks: the rank of each level; a deeper level has the larger one.

        Raises:
            ValueError: a code comes twice, a level has no rank, a shape is no polygon, or a parent does not rank
                above its child.
        """
        return cls._of(_rows_of(grids), ranks)

    def updated(self, gone: Collection[str], fresh: Sequence[Grid], ranks: Mapping[str, int]) -> Self:
        """Return the locator that ``build`` makes of the grids without those of some codes and with fresh ones.

        Shapes that stay are shared with this one, ready to be asked as they are.

        Raises:
            ValueError: as ``build``.
        """
        left = frozenset(gone)
        return self._of([row for row in self._rows if row.code not in left] + _rows_of(fresh), ranks)

    @classmethod
    def _of(cls, rows: Sequence[_Row], ranks: Mapping[str, int]) -> Self:
        ordered = tuple(sorted(rows, key=lambda row: row.code))
        return cls(ordered, Roster.of(ordered, ranks))

    def locate(self, lon: float, lat: float) -> Located:
        """Return the owner of one point and how the point lies in it.

        Raises:
            CoordinateError: the point is not finite or out of range.
        """
        lon, lat = quantise_one(lon, lat)
        for covering in self._covering_by_level(lon, lat):
            if covering.size:
                owner, *tied = covering.tolist()
                match = name_match(
                    owner_has_children=bool(self._has_children[owner]),
                    is_tied=bool(tied),
                    is_on_owner_edge=not shapely.contains_xy(self._shapes[owner], lon, lat),
                )
                return Located(match, owner, tuple(tied))
        return NOWHERE

    def owner_inside(self, lon: float, lat: float) -> int:
        """Return the owner of a point inside it and in no other grid of its rank, ``NOBODY`` or ``UNDECIDED``."""
        if not (abs(lon) <= LIMITS["lon"][1] and abs(lat) <= LIMITS["lat"][1]):
            return UNDECIDED
        _, owner, tied = self.locate(lon, lat)
        if owner is None:
            return NOBODY
        is_inside = not tied and shapely.contains_xy(self._shapes[owner], *quantise_one(lon, lat))
        return owner if is_inside else UNDECIDED

    def locate_many(self, lons: ArrayLike, lats: ArrayLike) -> NDArray[np.int32]:
        """Return the index of each point's owner, in input order; ``NOBODY`` where there is none.

        Raises:
            CoordinateError: the first point that is not finite or out of range.
            ValueError: the two arrays are not one-dimensional and of one length.
        """
        all_lons, all_lats = columns_of(lons, lats)
        all_lons, all_lats = quantise(all_lons, all_lats)
        owners = np.empty(all_lons.size, dtype=np.int32)
        for start in range(0, all_lons.size, _POINTS_AT_ONCE):
            part = slice(start, start + _POINTS_AT_ONCE)
            owners[part] = self._owners(all_lons[part], all_lats[part])
        return owners

    def chain(self, index: int) -> list[int]:
        """Return the indices of a grid and its ancestors, root first."""
        return self._roster.chain(index)

    def nearest(self, lon: float, lat: float) -> tuple[int, float]:
        """Return the grid nearest to a point and its geodesic distance in metres; 0 inside a grid.

        Equal distances (to a millimetre) are settled as ownership is: the deepest grid, then the smallest code.

        Raises:
            CoordinateError: the point is not finite or out of range.
            ValueError: there is no grid.
        """
        lon, lat = quantise_one(lon, lat)
        point = shapely.Point(lon, lat)
        first = [int(tier.members[found]) for tier in self._tiers for found in tier.tree.query_nearest(point)[:1]]
        if not first:
            raise ValueError("there is no grid to be near to")
        reach_m = float(distances_m(self._shapes[first], lon, lat).min())
        box = shapely.box(*box_around(lon, lat, reach_m + SAME_DISTANCE_M))
        near = np.sort(np.concatenate([tier.members[tier.tree.query(box)] for tier in self._tiers]))
        best, metres = nearest_of(self._shapes[near], self._ranks[near], lon, lat)
        return int(near[best]), metres

    def _covering_by_level(self, lon: float, lat: float) -> Iterator[NDArray[np.int32]]:
        """Yield, the deepest level first, the grids whose closed polygon covers a lattice point; ascending."""
        point = shapely.Point(lon, lat)
        for tier in self._tiers:
            around = tier.members[tier.tree.query(point)]
            yield np.sort(around[shapely.intersects_xy(self._shapes[around], lon, lat)])

    def _owners(self, lons: NDArray[np.float64], lats: NDArray[np.float64]) -> NDArray[np.int32]:
        """Return the owners of lattice points: each level settles what the deeper ones have left."""
        nobody_yet = np.iinfo(np.int32).max
        owners = np.full(lons.size, nobody_yet, dtype=np.int32)
        points = np.asarray(shapely.points(lons, lats), dtype=np.object_)
        for tier in self._tiers:
            left = np.flatnonzero(owners == nobody_yet)
            asked, found = tier.tree.query(points[left])
            asked, grids = left[asked], tier.members[found]
            covered = shapely.intersects_xy(self._shapes[grids], lons[asked], lats[asked])
            np.minimum.at(owners, asked[covered], grids[covered])
        owners[owners == nobody_yet] = NOBODY
        return owners


def _rows_of(grids: Sequence[Grid]) -> list[_Row]:
    """Return rows of grids, shapes on the lattice and prepared; texts that come often are kept once."""
    texts: dict[str | None, str | None] = {grid.code: grid.code for grid in grids}
    given = np.empty(len(grids), dtype=np.object_)
    given[:] = [grid.shape for grid in grids]
    for grid in grids:
        if not isinstance(grid.shape, Polygon | MultiPolygon):
            raise ValueError(f"grid {grid.code} is a {grid.shape.geom_type}, not a polygon")  # noqa: TRY004 - data
    shapes = _on_lattice(given)
    _prepare(shapes)
    return [
        _Row(grid.code, texts.setdefault(grid.level, grid.level), texts.setdefault(grid.parent, grid.parent), shape)
        for grid, shape in zip(grids, shapes, strict=True)
    ]


def _on_lattice(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.asarray(shapely.transform(shapes, lambda degrees: from_lattice(to_lattice(degrees))), dtype=np.object_)


def _prepare(shapes: NDArray[np.object_]) -> None:
    """Build the point index of every shape now.

    GEOS makes it when the first point is asked, without a lock; asked here, threads find it made.
    """
    shapely.prepare(shapes)
    vertices, owners = shapely.get_coordinates(shapes, return_index=True)
    having, first = np.unique(owners, return_index=True)
    lons, lats = vertices[first].T
    shapely.intersects_xy(shapes[having], lons, lats)
    shapely.contains_xy(shapes[having], lons, lats)
