"""Which class of data an attribute of a person is of, and who is told it: the one place that decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gis_service.domain.access import CORE, IMPORTANT, ROLES, Principal


@dataclass(frozen=True, slots=True)
class Personal:
    """An attribute that tells of a person: its class, and the roles cleared for it that have a use for it."""

    data_class: str
    roles: frozenset[str] = frozenset(ROLES)


_WHO_CALLS = frozenset({"worker", "router", "dispatcher", "admin"})

PERSONAL: Mapping[str, Personal] = MappingProxyType(
    {
        "incident.reporter": Personal(CORE),
        "staff.name": Personal(IMPORTANT, _WHO_CALLS),
        "staff.phone": Personal(IMPORTANT, _WHO_CALLS),
    }
)
"""By layer and attribute."""


def visible(principal: Principal, attribute: str, *, in_scope: bool) -> bool:
    """Say whether a caller is told an attribute of what lies on ground, which is in their scope or not.

    Args:
        principal: who asks; the public is told nothing that tells of a person.
        attribute: a key of PERSONAL.
        in_scope: whether that ground is theirs: ``Principal.sees``, or for incidents that they are in charge.

    Raises:
        KeyError: nobody has decided on the attribute.
    """
    told = PERSONAL[attribute]
    return in_scope and told.data_class in principal.data_classes and principal.role in told.roles
