from datetime import date

import pytest
from sqlalchemy import exc, select

from gis_service.database.integrity import refusal_for
from gis_service.database.tables import staff
from gis_service.domain.staff import StaffMember


def test_people_on_duty_are_stored(ground):
    """A head without end, a worker with one."""
    head = StaffMember("杨某", "head", "D07", date(2025, 1, 1), "0871-000")
    worker = StaffMember("李某", "worker", "D07A", date(2025, 3, 1), until=date(2025, 9, 1))
    with ground as work:
        work.staff.add_many([head, worker])

        rows = work.staff._session.execute(select(staff).order_by(staff.c.id)).mappings()
        stored = [StaffMember(**{name: row[name] for name in StaffMember.__slots__}) for row in rows]

    assert stored == [head, worker]


def test_nobody_is_stored_without_complaint(ground):
    """An empty list changes nothing."""
    with ground as work:
        work.staff.add_many([])

        assert work.staff._session.execute(select(staff)).all() == []


def test_the_database_itself_refuses_a_second_head(ground):
    """As two requests at the same moment would have it; after the last day of the first there may be one."""
    with ground as work:
        work.staff.add(StaffMember("a", "head", "D07", date(2025, 1, 1), until=date(2026, 1, 1)))
        work.staff.add(StaffMember("b", "head", "D07", date(2026, 1, 1)))
        with pytest.raises(exc.IntegrityError) as caught:
            work.staff.add(StaffMember("c", "head", "D07", date(2027, 1, 1)))

    assert refusal_for(caught.value).code == "head-taken"
