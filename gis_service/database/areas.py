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
        """Return how many buildings stand in the inside cells, and their households."""
        row = self._session.execute(_BUILDINGS_INSIDE_AREA, _raster(cells)).one()
        return Standing(int(row.buildings), int(row.households))

    def dwellings_near_edge(self, cells: AreaCells) -> Iterator[NDArray[np.float64]]:
        """Yield the buildings in the cut cells in any order, some at a time: lon, lat, households a row."""
        # Every row will be read: without this a cursor is planned for the first few.
        self._session.execute(text("SET LOCAL cursor_tuple_fraction = 1"))
        some = self._session.execute(_DWELLINGS_NEAR_EDGE, _raster(cells), execution_options={"yield_per": _ROWS})
        for rows in some.partitions():
            yield np.array(rows, dtype=np.float64)

    def grids_inside(self, edition: int, cells: AreaCells) -> list[StoredGrid]:
        """Return the grids of an edition, of any level, whose label point is in an inside cell; without shapes."""
        rows = self._session.execute(_GRIDS_INSIDE_AREA, {"edition": edition, **_raster(cells)})
        return [StoredGrid(row.code, row.name, row.level, row.parent, row.area_m2) for row in rows]

    def grids_near_edge(self, edition: int, cells: AreaCells) -> list[StoredGrid]:
        """Return the grids of an edition, of any level, whose own box meets a cut cell or all but does; by code."""
        rows = self._session.execute(_GRIDS_MEETING_CELLS, {"edition": edition, **_cut(cells)})
        return [
            StoredGrid(row.code, row.name, row.level, row.parent, row.area_m2, from_column(row.shape)) for row in rows
        ]


def _cut(cells: AreaCells) -> dict[str, list[float]]:
    return dict(zip(("wests", "souths", "easts", "norths"), cells.boxes(CUT).T.tolist(), strict=True))


def _raster(cells: AreaCells) -> dict[str, Any]:
    states = np.pad(cells.states, 1)
    return {
        "lons": cells.lons.tolist(),
        "lats": cells.lats.tolist(),
        "states": "{" + ",".join(map(str, states.ravel().tolist())) + "}",
        "width": states.shape[1],
        "west": float(cells.lons[0]),
        "south": float(cells.lats[0]),
        "east": float(cells.lons[-1]),
        "north": float(cells.lats[-1]),
    }
