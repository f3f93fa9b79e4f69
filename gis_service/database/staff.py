"""Who serves which grid."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, RowMapping, Text, and_, cast, func, insert, or_, select, update
from sqlalchemy.orm import Session

from gis_service.database.subtree import codes_under
from gis_service.database.tables import staff
from gis_service.domain.staff import Assignment, StaffFilter, StaffMember

_MEMBER = tuple(staff.c[name] for name in StaffMember.__slots__)
_ASSIGNMENT = (staff.c.id, staff.c.version, *_MEMBER)


class StaffRepository:
    """Rows of ``staff``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_many(self, members: Sequence[StaffMember]) -> None:
        """Store people on duty; their grids must be known."""
        if members:
            self._session.execute(insert(staff), [asdict(member) for member in members])

    def add(self, member: StaffMember) -> Assignment:
        """Store one person on duty, whose grid must be known, and return the assignment."""
        row = self._session.execute(insert(staff).values(**asdict(member)).returning(*_ASSIGNMENT)).mappings().one()
        return _to_assignment(row)

    def list_ids(self) -> list[int]:
        """Return the ids of all people, in the order in which they were stored."""
        return list(self._session.scalars(select(staff.c.id).order_by(staff.c.id)))

    def on_duty(self, grids: Sequence[str], day: date, limit: int) -> list[StaffMember]:
        """Return up to ``limit`` people who serve some grids on a day; as the grids come, by role and name."""
        asked = func.unnest(cast(list(grids), ARRAY(Text))).table_valued("code", with_ordinality="place")
        asked = asked.render_derived(name="asked")
        query = (
            select(*_MEMBER)
            .join(asked, asked.c.code == staff.c.grid_code)
            .where(_serves_on(day))
            .order_by(asked.c.place, staff.c.role, staff.c.name, staff.c.id)
            .limit(limit)
        )
        return [StaffMember(**row) for row in self._session.execute(query).mappings()]

    def serving(self, grids: Collection[str], day: date) -> list[Assignment]:
        """Return the assignments of some grids that hold on a day, by id."""
        query = select(*_ASSIGNMENT).where(staff.c.grid_code.in_(grids), _serves_on(day)).order_by(staff.c.id)
        return [_to_assignment(row) for row in self._session.execute(query).mappings()]

    def search(self, wanted: StaffFilter, scope: str | None, edition: int) -> list[Assignment]:
        """Return up to ``wanted.limit`` assignments on the ground of a scope in an edition, by id."""
        query = select(*_ASSIGNMENT)
        for code in (scope, wanted.grid):
            if code is not None:
                query = query.where(staff.c.grid_code.in_(codes_under(code, edition)))
        if wanted.role is not None:
            query = query.where(staff.c.role == wanted.role)
        if wanted.day is not None:
            query = query.where(_serves_on(wanted.day))
        if wanted.after is not None:
            query = query.where(staff.c.id > wanted.after)
        rows = self._session.execute(query.order_by(staff.c.id).limit(wanted.limit)).mappings()
        return [_to_assignment(row) for row in rows]

    def find(self, ids: Collection[int], scope: str | None, edition: int) -> dict[int, Assignment]:
        """Return those of some assignments that lie on the ground of a scope in an edition, by id."""
        query = select(*_ASSIGNMENT).where(staff.c.id.in_(ids))
        if scope is not None:
            query = query.where(staff.c.grid_code.in_(codes_under(scope, edition)))
        return {row["id"]: _to_assignment(row) for row in self._session.execute(query).mappings()}

    def lock(self, staff_id: int) -> None:
        """Keep others from changing an assignment until the transaction ends."""
        self._session.execute(select(staff.c.id).where(staff.c.id == staff_id).with_for_update())

    def change(self, staff_id: int, values: Mapping[str, Any]) -> Assignment:
        """Change an assignment that is there, and return it."""
        changed = update(staff).where(staff.c.id == staff_id).values(**values, version=staff.c.version + 1)
        return _to_assignment(self._session.execute(changed.returning(*_ASSIGNMENT)).mappings().one())

    def other_head(self, member: StaffMember, staff_id: int | None) -> Assignment | None:
        """Return who else is head of a member's grid on a day on which the member serves; the earliest of several."""
        meets = [or_(staff.c.until.is_(None), staff.c.until > member.since)]
        if member.until is not None:
            meets.append(staff.c.since < member.until)
        if staff_id is not None:
            meets.append(staff.c.id != staff_id)
        is_head = staff.c.grid_code == member.grid_code, staff.c.role == "head"
        query = select(*_ASSIGNMENT).where(*is_head, *meets).order_by(staff.c.since).limit(1)
        row = self._session.execute(query).mappings().one_or_none()
        return None if row is None else _to_assignment(row)


def _serves_on(day: date) -> ColumnElement[bool]:
    return and_(staff.c.since <= day, or_(staff.c.until.is_(None), staff.c.until > day))


def _to_assignment(row: RowMapping) -> Assignment:
    return Assignment(row["id"], row["version"], StaffMember(**{name: row[name] for name in StaffMember.__slots__}))
