"""Take in many reports at once: in groups that are durable together, and one by one where a group fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.alarms import USUAL, AlarmShares
from gis_service.domain.place import Locate
from gis_service.errors import ServiceError, UnavailableError
from gis_service.use_cases.report_incident import IncidentRequest, Outcome, take_in

_log = structlog.get_logger(__name__)


def report_incidents(
    requests: Sequence[IncidentRequest],
    *,
    principal: Principal,
    locate: Locate,
    zone: ZoneInfo,
    now: datetime,
    work: UnitOfWork,
    alarms: AlarmShares = USUAL,
) -> list[Outcome]:
    """Store reports, and return what became of each, in their order; no report spoils another.

    They are one transaction.  Where that fails they are stored one by one, and what fails alone is told alone.  What
    is returned as stored is durable.

    Args:
        requests: each with a key that no other of them has.
        principal: as ``report_incident``, and so are all others.
        locate: see there.
        zone: see there.
        now: see there.
        work: see there.
        alarms: see there.

    Raises:
        UnavailableError: the database does not answer; of some reports it is not known whether they are stored.
    """
    store = partial(take_in, principal=principal, locate=locate, zone=zone, now=now, work=work, alarms=alarms)
    try:
        return store(requests)
    except UnavailableError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one of them
        if len(requests) == 1:
            return [_failure(error)]
    return [outcome for request in requests for outcome in _one(request, store)]


def _one(request: IncidentRequest, store: Callable[[Sequence[IncidentRequest]], list[Outcome]]) -> list[Outcome]:
    try:
        return store([request])
    except UnavailableError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it
        return [_failure(error)]


def _failure(error: Exception) -> ServiceError:
    if isinstance(error, ServiceError):
        return error
    _log.error("unexpected error in a batch", exc_info=error)
    return ServiceError("something went wrong here, and it has been logged", code="internal")
