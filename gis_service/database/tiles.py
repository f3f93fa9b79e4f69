"""The layers of a tile as PostGIS encodes them; one fixed text for each, so that a plan is a plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy import Result, TextClause, select, text
from sqlalchemy.orm import Session

from gis_service.database.geometry import from_binary
from gis_service.database.held_tiles import encode_found
from gis_service.database.prepared import Planning, execute_prepared
from gis_service.database.tables import SRID, data_version, grid
from gis_service.domain.access import PUBLIC, Principal
from gis_service.domain.incident_count import whole_months
from gis_service.domain.indicator import SMALL_COUNT
from gis_service.domain.map_shift import ground_of
from tiles.address import TileAddress
from tiles.filters import TileFilters
from tiles.layers import SINGLE_ZOOM, TRACK_GAP_M, TRACK_GAP_S, TileLayer, choose_cell_zoom
from tiles.matrix_sets import WEB_MERCATOR

_BY_MERCATOR_CELLS = frozenset({"tile_incident_clusters"})
"""Statements that place features in tiles of Web Mercator themselves."""

_ONCE_FROM = {
    "tile_buildings": 16,
    "tile_devices": 12,
    "tile_grids": 12,
    "tile_incident_counts": 15,
    "tile_incidents": 15,
    "tile_indicators": 12,
    "tile_resources": 12,
}
"""Statements with the zoom from which one plan does for all tiles; below, and all others, each tile has its own.

