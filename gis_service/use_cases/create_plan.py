"""Begin a redraw."""

from __future__ import annotations

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.plan import Plan


def create_plan(title: str, principal: Principal, work: UnitOfWork) -> Plan:
    """Store an empty draft on top of the newest edition."""
    with work:
        latest = work.editions.latest()
        plan = work.plans.add(
            title=title, base_edition=None if latest is None else latest.number, created_by=principal.name
        )
        work.commit()
        return plan
