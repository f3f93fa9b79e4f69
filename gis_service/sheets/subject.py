"""All that a sheet tells, as it was read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shapely.geometry.base import BaseGeometry

from gis_service.domain.edition import Edition
from gis_service.domain.level import Level


@dataclass(frozen=True, slots=True)
class SheetGrid:
    """One grid of an edition; ``shape`` in degrees, EPSG:4326."""

    code: str
    name: str
    kind: str
    households: int | None
    area_m2: float
    shape: BaseGeometry

    @property
    def called(self) -> str:
        """Return the name, or the code of a grid that has none."""
        return self.name or self.code

    @property
    def is_dedicated(self) -> bool:
        """Tell whether it is a dedicated grid (专属网格), which is hatched."""
        return self.kind == "dedicated"


@dataclass(frozen=True, slots=True)
class Subject:
    """A grid with what lies in it and around it, in one edition.

    Args:
        grid: the grid that the sheet shows.
        chain: names from the root down to the grid.
        level: the level of the grid; None where its level has no row.
        child_level: the level of the children, None without children or where they are of several.
        children: the grids right below, by code.
        neighbours: grids of the same level near by, without the grid itself.
        buildings: longitude and latitude of the buildings that the grid owns; asked for without children only.
        edition: whose boundaries these are.
        drawn_at: when the sheet is drawn, in the time zone in which dates are told.
        attribution: source of the boundaries; may be empty.
    """

    grid: SheetGrid
    chain: tuple[str, ...]
    level: Level | None
    child_level: Level | None
    children: tuple[SheetGrid, ...]
    neighbours: tuple[SheetGrid, ...]
    buildings: tuple[tuple[float, float], ...]
    edition: Edition
    drawn_at: datetime
    attribution: str = ""

    def shown(self) -> tuple[SheetGrid, ...]:
        """Return the grids that are coloured and listed: the children, or the grid itself when it has none."""
        return self.children or (self.grid,)

    def shapes(self) -> Iterator[BaseGeometry]:
        """Give the grid's shape and those of its children, which a check may have let reach beyond it."""
        yield self.grid.shape
        yield from (child.shape for child in self.children)
