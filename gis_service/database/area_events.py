"""Warnings for a piece of ground."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from geoalchemy2 import WKBElement
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, Row, and_, exists, func, not_, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gis_service.database.geometry import from_column, to_column, to_multipolygon
from gis_service.database.tables import area_event, building, building_owner, grid
from gis_service.domain.access import Principal
from gis_service.domain.area_event import AreaBuilding, AreaEvent, Warned

_WARNED = ("title", "kind", "severity", "since", "until", "note")
_KEPT = ("id", "raised_at", "raised_by", "ended_at", "ended_by", "end_note")
_COLUMNS = [*(area_event.c[name] for name in (*_WARNED, *_KEPT)), area_event.c.area]


def _to_event(row: Row[*tuple[Any, ...]]) -> AreaEvent:
    warned = Warned(**{name: getattr(row, name) for name in _WARNED}, area=from_column(row.area))
    return AreaEvent(**{name: getattr(row, name) for name in _KEPT}, warned=warned)


def _shares_ground(area: ColumnElement[Any] | WKBElement) -> ColumnElement[bool]:
    """Return the condition that a grid and an area have more in common than an edge or a corner."""
    return and_(func.ST_Intersects(grid.c.shape, area), not_(func.ST_Touches(grid.c.shape, area)))


class AreaEventRepository:
    """Rows of ``area_event``; a caller with a scope sees those that share ground with it in an edition."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, event: AreaEvent, key: str, request_hash: bytes) -> bool:
        """Store an event; False when the same caller has used the key before, even a moment ago."""
        values = {name: getattr(event.warned, name) for name in _WARNED} | {
            "area": to_multipolygon(event.warned.area)
        }
        kept = {"id": event.id, "raised_at": event.raised_at, "raised_by": event.raised_by}
        statement = insert(area_event).values(**values, **kept, key=key, request_hash=request_hash)
        unique = statement.on_conflict_do_nothing(index_elements=["raised_by", "key"])
        return self._session.scalar(unique.returning(area_event.c.id)) is not None

    def find_key(self, raised_by: str, key: str) -> tuple[AreaEvent, bytes] | None:
        """Return the event for which a key was used, and the hash of its request."""
        query = select(*_COLUMNS, area_event.c.request_hash)
        row = self._session.execute(
            query.where(area_event.c.raised_by == raised_by, area_event.c.key == key)
        ).one_or_none()
        return None if row is None else (_to_event(row), bytes(row.request_hash))

    def get(self, event_id: UUID, principal: Principal, edition: int) -> AreaEvent | None:
        """Return one event; None when it is not there or not for this caller."""
        query = select(*_COLUMNS).where(area_event.c.id == event_id, _seen_by(principal, edition))
        row = self._session.execute(query).one_or_none()
        return None if row is None else _to_event(row)

    def search(
        self,
        principal: Principal,
        edition: int,
        *,
        now: datetime,
        is_active: bool | None,
        before: UUID | None,
        limit: int,
    ) -> list[AreaEvent]:
        """Return up to ``limit`` events, the newest raised first; of all of them for ``is_active`` None."""
        active = and_(
            area_event.c.ended_at.is_(None),
            area_event.c.since <= now,
            or_(area_event.c.until.is_(None), area_event.c.until > now),
        )
        query = select(*_COLUMNS).where(_seen_by(principal, edition))
        if is_active is not None:
            query = query.where(active if is_active else not_(active))
        if before is not None:
            query = query.where(area_event.c.id < before)
        return [_to_event(row) for row in self._session.execute(query.order_by(area_event.c.id.desc()).limit(limit))]

    def end(self, event_id: UUID, at: datetime, ended_by: str, note: str) -> bool:
        """End an event; False when it is ended already."""
        ending = update(area_event).where(area_event.c.id == event_id, area_event.c.ended_at.is_(None))
        ended = self._session.scalar(
            ending.values(ended_at=at, ended_by=ended_by, end_note=note).returning(area_event.c.id)
        )
        return ended is not None

    def is_on_ground(self, area: BaseGeometry, code: str, edition: int) -> bool:
        """Say whether an area shares ground with a grid of an edition."""
        found = exists().where(
            grid.c.code == code, grid.c.editions.contains(edition), _shares_ground(to_column(area))
        )
        return bool(self._session.scalar(select(found)))

    def buildings_in(self, area: BaseGeometry, edition: int, limit: int) -> Sequence[AreaBuilding]:
        """Return up to ``limit`` buildings in an area, edge included, with their owners in an edition; by code."""
        owned = and_(building_owner.c.building_code == building.c.code, building_owner.c.editions.contains(edition))
        query = (
            select(
                *(building.c[name] for name in ("code", "name", "address", "households")),
                func.ST_X(building.c.point).label("lon"),
                func.ST_Y(building.c.point).label("lat"),
                building_owner.c.grid_code.label("owner"),
            )
            .select_from(building.outerjoin(building_owner, owned))
            .where(func.ST_Intersects(building.c.point, to_column(area)), building.c.retired_at.is_(None))
            .order_by(building.c.code)
            .limit(limit)
        )
        return [AreaBuilding(**row) for row in self._session.execute(query).mappings()]


def _seen_by(principal: Principal, edition: int) -> ColumnElement[bool]:
    if principal.scope is None:
        return true()
    return exists().where(
        grid.c.code == principal.scope,
        grid.c.editions.contains(edition),
        _shares_ground(area_event.c.area),
    )
