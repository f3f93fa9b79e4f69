"""What lies in an area: asked by the raster that it is cut into (``grid_boundaries/locate/cells.py``)."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from gis_service.database.geometry import from_column
from gis_service.database.tables import grid
from gis_service.domain.area import Standing, StoredGrid
from grid_boundaries.locate.cells import CUT, AreaCells

_ROWS = 50_000
"""Buildings read at a time."""


def _load(name: str) -> TextClause:
    return text((files("gis_service.database") / "sql" / f"{name}.sql").read_text(encoding="utf-8"))


_BUILDINGS_INSIDE_AREA, _DWELLINGS_NEAR_EDGE = _load("buildings_inside_area"), _load("dwellings_near_edge")
_GRIDS_INSIDE_AREA = _load("grids_inside_area")
_GRIDS_MEETING_CELLS = _load("grids_meeting_cells").columns(
    grid.c.code, grid.c.name, grid.c.level, grid.c.parent, grid.c.area_m2, grid.c.shape
)


class AreaRepository:
    """Reads ``building`` and ``grid`` by the cells of an area."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count_inside(self, cells: AreaCells) -> Standing:
        """Return how many buildings stand in the inside cells, and their households, without going to them."""
        row = self._session.execute(_BUILDINGS_INSIDE_AREA, _raster(cells)).one()
        return Standing(int(row.buildings), int(row.households))

    def dwellings_near_edge(self, cells: AreaCells) -> Iterator[NDArray[np.float64]]:
        """Yield the buildings in the cut cells in any order, some at a time: lon, lat, households a row."""
        # Every row will be read: without this a cursor is planned for the first few.
        self._session.execute(text("SET LOCAL cursor_tuple_fraction = 1"))
        some = self._session.execute(_DWELLINGS_NEAR_EDGE, _cut(cells), execution_options={"yield_per": _ROWS})
        for rows in some.partitions():
            yield np.array(
                [tuple(row) for row in rows], dtype=np.float64
            )  # a Row, NumPy takes for no sequence at first

    def grids_inside(self, edition: int, cells: AreaCells) -> list[StoredGrid]:
        """Return the grids of an edition, of any level, whose label point is in an inside cell; without shapes."""
        rows = self._session.execute(_GRIDS_INSIDE_AREA, {"edition": edition, **_raster(cells)})
        return [StoredGrid(*row) for row in rows.all()]

    def grids_near_edge(self, edition: int, cells: AreaCells) -> list[StoredGrid]:
        """Return the grids of an edition, of any level, whose own box meets a cut cell or all but does; by code."""
        rows = self._session.execute(_GRIDS_MEETING_CELLS, {"edition": edition, **_cut(cells)})
        return [
            StoredGrid(row.code, row.name, row.level, row.parent, row.area_m2, from_column(row.shape)) for row in rows
        ]


def _cut(cells: AreaCells) -> dict[str, list[float]]:
    """Return the cut cells, neighbours in a row as one box."""
    wests, souths, easts, norths = cells.boxes(CUT).T
    is_first = np.ones(len(wests), dtype=np.bool_)
    is_first[1:] = (wests[1:] != easts[:-1]) | (souths[1:] != souths[:-1])
    is_last = np.roll(is_first, -1)
    boxes = (wests[is_first], souths[is_first], easts[is_last], norths[is_last])
    return {side: values.tolist() for side, values in zip(("wests", "souths", "easts", "norths"), boxes, strict=True)}


def _raster(cells: AreaCells) -> dict[str, Any]:
    states = np.pad(cells.states, 1)
    west, south, east, north = cells.bounds
    return {
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "halvings": cells.halvings,
        "first_column": cells.first_column,
        "first_row": cells.first_row,
        "states": "{" + ",".join(map(str, states.ravel().tolist())) + "}",
        "width": states.shape[1],
        "height": states.shape[0],
    }
