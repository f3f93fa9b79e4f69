"""Whose ground a point is, asked of the database: for editions that no worker holds in memory."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sqlalchemy import TextClause, literal, select, text
from sqlalchemy.orm import Session

from gis_service.database.geometry import from_column, point_column
from gis_service.database.tables import grid, level
from gis_service.domain.lookup import CoveringGrid, NamedGrid, NearestGrid
from grid_boundaries.locate.coordinates import quantise, quantise_one
from grid_boundaries.locate.nearest import box_around, distances_m, nearest_of


def _load(name: str) -> TextClause:
    return text(files("gis_service.database").joinpath("sql", name).read_text("utf-8"))


OWNER_OF_POINTS = _load("owner_of_points.sql")
_GRIDS_COVERING_POINT = _load("grids_covering_point.sql")
_GRIDS_NEAR_POINT = _load("grids_near_point.sql").columns(
    code=grid.c.code.type, rank=level.c.rank.type, shape=grid.c.shape.type
)
_GRID_CHAIN = _load("grid_chain.sql")


class OwnerRepository:
    """Owners by edition, read from ``grid``; the rule is that of ``grid_boundaries.locate``.

    Points are degrees, EPSG:4326, and are moved to the lattice first.  All methods raise ``CoordinateError`` for
    a point that is not finite or out of range.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_points(self, edition: int, lons: ArrayLike, lats: ArrayLike) -> list[str | None]:
        """Return the code of each point's owner in one edition, in input order; None where there is none."""
        all_lons, all_lats = quantise(np.asarray(lons, np.float64), np.asarray(lats, np.float64))
        values = {"edition": edition, "lons": _array_literal(all_lons), "lats": _array_literal(all_lats)}
        return [row.code for row in self._session.execute(OWNER_OF_POINTS, values)]

    def covering(self, edition: int, lon: float, lat: float) -> list[CoveringGrid]:
        """Return the grids whose closed polygon covers a point, the owner first; empty outside all."""
        lon, lat = quantise_one(lon, lat)
        rows = self._session.execute(_GRIDS_COVERING_POINT, {"edition": edition, "lon": lon, "lat": lat})
        return [CoveringGrid(**row) for row in rows.mappings()]

    def nearest(self, edition: int, lon: float, lat: float) -> NearestGrid | None:
        """Return the grid nearest to a point; of equals the deepest, then the smallest code; None without grids."""
        lon, lat = quantise_one(lon, lat)
        is_alive = grid.c.editions.contains(literal(edition))
        by_degrees = grid.c.shape.distance_centroid(point_column(lon, lat))  # <->, which means true distance by now
        first = self._session.scalar(select(grid.c.shape).where(is_alive).order_by(by_degrees).limit(1))
        if first is None:
            return None
        reach_m = float(distances_m(np.array([from_column(first)], dtype=np.object_), lon, lat)[0])
        box = dict(zip(("west", "south", "east", "north"), box_around(lon, lat, reach_m), strict=True))
        rows = self._session.execute(_GRIDS_NEAR_POINT, {"edition": edition, **box}).all()
        shapes = np.array([from_column(row.shape) for row in rows], dtype=np.object_)
        ranks = np.array([row.rank for row in rows], dtype=np.int32)
        best, distance_m = nearest_of(shapes, ranks, lon, lat)
        return NearestGrid(rows[best].code, distance_m)

    def chain(self, edition: int, code: str) -> list[NamedGrid]:
        """Return a grid and its ancestors, root first; empty when the edition has no such grid."""
        rows = self._session.execute(_GRID_CHAIN, {"edition": edition, "code": code})
        return [NamedGrid.make(row.code, row.name, row.level, row.kind) for row in rows]

    def codes(self, edition: int) -> list[str]:
        """Return every code of an edition, sorted byte by byte: the order in which indices count."""
        is_alive = grid.c.editions.contains(literal(edition))
        return list(self._session.scalars(select(grid.c.code).where(is_alive).order_by(grid.c.code.collate("C"))))


def _array_literal(values: NDArray[np.float64]) -> str:
    """Return numbers as PostgreSQL reads an array: one literal, not one expression for each number.

    ``repr`` gives the shortest digits that read back as the same double.
    """
    return "{" + ",".join(map(repr, values.tolist())) + "}"
