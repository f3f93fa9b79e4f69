"""Devices that watch, and when they were last seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import shapely
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from gis_service.database.bulk import copy_rows, shape_texts
from gis_service.database.tables import device, device_kind
from gis_service.domain.device import Device, DeviceKind

_PLAIN = ("code", "name", "kind", "last_seen_at", "data_class")


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
