"""The layers of a tile as PostGIS encodes them; one fixed text for each, so that a plan is a plan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files

from sqlalchemy import TextClause, func, select, text
from sqlalchemy.orm import Session

from gis_service.database.prepared import execute_prepared
from gis_service.database.tables import data_version, edition, grid, incident_event
from tiles.address import TileAddress
from tiles.filters import TileFilters
from tiles.layers import SMALL_COUNT, TileLayer

_PLANNED_ONCE = {"tile_grids": 12}
"""Statements with the zoom from which one plan does for all tiles.

Below, a tile may have a whole province in its box and a hundred districts to draw: then the level leads to them.
"""

_LATE_COMMITS = 1000
"""Events among which one may become visible after a later one: ids are given out before they are committed."""


@cache
def statement(name: str) -> TextClause:
    """Return the statement kept in ``sql/<name>.sql``; its header says what goes in and what comes out."""
    return text(files("gis_service.database").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8"))


class TileRepository:
    """Layers of tiles, and what their keys are made of."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def levels_in(self, edition: int) -> set[str]:
        """Return the codes of the levels that have grids in an edition; empty when there is no such edition."""
        return set(self._session.scalars(select(grid.c.level).distinct().where(grid.c.editions.contains(edition))))

    def version_of_buildings(self) -> str:
        """Return what differs whenever buildings differ."""
        query = select(data_version.c.version).where(data_version.c.layer == "buildings")
        return str(self._session.scalar(query) or 0)

    def version_of_incidents(self) -> str:
        """Return what differs whenever incidents differ.

        The last event alone does not tell: an event can be committed after one with a greater id.  So the events near
        the end are counted too, and a late one changes the count.  The newest edition says who works on a root, and
        so who sees what has no owner.  Index-only.
        """
        last = select(func.coalesce(func.max(incident_event.c.id), 0)).scalar_subquery()
        newest_edition = select(func.coalesce(func.max(edition.c.number), 0)).scalar_subquery()
        query = select(func.coalesce(func.max(incident_event.c.id), 0), func.count(), newest_edition).where(
            incident_event.c.id > last - _LATE_COMMITS
        )
        newest, count, edition_number = self._session.execute(query).one()
        return f"{newest}.{count}.{edition_number}"

    def grids(
        self,
        layer: TileLayer,
        address: TileAddress,
        *,
        edition: int,
        level: str,
        coarser: Sequence[str],
        kind: str | None,
        band: int | None = None,
        among: Sequence[str] | None = None,
    ) -> bytes:
        """Return the layer grids or grid_labels: the level, and what stands in where coarser grids end.

        With a band, every grid has the shape made for it; it must have been made for this edition and level.
        ``among`` are the codes of the only grids that are drawn.
        """
        return self._encode(
            "tile_grids",
            layer,
            address,
            edition=edition,
            layer_name=layer.name,
            as_points=layer.geometry == "point",
            level=level,
            coarser=list(coarser),
            kind=kind,
            band=band,
            among=_listed(among),
        )

    def buildings(
        self, layer: TileLayer, address: TileAddress, *, edition: int, among: Sequence[str] | None = None
    ) -> bytes:
        """Return the layer buildings, each with its owner in the edition; of the owners ``among`` alone, if given."""
        return self._encode("tile_buildings", layer, address, edition=edition, among=_listed(among))

    def incidents(
        self,
        layer: TileLayer,
        address: TileAddress,
        *,
        scope: str | None,
        places_incidents: bool,
        filters: TileFilters,
    ) -> bytes:
        """Return the layer incidents one by one, within a scope; None is everything.

        Who places incidents sees those without an owner too, when the scope is a root that is in force.
        """
        return self._encode(
            "tile_incidents",
            layer,
            address,
            scope=scope,
            places_incidents=places_incidents,
            **_incident_filters(filters),
        )

    def incident_counts(
        self,
        layer: TileLayer,
        address: TileAddress,
        *,
        edition: int,
        level: str,
        coarser: Sequence[str],
        filters: TileFilters,
        among: Sequence[str] | None = None,
    ) -> bytes:
        """Return the layer incidents as counts by grid, small ones withheld; of ``among`` alone, if given."""
        return self._encode(
            "tile_incident_counts",
            layer,
            address,
            edition=edition,
            level=level,
            coarser=list(coarser),
            small_count=SMALL_COUNT,
            among=_listed(among),
            **_incident_filters(filters),
        )

    def _encode(self, name: str, layer: TileLayer, address: TileAddress, **values: object) -> bytes:
        told = {"z": address.z, "x": address.x, "y": address.y, "buffer": layer.buffer, **values}
        if name in _PLANNED_ONCE and address.z >= _PLANNED_ONCE[name]:
            return bytes(execute_prepared(self._session, name, statement(name), told).scalar_one())
        return bytes(self._session.execute(statement(name), told).scalar_one())


def _listed(codes: Sequence[str] | None) -> list[str] | None:
    return None if codes is None else list(codes)


def _incident_filters(filters: TileFilters) -> dict[str, str | list[str] | datetime | None]:
    return {
        "category": filters.category,
        "states": list(filters.states) or None,
        "since": filters.since,
        "until": filters.until,
    }
