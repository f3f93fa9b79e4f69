from datetime import date

from sqlalchemy import select

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
