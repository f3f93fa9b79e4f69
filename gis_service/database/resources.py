"""Stocks for emergencies, and places that help."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ARRAY, ColumnElement, Double, Select, Text, any_, cast, func, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as put_rows
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from gis_service.database.bulk import copy_rows, shape_texts
from gis_service.database.clearance import seen_by, stands_on
from gis_service.database.geometry import point_column, to_column
from gis_service.database.tables import SRID, resource, resource_kind
from gis_service.domain.access import Principal
from gis_service.domain.nearest_stock import StockNearby, StockQuestion
from gis_service.domain.resource import Resource, ResourceFilter, ResourceKind
from grid_boundaries.locate.nearest import box_around
from grid_boundaries.measure import GEOD

_PLAIN = ("code", "name", "kind", "quantity", "unit", "expires_on", "data_class")
_PUT: dict[str, TypeEngine[Any]] = {
    **{name: resource.c[name].type for name in _PLAIN},
    "lon": Double(),
    "lat": Double(),
}
_RESOURCE = (
    *(resource.c[name] for name in _PLAIN),
    func.ST_X(resource.c.point).label("lon"),
    func.ST_Y(resource.c.point).label("lat"),
)


class ResourceRepository:
    """Rows of ``resource`` and ``resource_kind``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count(self) -> int:
        """Return how many resources are stored."""
        return self._session.execute(select(func.count()).select_from(resource)).scalar_one()

    def kinds(self) -> list[ResourceKind]:
        """Return every kind, by code."""
        rows = self._session.execute(select(resource_kind).order_by(resource_kind.c.code)).mappings()
        return [ResourceKind(**row) for row in rows]

    def add_kinds(self, kinds: Sequence[ResourceKind]) -> None:
        """Store kinds whose codes are not yet there."""
        if kinds:
            self._session.execute(insert(resource_kind), [asdict(kind) for kind in kinds])

    def add_many(self, resources: Sequence[Resource]) -> None:
        """Store resources of known kinds whose codes are not yet there."""
        points = shape_texts(shapely.points([one.lon for one in resources], [one.lat for one in resources]))
        rows = (
            [*(getattr(one, name) for name in _PLAIN), point] for one, point in zip(resources, points, strict=True)
        )
        copy_rows(self._session, resource, (*_PLAIN, "point"), rows)

    def by_codes(self, codes: Collection[str]) -> dict[str, Resource]:
        """Return those of some resources that are there, by code."""
        is_asked = resource.c.code == any_(cast(list(codes), ARRAY(Text)))
        return {one.code: one for one in self._all(select(*_RESOURCE).where(is_asked))}

    def put_many(self, resources: Sequence[Resource]) -> None:
        """Store resources of known kinds, each in the place of the one with its code."""
        if not resources:
            return
        columns = [cast([getattr(one, name) for one in resources], ARRAY(kind)) for name, kind in _PUT.items()]
        news = func.unnest(*columns).table_valued(*_PUT).render_derived("news")
        point = func.ST_SetSRID(func.ST_MakePoint(news.c.lon, news.c.lat), SRID)
        given = select(*(news.c[name] for name in _PLAIN), point)
        put = put_rows(resource).from_select([*_PLAIN, "point"], given)
        values = {name: put.excluded[name] for name in (*_PLAIN, "point") if name != "code"}
        self._session.execute(put.on_conflict_do_update(index_elements=[resource.c.code], set_=values))

    def put_kinds(self, kinds: Sequence[ResourceKind]) -> None:
        """Store kinds, each in the place of the one with its code."""
        if not kinds:
            return
        put = put_rows(resource_kind)
        values = {"name": put.excluded.name, "name_en": put.excluded.name_en}
        put = put.on_conflict_do_update(index_elements=[resource_kind.c.code], set_=values)
        self._session.execute(put, [asdict(kind) for kind in kinds])

    def search(self, wanted: ResourceFilter, principal: Principal, edition: int) -> list[Resource]:
        """Return up to ``wanted.limit`` resources that the caller may see, by code; grids are those of an edition."""
        query = select(*_RESOURCE).where(seen_by(resource, principal, edition))
        if wanted.kind is not None:
            query = query.where(resource.c.kind == wanted.kind)
        if wanted.grid is not None:
            query = query.where(stands_on(resource, wanted.grid, edition))
        if wanted.bbox is not None:
            query = query.where(resource.c.point.intersects(func.ST_MakeEnvelope(*wanted.bbox, SRID)))
        if wanted.expires_before is not None:
            query = query.where(resource.c.expires_on < wanted.expires_before)
        if wanted.after is not None:
            query = query.where(resource.c.code > wanted.after)
        return self._all(query.order_by(resource.c.code).limit(wanted.limit))

    def in_area(self, area: BaseGeometry, principal: Principal, edition: int, limit: int) -> list[Resource]:
        """Return up to ``limit`` resources in an area, its edge included, that the caller may see; by code."""
        is_inside = func.ST_Intersects(resource.c.point, to_column(area))
        query = select(*_RESOURCE).where(is_inside, seen_by(resource, principal, edition))
        return self._all(query.order_by(resource.c.code).limit(limit))

    def units(self, kind: str, principal: Principal, edition: int) -> list[str]:
        """Return the units in which the caller sees a kind counted, in the order of the alphabet."""
        query = select(resource.c.unit).where(resource.c.kind == kind, seen_by(resource, principal, edition))
        return list(self._session.scalars(query.distinct().order_by(resource.c.unit)))

    def nearest(
        self, question: StockQuestion, principal: Principal, edition: int, *, least: float, count: int
    ) -> list[StockNearby]:
        """Return up to ``count`` stocks that have at least ``least``, the nearest first; of equals by code.

        The order of the index is that of degrees: as many of it as are wanted tell how far the true ones reach, and
        those are then sought in a box and measured on the ellipsoid.  Nothing is found across the 180th meridian.
        """
        conditions: list[ColumnElement[bool]] = [
            resource.c.kind == question.kind,
            resource.c.unit == question.unit,
            or_(resource.c.expires_on.is_(None), resource.c.expires_on >= question.usable_on),
            resource.c.quantity >= least,
            resource.c.quantity > 0,
            seen_by(resource, principal, edition),
        ]
        query = select(*_RESOURCE).where(*conditions)
        by_degrees = resource.c.point.distance_centroid(point_column(question.lon, question.lat))  # <->
        found = _measured(self._all(query.order_by(by_degrees).limit(count)), question)
        if len(found) < count:
            return found
        box = func.ST_MakeEnvelope(*box_around(question.lon, question.lat, found[-1].distance_m), SRID)
        return _measured(self._all(query.where(resource.c.point.intersects(box))), question)[:count]

    def _all(self, query: Select[Any]) -> list[Resource]:
        return [Resource(**row) for row in self._session.execute(query).mappings()]


def _measured(resources: Sequence[Resource], question: StockQuestion) -> list[StockNearby]:
    """Return resources with their distances, the nearest first."""
    lons, lats = np.array([one.lon for one in resources]), np.array([one.lat for one in resources])
    here = np.full(len(resources), question.lon), np.full(len(resources), question.lat)
    metres = GEOD.inv(*here, lons, lats)[2] if resources else ()
    nearby = [StockNearby(one, float(metre)) for one, metre in zip(resources, metres, strict=True)]
    return sorted(nearby, key=lambda one: (one.distance_m, one.resource.code))
