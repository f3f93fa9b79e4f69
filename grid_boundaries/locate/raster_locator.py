"""The rule by table: a raster over the ground, whose cells know the owner or the few edges that part owners."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from typing import Any, Self

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry import MultiPolygon, Polygon

from grid_boundaries.locate.answers import NOWHERE, Located, Match, name_match
from grid_boundaries.locate.coordinates import check_degrees, quantise_one
from grid_boundaries.locate.locator import columns_of
from grid_boundaries.locate.raster.arrays import Raster
from grid_boundaries.locate.raster.build import make_raster
from grid_boundaries.locate.raster.edges import Edges
from grid_boundaries.locate.raster.exact import covering
from grid_boundaries.locate.raster.frame import Frame
from grid_boundaries.locate.raster.outline import Outline
from grid_boundaries.locate.raster.patch import Window, patch_raster
from grid_boundaries.locate.raster.reader import UNDECIDED, Reader, make_reader, owner_of
from grid_boundaries.locate.raster.shapes import shapes_of
from grid_boundaries.locate.roster import Roster
from grid_boundaries.locate.texts import pack_texts, unpack_texts
from grid_boundaries.partition import LATTICE_PER_DEG, Grid, Shape, from_lattice, to_lattice

MOST_PATCHED = 0.5
"""Once so great a share of the cells has been made anew, one time or another, all are."""


class RasterLocator:
    """A ``Locator`` of plain arrays: ``arrays()`` gives them to be kept, ``of_arrays`` takes them back."""

    __slots__ = (
        "_outline",
        "_patched",
        "_raster",
        "_reader",
        "_roster",
        "codes",
        "locate",
        "owner_inside",
        "parents",
    )

    def __init__(
        self,
        roster: Roster,
        raster: Raster,
        outline: Outline,
        patched: int = 0,
        read_by: Callable[[Raster, NDArray[np.int32]], Reader] = make_reader,
    ) -> None:
        self.codes = roster.codes
        self.parents = roster.parents
        self._roster, self._raster, self._outline = roster, raster, outline
        self._patched = patched
        self._reader = read_by(raster, roster.ranks)
        matches = [Match.PARTIAL if has else Match.INSIDE for has in roster.has_children.tolist()]
        self._reader.answer_with(matches, Located, NOWHERE, partial(_locate_exactly, raster, roster, matches))
        self.locate = self._reader.locate
        self.owner_inside = self._reader.owner_inside

    @classmethod
    def build(cls, grids: Sequence[Grid], ranks: Mapping[str, int]) -> Self:
        """Return a locator of grids in degrees, EPSG:4326; their vertices are moved to the lattice.

        Args:
            grids: valid polygons with a code and a level each; in any order.
            ranks: the rank of each level; a deeper level has the larger one.

        Raises:
            ValueError: a code comes twice, a level has no rank, a shape is no polygon, or a parent does not rank
                above its child.
        """
        ordered = sorted(grids, key=lambda grid: grid.code)
        roster = Roster.of(ordered, ranks)
        shapes = _shapes_of(ordered)
        edges = Edges.of(shapes, np.arange(len(ordered), dtype=np.int32), roster.parents)
        raster = make_raster(edges, roster.ranks, Frame.around(_bounds(shapes), len(ordered)))
        return cls(roster, raster, Outline.of(edges, roster.ranks))

    def window(self, changed: Sequence[Grid]) -> tuple[float, float, float, float] | None:
        """Return west, south, east and north of what has to be made anew when some grids go and others come.

        None when so much has changed that everything is better made anew.  In degrees.
        """
        window = Window.around(self._raster.frame, _bounds(_shapes_of(changed)))
        if window is None or self._patched + window.part.cells > self._raster.frame.cells * MOST_PATCHED:
            return None
        west, south, east, north = from_lattice(np.array(window.bounds)).tolist()
        return west, south, east, north

    def updated(
        self, gone: Sequence[Grid], fresh: Sequence[Grid], around: Sequence[Grid], ranks: Mapping[str, int]
    ) -> Self | None:
        """Return the locator that ``build`` makes of the grids without those that go and with those that come.

        Args:
            gone: the grids that go, as they were.
            fresh: the grids that come; a grid that has changed goes and comes.
            around: all grids that are there afterwards and whose box meets ``window([*gone, *fresh])``.
            ranks: as ``build``.

        Returns:
            None when everything has to be made anew.

        Raises:
            ValueError: as ``build``.
        """
        window = Window.around(self._raster.frame, _bounds(_shapes_of([*gone, *fresh])))
        followed = self._roster.followed({grid.code for grid in gone}, fresh, ranks)
        if window is None or followed is None:
            return None
        roster, number_now = followed
        numbers = np.array([roster.find(grid.code) for grid in around], dtype=np.int32)
        edges = Edges.of(_shapes_of(around), numbers)
        return type(self)(
            roster,
            patch_raster(self._raster, window, edges, roster.ranks, number_now),
            self._outline.patched(window.bounds, edges, roster.ranks, number_now),
            self._patched + window.part.cells,
        )

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return the locator whose ``arrays()`` these are.

        Raises:
            KeyError: an array is missing.
        """
        roster = Roster(unpack_texts(arrays["codes"], arrays["code_ends"]), arrays["parents"], arrays["ranks"])
        frame = Frame(*arrays["frame"].tolist())
        raster = Raster(frame, **{one.name: arrays[one.name] for one in fields(Raster) if one.name != "frame"})
        return cls(
            roster, raster, Outline(arrays["outline_edges"], arrays["outline_grids"]), int(arrays["patched"][0])
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all that the locator is made of."""
        frame, raster = self._raster.frame, self._raster
        texts, ends = pack_texts(self.codes)
        return {
            "codes": texts,
            "code_ends": ends,
            "parents": self.parents,
            "ranks": self._roster.ranks,
            "frame": np.array([frame.west, frame.south, frame.shift, frame.rows, frame.columns]),
            **{one.name: getattr(raster, one.name) for one in fields(Raster) if one.name != "frame"},
            "patched": np.array([self._patched]),
            "outline_edges": self._outline.edges,
            "outline_grids": self._outline.grids,
        }

    def locate_many(self, lons: ArrayLike, lats: ArrayLike) -> NDArray[np.int32]:
        """Return the index of each point's owner, in input order; ``NOBODY`` where there is none.

        Raises:
            CoordinateError: the first point that is not finite or out of range.
            ValueError: the two arrays are not one-dimensional and of one length.
        """
        all_lons, all_lats = columns_of(lons, lats)
        check_degrees(all_lons, all_lats)
        owners = np.empty(all_lons.size, dtype=np.int32)
        self._reader.owners(all_lons, all_lats, owners)
        for place in np.flatnonzero(owners == UNDECIDED).tolist():
            x, y = to_lattice(all_lons[place : place + 1]), to_lattice(all_lats[place : place + 1])
            owners[place] = owner_of(self._raster, int(x[0]), int(y[0]))
        return owners

    def chain(self, index: int) -> list[int]:
        """Return the indices of a grid and its ancestors, root first."""
        return self._roster.chain(index)

    def find(self, code: str) -> int | None:
        """Return the index of a grid, None when it is not here."""
        return self._roster.find(code)

    def shapes(self, indices: Sequence[int]) -> list[Shape]:
        """Return the polygons of grids that own ground, as an answer names them; see ``shapes_of``."""
        return shapes_of(self._raster, indices)

    def nearest(self, lon: float, lat: float) -> tuple[int, float]:
        """Return the grid nearest to a point and its geodesic distance in metres; 0 inside a grid.

        Equal distances (to a millimetre) are settled as ownership is: the deepest grid, then the smallest code.

        Raises:
            CoordinateError: the point is not finite or out of range.
            ValueError: there is no grid.
        """
        owner = self.locate(lon, lat).owner_index
        if owner is not None:
            return owner, 0.0
        return self._outline.nearest(self._roster.ranks, *quantise_one(lon, lat))


def _locate_exactly(raster: Raster, roster: Roster, matches: Sequence[Match], lon: float, lat: float) -> Located:
    """Return the owner of one point and how the point lies in it, ties and edges told.

    Raises:
        CoordinateError: the point is not finite or out of range.
    """
    lon, lat = quantise_one(lon, lat)
    found = list(covering(raster, round(lon * LATTICE_PER_DEG), round(lat * LATTICE_PER_DEG)))
    if not found:
        return NOWHERE
    owner, ranks = found[0].grid, roster.ranks
    tied = tuple(other.grid for other in found[1:] if ranks[other.grid] == ranks[owner])
    match = name_match(
        owner_has_children=matches[owner] is Match.PARTIAL,
        is_tied=bool(tied),
        is_on_owner_edge=found[0].is_on_edge,
    )
    return Located(match, owner, tied)


def _shapes_of(grids: Sequence[Grid]) -> NDArray[np.object_]:
    """Return the polygons of grids.

    Raises:
        ValueError: a shape is no polygon.
    """
    for grid in grids:
        if not isinstance(grid.shape, Polygon | MultiPolygon):
            raise ValueError(f"grid {grid.code} is a {grid.shape.geom_type}, not a polygon")  # noqa: TRY004 - data
    shapes = np.empty(len(grids), dtype=np.object_)
    shapes[:] = [grid.shape for grid in grids]
    return shapes


def _bounds(shapes: NDArray[np.object_]) -> tuple[int, int, int, int]:
    """Return west, south, east and north in lattice steps; of nothing, a point."""
    if not len(shapes):
        return 0, 0, 0, 0
    west, south, east, north = to_lattice(shapely.total_bounds(shapes)).tolist()
    return west, south, east, north
