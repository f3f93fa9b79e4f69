"""Who serves which grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from sqlalchemy import ARRAY, Text, cast, func, insert, or_, select
from sqlalchemy.orm import Session

from gis_service.database.tables import staff
from gis_service.domain.staff import StaffMember


class StaffRepository:
    """Rows of ``staff``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_many(self, members: Sequence[StaffMember]) -> None:
        """Store people on duty; their grids must be known."""
        if members:
            self._session.execute(insert(staff), [asdict(member) for member in members])

    def list_ids(self) -> list[int]:
        """Return the ids of all people, in the order in which they were stored."""
        return list(self._session.scalars(select(staff.c.id).order_by(staff.c.id)))

    def on_duty(self, grids: Sequence[str], day: date, limit: int) -> list[StaffMember]:
        """Return up to ``limit`` people who serve some grids on a day; as the grids come, by role and name."""
        asked = func.unnest(cast(list(grids), ARRAY(Text))).table_valued("code", with_ordinality="place")
        asked = asked.render_derived(name="asked")
        columns = (staff.c.name, staff.c.role, staff.c.grid_code, staff.c.since, staff.c.phone, staff.c.until)
        query = (
            select(*columns)
            .join(asked, asked.c.code == staff.c.grid_code)
            .where(staff.c.since <= day, or_(staff.c.until.is_(None), staff.c.until > day))
            .order_by(asked.c.place, staff.c.role, staff.c.name, staff.c.id)
            .limit(limit)
        )
        return [StaffMember(**row) for row in self._session.execute(query).mappings()]
