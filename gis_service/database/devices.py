"""Devices that watch, and when they were last seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ARRAY, ColumnElement, DateTime, Select, Text, cast, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from gis_service.database.bulk import copy_rows, shape_texts
from gis_service.database.clearance import seen_by, stands_on
from gis_service.database.geometry import to_column
from gis_service.database.tables import SRID, device, device_kind
from gis_service.domain.access import Principal
from gis_service.domain.device import Device, DeviceFilter, DeviceKind, DeviceState

_PLAIN = ("code", "name", "kind", "last_seen_at", "data_class")


def _is_silent(now: datetime) -> ColumnElement[bool]:
    """Return whether a device is silent at an instant; NULL for a kind that never reports."""
    silence = func.make_interval(0, 0, 0, 0, 0, 0, device_kind.c.silent_after_s)
    return or_(device.c.last_seen_at + silence < literal(now), device.c.last_seen_at.is_(None)) & (
        device_kind.c.silent_after_s > 0
    )


class DeviceRepository:
    """Rows of ``device`` and ``device_kind``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count(self) -> int:
        """Return how many devices are stored."""
        return self._session.execute(select(func.count()).select_from(device)).scalar_one()

    def kinds(self) -> list[DeviceKind]:
        """Return every kind, by code."""
        rows = self._session.execute(select(device_kind).order_by(device_kind.c.code)).mappings()
        return [DeviceKind(**row) for row in rows]

    def add_kinds(self, kinds: Sequence[DeviceKind]) -> None:
        """Store kinds whose codes are not yet there."""
        if kinds:
            self._session.execute(insert(device_kind), [asdict(kind) for kind in kinds])

    def add_many(self, devices: Sequence[Device]) -> None:
        """Store devices of known kinds whose codes are not yet there."""
        points = shape_texts(shapely.points([one.lon for one in devices], [one.lat for one in devices]))
        rows = ([*(getattr(one, name) for name in _PLAIN), point] for one, point in zip(devices, points, strict=True))
        copy_rows(self._session, device, (*_PLAIN, "point"), rows)

    def search(self, wanted: DeviceFilter, principal: Principal, edition: int, now: datetime) -> list[DeviceState]:
        """Return up to ``wanted.limit`` devices that the caller may see, by code; grids are those of an edition."""
        query = self._states(now).where(seen_by(device, principal, edition))
        if wanted.kind is not None:
            query = query.where(device.c.kind == wanted.kind)
        if wanted.grid is not None:
            query = query.where(stands_on(device, wanted.grid, edition))
        if wanted.bbox is not None:
            query = query.where(device.c.point.intersects(func.ST_MakeEnvelope(*wanted.bbox, SRID)))
        if wanted.is_silent is not None:
            query = query.where(_is_silent(now).is_(wanted.is_silent))
        if wanted.after is not None:
            query = query.where(device.c.code > wanted.after)
        return self._all(query.order_by(device.c.code).limit(wanted.limit))

    def in_area(
        self, area: BaseGeometry, principal: Principal, edition: int, *, now: datetime, limit: int
    ) -> list[DeviceState]:
        """Return up to ``limit`` devices in an area, its edge included, that the caller may see; by code."""
        is_inside = func.ST_Intersects(device.c.point, to_column(area))
        query = self._states(now).where(is_inside, seen_by(device, principal, edition))
        return self._all(query.order_by(device.c.code).limit(limit))

    def hear(self, heard: Mapping[str, datetime], principal: Principal, edition: int) -> set[str]:
        """Move on when devices were last seen, by code, never back; return those that the caller may see."""
        instants = cast(list(heard.values()), ARRAY(DateTime(timezone=True)))
        news = func.unnest(cast(list(heard), ARRAY(Text)), instants).table_valued("code", "at").render_derived("news")
        # In the order of their codes: two batches that lock the same devices do not wait for each other in a ring.
        known = (
            select(device.c.code, news.c.at)
            .join(news, news.c.code == device.c.code)
            .where(seen_by(device, principal, edition))
            .order_by(device.c.code)
            .with_for_update(of=device)
            .cte("known")
        )
        is_later = or_(device.c.last_seen_at.is_(None), device.c.last_seen_at < known.c.at)
        moved = update(device).where(device.c.code == known.c.code, is_later).values(last_seen_at=known.c.at)
        return set(self._session.scalars(select(known.c.code).add_cte(moved.returning(device.c.code).cte("moved"))))

    def _states(self, now: datetime) -> Select[Any]:
        point = (func.ST_X(device.c.point).label("lon"), func.ST_Y(device.c.point).label("lat"))
        columns = (*(device.c[name] for name in _PLAIN), *point, _is_silent(now).label("is_silent"))
        return select(*columns).join(device_kind, device_kind.c.code == device.c.kind)

    def _all(self, query: Select[Any]) -> list[DeviceState]:
        states = []
        for row in self._session.execute(query).mappings():
            values = dict(row)
            is_silent = values.pop("is_silent")
            states.append(DeviceState(Device(**values), is_silent))
        return states
