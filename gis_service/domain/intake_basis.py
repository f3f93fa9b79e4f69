"""What must be known before reports are taken in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from gis_service.domain.deadlines import DeadlineRule
from gis_service.domain.dispatch import DispatchRule


@dataclass(frozen=True, slots=True)
class AcceptedKey:
    """What a key was first used for."""

    request_hash: bytes
    incident_id: UUID


@dataclass(frozen=True, slots=True)
class IntakeBasis:
    """The earlier requests with the same keys, and the rules that may concern some categories, as they stand now.

    ``categories`` are those that are known.  ``department_names`` are, by code, the name and the English name of the
    departments that the rules lead to.  ``is_root`` tells whether the caller's scope is a root that is in force.
    """

    accepted: Mapping[str, AcceptedKey]
    categories: frozenset[str]
    dispatch: tuple[DispatchRule, ...]
    deadlines: tuple[DeadlineRule, ...]
    calendar: Mapping[date, bool]
    department_names: Mapping[str, tuple[str, str]]
    is_root: bool
