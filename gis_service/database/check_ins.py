"""Check-ins of workers at buildings."""

from __future__ import annotations

from sqlalchemy import ARRAY, ColumnElement, Text, cast, func, insert, select
from sqlalchemy.orm import Session

from gis_service.database.geometry import point_column
from gis_service.database.tables import check_in
from gis_service.domain.access import Principal
from gis_service.domain.check_in import CheckInFilter, CheckInRecord

_PLAIN = (
    "id", "worker", "building_code", "entrance", "accuracy_m", "at", "received_at", "distance_m", "allowed_m",
    "accepted", "edition", "owner",
)  # fmt: skip


class CheckInRepository:
    """Rows of ``check_in``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, one: CheckInRecord) -> None:
        """Store a check-in."""
        plain = {name: getattr(one, name) for name in _PLAIN}
        self._session.execute(
            insert(check_in).values(**plain, point=point_column(one.lon, one.lat), chain=list(one.chain))
        )

    def search(self, wanted: CheckInFilter, principal: Principal) -> list[CheckInRecord]:
        """Return up to ``wanted.limit`` check-ins on the caller's ground, the newest received first."""
        point = (func.ST_X(check_in.c.point).label("lon"), func.ST_Y(check_in.c.point).label("lat"))
        query = select(*(check_in.c[name] for name in _PLAIN), *point, check_in.c.chain)
        for code in (principal.scope, wanted.grid):
            if code is not None:
                query = query.where(_lies_under(code))
        if wanted.worker is not None:
            query = query.where(check_in.c.worker == wanted.worker)
        if wanted.since is not None:
            query = query.where(check_in.c.at >= wanted.since)
        if wanted.accepted is not None:
            query = query.where(check_in.c.accepted == wanted.accepted)
        if wanted.before is not None:
            query = query.where(check_in.c.id < wanted.before)
        rows = self._session.execute(query.order_by(check_in.c.id.desc()).limit(wanted.limit)).mappings()
        return [CheckInRecord(**{**row, "chain": tuple(row["chain"])}) for row in rows]


def _lies_under(code: str) -> ColumnElement[bool]:
    # Written so that the GIN index on the chain serves it.
    return check_in.c.chain.op("@>", is_comparison=True)(cast([code], ARRAY(Text)))
