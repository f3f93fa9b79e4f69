"""Refuse to act on an incident that is not as the caller last saw it."""

from __future__ import annotations

from collections.abc import Collection

from gis_service.domain.incident import IncidentRecord
from gis_service.errors import PreconditionFailedError


def refuse_other_version(record: IncidentRecord, expected: Collection[int] | None) -> None:
    """Raise when an incident, which is locked, has none of the versions that the caller has in mind; None: any.

    Raises:
        PreconditionFailedError: ``members["version"]`` is the version it has.
    """
    if expected is not None and record.version not in expected:
        raise PreconditionFailedError(
            f"the incident has version {record.version} by now; look at it again",
            members={"version": record.version},
        )
