"""Read incidents, each caller their own ground."""

from __future__ import annotations

from uuid import UUID

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.incident import IncidentEvent, IncidentFilter, IncidentRecord
from gis_service.errors import NotFoundError
from gis_service.use_cases.refuse_unknown_category import refuse_unknown_category
from gis_service.use_cases.refuse_unknown_word import refuse_unused_grid


def read_incident(incident_id: UUID, principal: Principal, work: UnitOfWork) -> IncidentRecord:
    """Return one incident.

    Raises:
        NotFoundError: it is not there, or not for this caller.
    """
    with work:
        return incident_seen(incident_id, principal, work)


def read_events(incident_id: UUID, principal: Principal, work: UnitOfWork) -> list[IncidentEvent]:
    """Return what happened to an incident, the oldest first.

    Raises:
        NotFoundError: the incident is not there, or not for this caller.
    """
    with work:
        incident_seen(incident_id, principal, work)
        return work.incidents.events(incident_id)


def find_incidents(wanted: IncidentFilter, principal: Principal, work: UnitOfWork) -> list[IncidentRecord]:
    """Return the incidents that match and that the caller may see, the newest reported first.

    Raises:
        RuleBrokenError: codes ``unknown-category`` and ``unknown-grid``.
    """
    with work:
        refuse_unused_grid(wanted.grid, work)
        if wanted.category is not None:
            refuse_unknown_category(wanted.category, work.rules.categories_and_above())
        return work.incidents.search(wanted, principal)


def incident_seen(incident_id: UUID, principal: Principal, work: UnitOfWork) -> IncidentRecord:
    """Return one incident, inside a transaction already begun.

    Raises:
        NotFoundError: it is not there, or not for this caller.
    """
    record = work.incidents.get(incident_id, principal)
    if record is None:
        raise NotFoundError(f"incident {incident_id} is not there")
    return record
