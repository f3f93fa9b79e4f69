"""A small tree of grids with every case that tiles must get right: missing levels, childless grids, a wavy edge."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from uuid import UUID

import mapbox_vector_tile
import numpy as np
import shapely
from shapely.geometry import Polygon, box, shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import insert, select

from gis_service.database.geometry import point_column
from gis_service.database.tables import building, building_owner, category, data_version, grid_code, incident, level
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.incident import NewEvent
from gis_service.use_cases.generalise_edition import generalise_edition
from grid_boundaries.locate.shifts import wgs84_to_gcj02
from grid_boundaries.partition import Grid, on_lattice
from tiles.address import EXTENT, TileAddress
from tiles.layers import LAYERS, LevelBand, TileEdition, choose_level
from tiles.matrix_sets import WEB_MERCATOR, TileMatrixSet

BOUNDS = (102.70, 25.00, 102.78, 25.08)

LEVELS = (
    LevelBand("city", 0, 0, 6),
    LevelBand("district", 1, 7, 9),
    LevelBand("street", 2, 10, 11),
    LevelBand("community", 3, 12, 13),
    LevelBand("unit_grid", 4, 14, 16),
    LevelBand("micro_grid", 5, 17, 22),
)

EDITION = TileEdition(1, BOUNDS, LEVELS, frozenset({"district", "street", "community", "unit_grid", "micro_grid"}))

# What is drawn from each zoom on: a cut through the tree below.
DRAWN = {
    7: {"D"},
    10: {"S1", "S2", "K"},
    12: {"C1", "C2", "S2", "K"},
    14: {"U1", "U2", "C2", "S2", "K"},
    17: {"M1", "M2", "U2", "C2", "S2", "K"},
}


def wavy_edge() -> list[tuple[float, float]]:
    """Return the edge between U1 and U2 from south to north: 401 vertices about 11 m apart."""
    return [(102.72 + 0.0008 * math.sin(step / 7), 25.00 + step * 0.0001) for step in range(401)]


def grids() -> list[Grid]:
    """Return the tree.

    D is a district of three columns: S1 and S2 are streets, K is a community right under the district.  S1 is C1
    below C2; C1 is U1 west of U2 with the wavy edge between; U1 is M1 below M2.  S2, K, C2 and U2 have no children.
    """
    edge = wavy_edge()
    south, north = edge[:201], edge[200:]
    shapes: dict[str, tuple[str, str | None, BaseGeometry]] = {
        "D": ("district", None, box(*BOUNDS)),
        "S1": ("street", "D", box(102.70, 25.00, 102.74, 25.08)),
        "S2": ("street", "D", box(102.74, 25.00, 102.76, 25.08)),
        "K": ("community", "D", box(102.76, 25.00, 102.78, 25.08)),
        "C1": ("community", "S1", box(102.70, 25.00, 102.74, 25.04)),
        "C2": ("community", "S1", box(102.70, 25.04, 102.74, 25.08)),
        "U1": ("unit_grid", "C1", Polygon([(102.70, 25.04), (102.70, 25.00), *edge])),
        "U2": ("unit_grid", "C1", Polygon([*edge, (102.74, 25.04), (102.74, 25.00)])),
        "M1": ("micro_grid", "U1", Polygon([(102.70, 25.02), (102.70, 25.00), *south])),
        "M2": ("micro_grid", "U1", Polygon([(102.70, 25.04), (102.70, 25.02), *north])),
    }
    return [
        Grid(
            code=code,
            shape=on_lattice(drawn),
            level=of_level,
            parent=parent,
            name=f"网格{code}",
            kind="dedicated" if code == "U2" else "standard",
            households=400 if of_level == "unit_grid" else None,
        )
        for code, (of_level, parent, drawn) in shapes.items()
    ]


def publish(work: UnitOfWork, number: int, *, added: list[Grid], closed: tuple[str, ...] = ()) -> None:
    """Store an edition within a transaction already begun."""
    work.editions.append(
        number=number,
        effective_from=datetime(2026, 1, number, tzinfo=UTC),
        published_by="tests",
        note="",
        grid_count=len(added),
        checksum=str(number),
        certificate={},
        bounds=BOUNDS,
    )
    work.grids.publish(number, closed=closed, added=added, attributes={})
    generalise_edition(number, {*closed, *(one.code for one in added)}, work)


def store_ground(work: UnitOfWork) -> None:
    """Store the levels, edition 1 with the tree, and edition 2 in which C1 has lost its children."""
    with work:
        work._session.execute(
            insert(level),
            [
                {
                    "code": one.code,
                    "rank": one.rank,
                    "name": one.code,
                    "name_en": one.code,
                    "min_zoom": one.min_zoom,
                    "max_zoom": one.max_zoom,
                }
                for one in LEVELS
            ],
        )
        publish(work, 1, added=grids())
        publish(work, 2, added=[], closed=("U1", "U2", "M1", "M2"))
        work._session.execute(
            insert(category),
            [
                {"code": code, "name": code, "name_en": code}
                for code in ("dispute", "dispute.property", "disputed", "hazard")
            ],
        )
        work.commit()


def store_building(
    work: UnitOfWork, code: str, lon: float, lat: float, owner: str | None, *, households: int = 24
) -> None:
    """Store a building that is owned in edition 1 alone."""
    with work:
        work._session.execute(
            insert(building).values(
                code=code,
                name="",
                address="",
                use="home",
                storeys=6,
                households=households,
                point=point_column(lon, lat),
            )
        )
        if owner is not None:
            work._session.execute(
                insert(building_owner).values(building_code=code, editions="[1,2)", grid_code=owner)
            )
        work.commit()


def set_building_version(work: UnitOfWork, version: int) -> None:
    """Say that buildings have changed."""
    with work:
        work._session.execute(insert(data_version).values(layer="buildings", version=version))
        work.commit()


def store_incident(
    work: UnitOfWork,
    number: int,
    chain: list[str],
    *,
    lon: float = 102.71,
    lat: float = 25.01,
    state: str = "reported",
    of_category: str = "hazard",
    severity: str = "general",
    occurred_at: datetime = datetime(2026, 3, 1, tzinfo=UTC),
    reported_at: datetime | None = None,
) -> None:
    """Store an incident owned by the last grid of the chain; by none when the chain is empty."""
    with work:
        work._session.execute(
            insert(incident).values(
                id=UUID(int=number),
                state=state,
                category=of_category,
                severity=severity,
                channel="patrol",
                description="",
                point=point_column(lon, lat),
                occurred_at=occurred_at,
                reported_at=reported_at or occurred_at,
                reported_by="tests",
                owner=chain[-1] if chain else None,
                chain=chain,
                located_by="coordinate",
                explain={},
            )
        )
        work.commit()


def store_event(work: UnitOfWork, number: int, at: datetime, to_state: str, from_state: str | None = None) -> None:
    """Note that an incident has come to a state."""
    with work:
        work.incidents.add([], [NewEvent(UUID(int=number), at, to_state, "tests", from_state, to_state)])
        work.commit()


def feature_id(work: UnitOfWork, code: str) -> int:
    """Return the id that a grid has in tiles."""
    with work:
        found: int = work._session.execute(
            select(grid_code.c.feature_id).where(grid_code.c.code == code)
        ).scalar_one()
    return found


def tile_at(zoom: int, lon: float, lat: float, matrix: TileMatrixSet = WEB_MERCATOR) -> TileAddress:
    """Return the tile that holds a place; in GCJ-02 the one on which it is shown."""
    count = 1 << zoom
    if matrix.is_geographic:
        return TileAddress(zoom, int((lon + 180) / 180 * count), int((90 - lat) / 180 * count), matrix)
    if matrix.is_shifted:
        lon, lat = (float(one[0]) for one in wgs84_to_gcj02(np.array([lon]), np.array([lat])))
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return TileAddress(zoom, int((lon + 180) / 360 * count), int(y * count), matrix)


def features(tile: bytes, layer: str) -> list[dict]:
    """Return the features of a layer, geometry as GeoJSON in tile units with y down; none without the layer."""
    decoded = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True})
    return decoded.get(layer, {"features": []})["features"]


def shapes_by_code(tile: bytes, layer: str = "grids") -> dict[str, BaseGeometry]:
    """Return the geometry of each grid of a layer in tile units, y down."""
    return {one["properties"]["code"]: shape(one["geometry"]) for one in features(tile, layer)}


def vertices(geometry: BaseGeometry) -> set[tuple[float, float]]:
    """Return the vertices of a geometry."""
    return {(float(x), float(y)) for x, y in shapely.get_coordinates(geometry)}


def assert_drawn_alike(one: BaseGeometry, other: BaseGeometry) -> None:
    """Compare a grid in a tile as two encoders draw it: the same vertices but for those where it is cut.

    Where a slanting edge is cut, outside the tile, the two may round to neighbouring units.
    """
    cut_at = shapely.box(0, 0, EXTENT, EXTENT).buffer(LAYERS["grids"].buffer, join_style="mitre").boundary
    here, there = (
        {place for place in vertices(shown) if not shapely.intersects_xy(cut_at, *place)}
        for shown in (shapely.simplify(drawn, 0) for drawn in (one, other))
    )
    assert here == there
    assert shapely.hausdorff_distance(one, other) <= 1


def draw(work: UnitOfWork, address: TileAddress, *, layer: str = "grids", edition: int = 1, kind: str | None = None):
    """The bytes of one grid layer at the level that suits the zoom."""
    suiting = choose_level(EDITION.present_levels(), address.z)
    with work:
        return work.tiles.grids(
            LAYERS[layer],
            address,
            edition=edition,
            level=suiting.code,
            coarser=EDITION.coarser_than(suiting),
            kind=kind,
        )
