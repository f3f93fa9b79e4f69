"""Begin a redraw."""

from __future__ import annotations

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.plan import Plan
from gis_service.errors import InputFault, RuleBrokenError


def create_plan(title: str, principal: Principal, work: UnitOfWork, *, base_edition: int | None = None) -> Plan:
    """Store an empty draft on top of an edition, the newest one when none is named.

    Raises:
        RuleBrokenError: there is no such edition.
    """
    with work:
        latest = work.editions.latest()
        newest = None if latest is None else latest.number
        if base_edition is not None and (newest is None or not 1 <= base_edition <= newest):
            sentence = f"there is no edition {base_edition}; see /v1/editions"
            raise RuleBrokenError(sentence, code="no-edition", faults=[InputFault("/base_edition", sentence)])
        plan = work.plans.add(
            title=title, base_edition=newest if base_edition is None else base_edition, created_by=principal.name
        )
        work.commit()
        return plan