A plan that is made without the box takes it for small: of many features it looks up owner or chain one by one, where
reading them all at once is three times as quick.  docs/performance.md has the figures.
"""


@cache
def statement(name: str) -> TextClause:
    """Return the statement kept in ``sql/<name>.sql``; its header says what goes in and what comes out."""
    return text(files("gis_service.database").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8"))


def planning_of(name: str, detail: int) -> Planning:
    """Return how often a statement is planned for tiles of a detail."""
    once_from = _ONCE_FROM.get(name)
    return Planning.ONCE if once_from is not None and detail >= once_from else Planning.EACH_TIME


def tile_values(address: TileAddress, buffer: int) -> dict[str, float | int]:
    """Return what every statement of a tile takes: its frame, the box in which features are sought, its buffer.

    Degrees of CGCS2000 are those that are stored (decision 4), so PostGIS has nothing to transform.
    """
    west, south, east, north = address.frame
    box_west, box_south, box_east, box_north = ground_of(address, buffer)
    return {
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "srid": SRID if address.matrix.is_geographic else address.matrix.srid,
        "box_west": box_west,
        "box_south": box_south,
        "box_east": box_east,
        "box_north": box_north,
        "buffer": buffer,
    }


@dataclass(frozen=True, slots=True)
class DrawnGrid:
    """A grid that tiles draw: ``sign`` is the same in two editions when they draw it alike; ``shape`` in degrees."""

    code: str
    sign: tuple[int, int, int]
    shape: BaseGeometry


class TileRepository:
    """Layers of tiles, and what their keys are made of.

    ``dropped`` counts the features that a layer's ``most_features`` left out, of each layer that lacks some.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.dropped: dict[str, int] = {}

    def levels_in(self, edition: int) -> set[str]:
        """Return the codes of the levels that have grids in an edition; empty when there is no such edition."""
        return set(self._session.scalars(select(grid.c.level).distinct().where(grid.c.editions.contains(edition))))

    def drawn_among(
        self, edition: int, codes: Collection[str], *, level: str, coarser: Sequence[str], band: int | None
    ) -> list[DrawnGrid]:
        """Return those of some grids and of their children that tiles of an edition draw, with exact shapes."""
        values = {
            "edition": edition,
            "codes": sorted(codes),
            "level": level,
            "coarser": list(coarser),
            "band": band,
        }
        rows = self._session.execute(statement("drawn_among"), values)
        return [DrawnGrid(row.code, (row.id, row.under, row.since), from_binary(bytes(row.shape))) for row in rows]

    def version_of(self, layer: str) -> str:
        """Return what differs whenever the own tables of indicators, resources, devices or tracks differ."""
        return str(self._session.scalar(select(data_version.c.version).where(data_version.c.layer == layer)) or 0)

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

    def incident_clusters(
        self,
        layer: TileLayer,
        address: TileAddress,
        *,
        scope: str | None,
        places_incidents: bool,
        filters: TileFilters,
    ) -> bytes:
        """Return the layer incidents as one feature for each cell of a zoom, of what ``incidents`` would show."""
        return self._encode(
            "tile_incident_clusters",
            layer,
            address,
            scope=scope,
            places_incidents=places_incidents,
            single_zoom=SINGLE_ZOOM,
            detail=address.detail,
            x=address.x,
            y=address.y,
            **_incident_filters(filters),
        )

    def hotspots(
        self,
        layer: TileLayer,
        address: TileAddress,
        *,
        scope: str | None,
        places_incidents: bool,
        filters: TileFilters,
    ) -> bytes:
        """Return the layer hotspots: cells with how many incidents are in them, of what ``incidents`` would show."""
        return self._encode(
            "tile_hotspots",
            layer,
            address,
            scope=scope,
            places_incidents=places_incidents,
            cell_zoom=choose_cell_zoom(address.detail),
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
        """Return the layer incidents as rounded counts by grid; of ``among`` alone, if given.

        Months count as a whole when the filters meet them; the filter by state is not heeded.
        """
        since, until = whole_months(filters.since, filters.until)
        return self._encode(
            "tile_incident_counts",
            layer,
            address,
            edition=edition,
            level=level,
            coarser=list(coarser),
            among=_listed(among),
            category=filters.category,
            since=since,
            until=until,
            as_of=filters.as_of,
        )

    def indicators(
        self,
        layer: TileLayer,
        address: TileAddress,
        *,
        edition: int,
        level: str,
        coarser: Sequence[str],
        countable: Sequence[str],
        band: int | None,
        principal: Principal,
        among: Sequence[str] | None = None,
    ) -> bytes:
        """Return the layer indicators: the grids that ``grids`` draws, with counts and the values a caller may see.

        ``countable`` are the levels by whose grids incidents are counted.
        """
        return self._encode(
            "tile_indicators",
            layer,
            address,
            edition=edition,
            level=level,
            coarser=list(coarser),
            countable=list(countable),
            counts_exactly=principal.role != PUBLIC.role,
            small_count=SMALL_COUNT,
            band=band,
            data_classes=list(principal.data_classes),
            scope=principal.scope,
            among=_listed(among),
        )

    def things(
        self,
        layer: TileLayer,
        address: TileAddress,
        *,
        edition: int,
        kind: str | None,
        principal: Principal,
        among: Sequence[str] | None = None,
    ) -> bytes:
        """Return those of the layer resources or devices that a caller may see, of a kind if given.

        ``among`` are the grids on whose ground alone any is drawn.
        """
        return self._encode(
            f"tile_{layer.name}",
            layer,
            address,
            edition=edition,
            kind=kind,
            data_classes=list(principal.data_classes),
            scope=principal.scope,
            among=_listed(among),
        )

    def tracks(
        self, layer: TileLayer, address: TileAddress, *, edition: int, scope: str | None, filters: TileFilters
    ) -> bytes:
        """Return the layer tracks of the staff that serves a subtree; None is everyone."""
        return self._encode(
            "tile_tracks",
            layer,
            address,
            edition=edition,
            scope=scope,
            since=filters.since,
            until=filters.until,
            gap_s=TRACK_GAP_S,
            gap_m=TRACK_GAP_M,
        )

    def _encode(self, name: str, layer: TileLayer, address: TileAddress, **values: object) -> bytes:
        values |= tile_values(address, layer.buffer) | {"most_features": layer.most_features}
        written = statement(name)
        if address.matrix.is_shifted or (name in _BY_MERCATOR_CELLS and address.matrix is not WEB_MERCATOR):
            body, dropped = encode_found(self._session, written.text, values, layer, address)
        else:
            row: Sequence[Any] = self._execute(name, address, values).one()
            body, dropped = row[0], row[1] if len(row) > 1 else 0
        if dropped:
            self.dropped[layer.name] = dropped
        return bytes(body)

    def _execute(self, name: str, address: TileAddress, values: Mapping[str, object]) -> Result[Any]:
        connection = self._session.connection()
        return execute_prepared(connection, name, statement(name), values, planning_of(name, address.detail))


def _listed(codes: Sequence[str] | None) -> list[str] | None:
    return None if codes is None else list(codes)


def _incident_filters(filters: TileFilters) -> dict[str, str | list[str] | datetime | None]:
    return {
        "category": filters.category,
        "states": list(filters.states) or None,
        "since": filters.since,
        "until": filters.until,
        "as_of": filters.as_of,
    }
