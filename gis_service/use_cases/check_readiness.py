"""See whether the service can do its work."""

from __future__ import annotations

from gis_service.database.unit_of_work import UnitOfWork


def check_readiness(work: UnitOfWork) -> None:
    """Ask the database for a sign of life.

    Raises:
        UnavailableError: it does not answer.
    """
    with work:
        work.ping()
