"""Stocks for emergencies, and places that help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import shapely
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from gis_service.database.bulk import copy_rows, shape_texts
from gis_service.database.tables import resource, resource_kind
from gis_service.domain.resource import Resource, ResourceKind

_PLAIN = ("code", "name", "kind", "quantity", "unit", "expires_on", "data_class")


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
