"""Features of the collections, filtered, counted and in pages; one order for each collection, by a unique key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, RowMapping, Select, and_, func, select
from sqlalchemy.orm import Session

from gis_service.database.geometry import to_column
from gis_service.database.grids import DECIMALS
from gis_service.database.incidents import seen_by
from gis_service.database.predicates import condition
from gis_service.database.tables import building, building_cell, building_owner, edition, grid, incident
from gis_service.domain.access import Principal
from gis_service.domain.edition import Bounds
from gis_service.domain.feature import GEOMETRY, Collection, FeatureFilter, FeatureRecord
from gis_service.domain.time_span import TimeSpan

_CELLS_PER_DEGREE = 128  # of building_cell


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the features of a collection are: ``key`` orders them, ``conditions`` hold whatever is asked for."""

    rows: FromClause
    key: ColumnElement[Any]
    shape: ColumnElement[Any]
    columns: Mapping[str, ColumnElement[Any]]
    conditions: tuple[ColumnElement[bool], ...] = ()
    moment: ColumnElement[Any] | None = None
    is_descending: bool = False


class FeatureRepository:
    """Rows of ``grid``, ``building`` and ``incident`` as features."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def editions_in(self, times: TimeSpan | None) -> tuple[int, int]:
        """Return the first and the last edition in force in a stretch of time, None being now; 0, 0 for none."""
        first = select(func.max(edition.c.number))
        if times is None:
            now = self._session.scalar(first.where(edition.c.effective_from <= func.clock_timestamp()))
            return (now, now) if now else (0, 0)
        last = first if times.end is None else first.where(edition.c.effective_from <= times.end)
        last_number = self._session.scalar(last)
        if not last_number:
            return 0, 0
        if times.start is None:
            return 1, last_number
        return self._session.scalar(first.where(edition.c.effective_from <= times.start)) or 1, last_number

    def first_in_force(self) -> datetime | None:
        """Return since when there are grids; None before the first edition."""
        since: datetime | None = self._session.scalar(select(func.min(edition.c.effective_from)))
        return since

    def bounds_of_buildings(self) -> Bounds | None:
        """Return a box in degrees around all buildings, 1/128 degree too wide at most; None without any."""
        column, row = building_cell.c.column_number, building_cell.c.row_number
        query = select(func.min(column), func.min(row), func.max(column) + 1, func.max(row) + 1)
        query = query.where(building_cell.c.buildings > 0)
        west, south, east, north = self._session.execute(query).one()
        if west is None:
            return None
        size = 1 / _CELLS_PER_DEGREE
        return west * size, south * size, east * size, north * size

    def page(
        self,
        collection: Collection,
        wanted: FeatureFilter,
        principal: Principal,
        *,
        after: str | None = None,
        limit: int,
    ) -> list[FeatureRecord]:
        """Return up to ``limit`` features that match, in the collection's order, behind the one named ``after``."""
        source = _source(collection, wanted.editions, principal)
        query = _matching(_records(source), source, wanted)
        if after is not None:
            key: str | UUID = UUID(after) if collection.is_restricted else after
            query = query.where(source.key < key if source.is_descending else source.key > key)
        order = source.key.desc() if source.is_descending else source.key
        rows = self._session.execute(query.order_by(order).limit(limit)).mappings()
        return [_to_record(row) for row in rows]

    def count(self, collection: Collection, wanted: FeatureFilter, principal: Principal) -> int:
        """Return how many features match."""
        source = _source(collection, wanted.editions, principal)
        query = _matching(select(func.count()).select_from(source.rows), source, wanted)
        return self._session.scalar(query) or 0

    def get(
        self, collection: Collection, name: str, editions: tuple[int, int], principal: Principal
    ) -> FeatureRecord | None:
        """Return one feature by its id; None when it is not there or not for this caller."""
        source = _source(collection, editions, principal)
        key: str | UUID = UUID(name) if collection.is_restricted else name
        query = _matching(_records(source), source, FeatureFilter()).where(source.key == key)
        row = self._session.execute(query).mappings().one_or_none()
        return None if row is None else _to_record(row)


def _records(source: _Source) -> Select[Any]:
    columns = [column.label(name) for name, column in source.columns.items()]
    geometry = func.ST_AsGeoJSON(source.shape, DECIMALS).label(GEOMETRY)
    return select(source.key.label("feature_key"), *columns, geometry).select_from(source.rows)


def _matching(query: Select[Any], source: _Source, wanted: FeatureFilter) -> Select[Any]:
    query = query.where(*source.conditions)
    if wanted.predicate is not None:
        query = query.where(condition(wanted.predicate, {**source.columns, GEOMETRY: source.shape}))
    if wanted.area is not None:
        query = query.where(func.ST_Intersects(source.shape, to_column(wanted.area)))
    if wanted.times is not None and source.moment is not None:
        if wanted.times.start is not None:
            query = query.where(source.moment >= wanted.times.start)
        if wanted.times.end is not None:
            query = query.where(source.moment <= wanted.times.end)
    return query


def _to_record(row: RowMapping) -> FeatureRecord:
    properties = dict(row)
    return FeatureRecord(
        id=str(properties.pop("feature_key")), geometry=properties.pop(GEOMETRY), properties=properties
    )


def _source(collection: Collection, editions: tuple[int, int], principal: Principal) -> _Source:
    names = [one.name for one in collection.properties]
    if collection.name == "grids":
        return _Source(
            rows=grid,
            key=grid.c.code,
            shape=grid.c.shape,
            columns={name: grid.c[name] for name in names},
            conditions=(_alive(editions),),
        )
    if collection.name == "buildings":
        owned = and_(
            building_owner.c.building_code == building.c.code, building_owner.c.editions.contains(editions[1])
        )
        own = {name: building.c[name] for name in names if name != "grid"}
        return _Source(
            rows=building.outerjoin(building_owner, owned),
            key=building.c.code,
            shape=building.c.point,
            columns={**own, "grid": building_owner.c.grid_code},
            conditions=(building.c.retired_at.is_(None),),
        )
    return _Source(
        rows=incident,
        key=incident.c.id,
        shape=incident.c.point,
        columns={name: incident.c[name] for name in names},
        conditions=(seen_by(principal),),
        moment=incident.c.occurred_at,
        is_descending=True,
    )


def _alive(editions: tuple[int, int]) -> ColumnElement[bool]:
    """Return the condition for rows of any of the editions, of each code the last: a feature comes once."""
    first, last = editions
    if first == last:
        return grid.c.editions.contains(last)
    later = grid.alias("later")
    begins = func.lower(later.c.editions)
    follows = and_(later.c.code == grid.c.code, begins >= func.upper(grid.c.editions), begins <= last)
    meets = grid.c.editions.op("&&", is_comparison=True)(func.int4range(first, last, "[]"))
    return and_(meets, ~select(later.c.id).where(follows).exists())
