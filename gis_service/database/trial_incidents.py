"""Incidents of some time as rules on trial look at them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from gis_service.database.tables import grid, incident
from gis_service.domain.rule_trial import TrialIncident

_ROWS_AT_ONCE = 5_000

_ID_BITS_BELOW_TIME = 80
_LEEWAY = timedelta(minutes=5)
"""An id is made a moment before or after the instant of the report is taken."""


class TrialIncidentRepository:
    """Rows of ``incident`` with the kinds of their owners."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def newest(self, since: datetime, until: datetime, limit: int) -> Iterator[TrialIncident]:
        """Give up to ``limit`` incidents reported at ``since`` or later and before ``until``, the newest first."""
        owner = and_(grid.c.code == incident.c.owner, grid.c.editions.op("@>")(incident.c.edition))
        columns = [incident.c[name] for name in TrialIncident.__slots__ if name != "kind"]
        query = (
            select(*columns, grid.c.kind)
            .select_from(incident.outerjoin(grid, owner))
            # Ids rise with the instant of the report, and the index is on them.
            .where(
                incident.c.id >= _first_id(since - _LEEWAY),
                incident.c.id < _first_id(until + _LEEWAY),
                incident.c.reported_at >= since,
                incident.c.reported_at < until,
            )
            .order_by(incident.c.id.desc())
            .limit(limit)
        )
        for row in self._session.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)):
            yield TrialIncident(
                id=row.id,
                category=row.category,
                severity=row.severity,
                chain=tuple(row.chain),
                kind=row.kind,
                occurred_at=row.occurred_at,
                reported_at=row.reported_at,
            )


def _first_id(instant: datetime) -> UUID:
    """Return the smallest UUIDv7 of an instant (RFC 9562, 5.7: 48 bits of milliseconds come first)."""
    return UUID(int=max(int(instant.timestamp() * 1_000), 0) << _ID_BITS_BELOW_TIME)
